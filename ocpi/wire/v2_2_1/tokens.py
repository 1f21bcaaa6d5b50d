"""Tokens module. Source: OCPI 2.2.1, mod_tokens, object and data type description; ocpi.md 3.5."""

from datetime import datetime

from emsp.core.wire import Wire
from ocpi.wire.reading import Id, Tolerant
from ocpi.wire.v2_2_1.common import DisplayText


class Token(Wire):
    """How a driver is known to CPOs. uid is a secret of the driver where the type is RFID."""

    country_code: str
    party_id: str
    uid: str
    type: str
    contract_id: str
    issuer: str
    valid: bool
    whitelist: str
    last_updated: datetime
    visual_number: str | None = None
    group_id: str | None = None
    language: str | None = None
    default_profile_type: str | None = None


class LocationReferences(Tolerant):
    """Where a driver wants to charge."""

    location_id: Id
    evse_uids: list[Id] = []


class AuthorizationInfo(Wire):
    """Our answer to an authorization request."""

    allowed: str
    token: Token
    location: LocationReferences | None = None
    authorization_reference: str | None = None
    info: DisplayText | None = None
