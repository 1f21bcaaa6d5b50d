"""From OCPI's Session to the columns of our row."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpi.models import Party, Session
from ocpi.services.ownership import currency_of
from ocpi.wire import scalars, vocabulary
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1 import sessions as wire
from ocpi.wire.v2_2_1.periods import readable_periods
from ocpi.wire.v2_2_1.trees import without

COLUMNS = [
    "status", "start_at", "end_at", "energy_kwh", "currency", "token_uid", "authorization_reference",
    "location_id", "evse_uid", "connector_id", "raw", "last_updated", "received_at", "quarantine",
]
FOUR_PLACES = Decimal("0.0001")
TEXT_LIMIT = 255


def read_row(party: Party, given: Any, received_at: datetime) -> Session:
    """An unsaved row of a Session object. Raises WireError naming the member that is missing or wrong."""
    value = read(given, wire.Session)
    raw = without(given)
    if "charging_periods" in raw:
        raw["charging_periods"] = readable_periods(raw["charging_periods"])
    return Session(
        party=party,
        ocpi_id=value.id,
        key=value.id.casefold(),
        status=vocabulary.session_status(value.status),
        start_at=value.start_date_time,
        end_at=value.end_date_time,
        energy_kwh=value.kwh.quantize(FOUR_PLACES),
        currency=currency_of(value.currency),
        token_uid=value.cdr_token.uid,
        authorization_reference=(value.authorization_reference or "").strip()[:TEXT_LIMIT],
        location_id=value.location_id,
        evse_uid=value.evse_uid.strip()[:TEXT_LIMIT],
        connector_id=value.connector_id.strip()[:TEXT_LIMIT],
        raw=scalars.storable(raw),
        last_updated=value.last_updated,
        received_at=received_at,
    )


def take_over(row: Session, new: Session) -> bool:
    """Give a row the values of a newer reading. False, and received_at stays, when nothing in it is new."""
    names = [name for name in COLUMNS if name != "received_at"]
    if all(getattr(row, name) == getattr(new, name) for name in names):
        return False
    for name in COLUMNS:
        setattr(row, name, getattr(new, name))
    return True
