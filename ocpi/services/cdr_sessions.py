"""A CDR may come without its session: then the session is made from the CDR (ocpi.md 3.4)."""

from collections.abc import Iterable

from ocpi.models import Cdr, Party, Session
from ocpi.services.keyed_rows import lock_or_create
from ocpi.services.quarantine import Known
from ocpi.services.session_rows import TEXT_LIMIT
from ocpi.signals import session_stored
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.cdrs import CdrLocation

COPIED = ("cdr_token", "auth_method", "authorization_reference", "meter_id", "currency", "charging_periods")


def sessions_of(party: Party, cdrs: Iterable[Cdr]) -> None:
    """Make the sessions that these CDRs are of and that we do not have, as COMPLETED, and tell of them.

    last_updated is the start of the charge, so that whatever the CPO still tells of the session wins.
    """
    wanted = {cdr.session_id.casefold(): cdr for cdr in cdrs if cdr.session_id and not cdr.credit}
    there = set(Session.objects.filter(party=party, key__in=wanted).values_list("key", flat=True))
    fresh = {key: _session(cdr) for key, cdr in wanted.items() if key not in there}
    if not fresh:
        return
    known = Known.of(party, fresh.values())
    for session in fresh.values():
        known.judge(session)
    rows, created = lock_or_create(Session, party, fresh)
    for key in created:
        session_stored.send(sender=Session, session=rows[key], created=True)


def _session(cdr: Cdr) -> Session:
    place = read(cdr.raw["cdr_location"], CdrLocation)
    raw = {name: cdr.raw[name] for name in COPIED if name in cdr.raw} | {
        "country_code": cdr.raw["country_code"],
        "party_id": cdr.raw["party_id"],
        "id": cdr.session_id,
        "start_date_time": cdr.raw["start_date_time"],
        "end_date_time": cdr.raw["end_date_time"],
        "kwh": cdr.raw["total_energy"],
        "total_cost": cdr.raw["total_cost"],
        "location_id": place.id,
        "evse_uid": cdr.evse_uid,
        "connector_id": place.connector_id.strip()[:TEXT_LIMIT],
        "status": "COMPLETED",
        "last_updated": cdr.raw["start_date_time"],
    }
    return Session(
        party=cdr.party, ocpi_id=cdr.session_id, key=cdr.session_id.casefold(), status="COMPLETED",
        start_at=cdr.start_at, end_at=cdr.end_at, energy_kwh=cdr.total_energy_kwh, currency=cdr.currency,
        token_uid=cdr.token_uid, authorization_reference=cdr.authorization_reference,
        location_id=raw["location_id"], evse_uid=cdr.evse_uid, connector_id=raw["connector_id"], raw=raw,
        last_updated=cdr.start_at, received_at=cdr.received_at,
    )
