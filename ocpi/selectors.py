"""What CPOs told us, as they read it back: the object as received, later changes merged in (ocpi.md §8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from emsp.core.wire import moment_text
from ocpi.models import Cdr, Connection, Connector, Evse, Location, Party, Session, Tariff
from ocpi.wire import scalars

Json = dict[str, Any]


def location_object(party: Party, location_id: str) -> Json | None:
    """A Location with its EVSEs, removed ones included, and their connectors. None when it is not known."""
    row = Location.objects.filter(party=party, key=location_id.casefold()).first()
    if row is None:
        return None
    evses = [_evse_object(evse) for evse in row.evses.prefetch_related("connectors")]
    return _stamped(row.raw, row.last_updated) | ({"evses": evses} if evses else {})


def evse_object(party: Party, location_id: str, evse_uid: str) -> Json | None:
    """An EVSE with its connectors; a removed one too, with status REMOVED. None when it is not known."""
    row = Evse.objects.filter(
        location__party=party, location__key=location_id.casefold(), key=evse_uid.casefold()
    ).prefetch_related("connectors").first()
    return _evse_object(row) if row is not None else None


def connector_object(party: Party, location_id: str, evse_uid: str, connector_id: str) -> Json | None:
    """A connector; None when it is not known or was removed."""
    row = Connector.objects.filter(
        evse__location__party=party, evse__location__key=location_id.casefold(),
        evse__key=evse_uid.casefold(), key=connector_id.casefold(), removed=False,
    ).first()
    return _stamped(row.raw, row.last_updated) if row is not None else None


def tariff_object(party: Party, tariff_id: str) -> Json | None:
    """A tariff in its newest version; None when it is not known or was deleted."""
    row = Tariff.objects.filter(party=party, key=tariff_id.strip().casefold(), deleted_at=None).first()
    return _stamped(row.raw, row.last_updated) if row is not None else None


def session_object(party: Party, session_id: str) -> Json | None:
    """A session; None when it is not known."""
    row = Session.objects.filter(party=party, key=session_id.casefold()).first()
    return _stamped(row.raw, row.last_updated) if row is not None else None


def cdr_object(connection: Connection, public_id: UUID) -> Json | None:
    """A CDR as received; None when it is not known, or another peer's."""
    row = Cdr.objects.filter(party__connection=connection, public_id=public_id).first()
    return row.raw if row is not None else None


def _evse_object(row: Evse) -> Json:
    connectors = [
        _stamped(connector.raw, connector.last_updated)
        for connector in row.connectors.all() if not connector.removed
    ]
    return _stamped(row.raw, row.last_updated) | {"connectors": connectors}


def _stamped(raw: Json, last_updated: datetime) -> Json:
    """raw with its last_updated in UTC with Z, raised to that of its newest child."""
    given = raw.get("last_updated")
    if isinstance(given, str) and given.endswith("Z") and scalars.moment(given) == last_updated:
        return raw
    return raw | {"last_updated": moment_text(last_updated, milliseconds=last_updated.microsecond > 0)}
