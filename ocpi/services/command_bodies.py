"""Bodies of commands, complete but for response_url. Source: OCPI 2.2.1, mod_commands; ocpi.md 3.6, T55."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from emsp.core.wire import moment_text
from ocpi.models import CommandKind, Evse, Party, Token
from ocpi.services.tokens import token_object

_MEMBERS: dict[CommandKind, tuple[str, ...]] = {
    CommandKind.START_SESSION: (
        "token", "location_id", "evse_uid", "connector_id", "authorization_reference",
    ),
    CommandKind.STOP_SESSION: ("session_id",),
    CommandKind.RESERVE_NOW: (
        "token", "expiry_date", "reservation_id", "location_id", "evse_uid", "authorization_reference",
    ),
    CommandKind.CANCEL_RESERVATION: ("reservation_id",),
    CommandKind.UNLOCK_CONNECTOR: ("location_id", "evse_uid", "connector_id"),
    CommandKind.CHECK_EVSE: (),
}
_OPTIONAL = frozenset({"connector_id", "authorization_reference"})
_CONNECTOR_REQUIRED = "START_SESSION_CONNECTOR_REQUIRED"


@dataclass(frozen=True)
class Asked:
    """What a caller of request_command named; text is empty where it named nothing."""

    order_reference: str = ""
    token: Token | None = None
    location_id: str = ""
    evse_uid: str = ""
    connector_id: str = ""
    session_id: str = ""
    reservation_id: str = ""
    expires_at: datetime | None = None


def command_body(party: Party, kind: CommandKind, asked: Asked) -> dict[str, Any]:
    """The members that the command has in OCPI. Raises ValueError naming what is missing."""
    members = _MEMBERS[kind]
    values: dict[str, Any] = {
        "token": token_object(asked.token) if asked.token and "token" in members else None,
        "expiry_date": moment_text(asked.expires_at) if asked.expires_at else None,
        "reservation_id": asked.reservation_id,
        "session_id": asked.session_id,
        "location_id": asked.location_id,
        "evse_uid": asked.evse_uid,
        "connector_id": asked.connector_id,
        "authorization_reference": asked.order_reference,
    }
    body = {name: values[name] for name in members if values[name]}
    optional = _OPTIONAL if kind != CommandKind.UNLOCK_CONNECTOR else frozenset()
    if missing := [name for name in members if name not in body and name not in optional]:
        raise ValueError(f"{kind} needs {', '.join(missing)}")
    if kind == CommandKind.START_SESSION and not _needs_connector(party, asked):
        body.pop("connector_id", None)
    return body


def _needs_connector(party: Party, asked: Asked) -> bool:
    """True when the CPO always wants it (T55), or the EVSE has a choice, asks for one, or is not known to us."""
    if party.connection.always_send_connector_id:
        return True
    connectors = Count("connectors", filter=Q(connectors__removed=False))
    evse = (
        Evse.objects.filter(
            location__party=party, location__key=asked.location_id.casefold(), key=asked.evse_uid.casefold()
        )
        .order_by()
        .annotate(connector_count=connectors)
        .first()
    )
    return evse is None or evse.connector_count > 1 or _CONNECTOR_REQUIRED in evse.capabilities
