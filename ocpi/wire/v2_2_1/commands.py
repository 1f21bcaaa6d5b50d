"""Commands module. Source: OCPI 2.2.1, mod_commands, object and data type description; ocpi.md 3.6."""

from datetime import datetime

from emsp.core.wire import Wire
from ocpi.wire.reading import Tolerant
from ocpi.wire.v2_2_1.common import DisplayText
from ocpi.wire.v2_2_1.tokens import Token


class StartSession(Wire):
    """Start a charge. connector_id needs evse_uid."""

    response_url: str
    token: Token
    location_id: str
    evse_uid: str | None = None
    connector_id: str | None = None
    authorization_reference: str | None = None


class StopSession(Wire):
    """Stop a session, by the id under which its CPO reports it."""

    response_url: str
    session_id: str


class ReserveNow(Wire):
    """Reserve from now until expiry_date; the same reservation_id again extends it."""

    response_url: str
    token: Token
    expiry_date: datetime
    reservation_id: str
    location_id: str
    evse_uid: str | None = None
    authorization_reference: str | None = None


class CancelReservation(Wire):
    """Take a reservation back."""

    response_url: str
    reservation_id: str


class UnlockConnector(Wire):
    """Free a stuck cable: for the help desk only."""

    response_url: str
    location_id: str
    evse_uid: str
    connector_id: str


class CommandResponse(Tolerant):
    """The CPO's synchronous answer. ACCEPTED means forwarded to the charge point; timeout in seconds."""

    result: str
    timeout: int | None = None
    message: list[DisplayText] = []


class CommandResult(Tolerant):
    """What the charge point did, in answer to a command the CPO had accepted."""

    result: str
    message: list[DisplayText] = []
