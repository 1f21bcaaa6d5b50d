"""Bodies of the commands that an eMSP sends. Source: OCPI 2.2.1, mod_commands, object description."""

from typing import TypeVar
from urllib.parse import urlsplit

from emsp.core.wire import Wire, WireError, decode
from ocpi.simulator.envelope import Refusal
from ocpi.simulator.tokens import Token

T = TypeVar("T")


class StartSession(Wire):
    """Begin to charge. connector_id goes with evse_uid."""

    response_url: str
    token: Token
    location_id: str
    evse_uid: str | None = None
    connector_id: str | None = None
    authorization_reference: str | None = None


class ReserveNow(Wire):
    """Hold an EVSE from now until expiry_date."""

    response_url: str
    token: Token
    expiry_date: str
    reservation_id: str
    location_id: str
    evse_uid: str | None = None
    authorization_reference: str | None = None


class StopSession(Wire):
    """End a charging session."""

    response_url: str
    session_id: str


class CancelReservation(Wire):
    """Give a held EVSE free again."""

    response_url: str
    reservation_id: str


class UnlockConnector(Wire):
    """Let the cable go."""

    response_url: str
    location_id: str
    evse_uid: str
    connector_id: str


def read(body: bytes, wanted: type[T]) -> T:
    """A command from a request body; raises Refusal (2001) naming the member that is wrong or missing."""
    try:
        wish = decode(body, wanted)
    except WireError as error:
        raise Refusal(400 if error.malformed else 200, 2001, str(error)) from None
    url = urlsplit(str(getattr(wish, "response_url", "")))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise Refusal(200, 2001, "response_url: not an absolute URL")
    return wish
