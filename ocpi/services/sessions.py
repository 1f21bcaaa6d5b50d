"""Sessions as CPOs tell them: the one way in, for pushes and for pulls.

Source: OCPI 2.2.1, mod_sessions; ocpi.md 1.9, 3.3, T33, T50, T52. News: ocpi.signals.session_stored.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from ocpi.models import Party, Session
from ocpi.services import session_updates, wanted
from ocpi.services.keyed_rows import lock_or_create, rewrite
from ocpi.services.ownership import check_owner, id_of, same_id
from ocpi.services.patch_moments import dated
from ocpi.services.quarantine import Known
from ocpi.services.reading_objects import naming_the_member, newest, read_pushed, readable
from ocpi.services.refusals import UnknownObject
from ocpi.services.reports import StoreReport
from ocpi.services.session_rows import COLUMNS, read_row, take_over
from ocpi.signals import session_stored
from ocpi.wire import scalars
from ocpi.wire.patching import patched
from ocpi.wire.v2_2_1 import sessions as wire
from ocpi.wire.v2_2_1.periods import merged_periods, readable_periods

log = logging.getLogger(__name__)

IDS = frozenset({"id", "country_code", "party_id"})


def store_sessions(
    party: Party, objects: Sequence[Any], *, received_at: datetime, check_order: bool = True
) -> StoreReport:
    """Store a page of Session objects (as from load_json). One that cannot be read loses only itself.

    A session with a token that is not ours, or at a location that we do not know, is stored with a note
    for staff; the location is fetched.
    check_order: False also takes what is older than what is stored.
    """
    report = StoreReport()
    read = partial(read_row, party, received_at=received_at)
    fresh = newest(readable(party, objects, read, report))
    _store(party, fresh, report, check_order=check_order and party.connection.check_last_updated)
    return report


def store_session(party: Party, session_id: str, given: Any, *, received_at: datetime) -> bool:
    """Store a pushed Session in place of what is there; True when it is new.

    Raises InvalidObject naming the member.
    """
    row = read_pushed(party, given, partial(read_row, party, received_at=received_at))
    same_id("id", row.ocpi_id, session_id)
    report = StoreReport()
    _store(party, {row.key: row}, report, check_order=party.connection.check_last_updated)
    if report.ignored:
        log.info("PUT of session %s came too late, ignored", session_id)
    return bool(report.created)


def patch_session(party: Party, session_id: str, patch: Any, *, received_at: datetime) -> None:
    """Change members of a session; charging periods are added, or replace the one with the same start.

    Raises InvalidObject naming the member, UnknownObject when there is no such session; it is then fetched.
    """
    with naming_the_member():
        check_owner(party, patch)
        if patch.get("id") is not None:
            same_id("id", id_of(patch), session_id)
        patch = dated(patch, received_at, lenient=party.connection.lenient_patch)
        with transaction.atomic():
            found = _patch(party, session_id, patch, received_at)
    if not found:
        wanted.session(party, session_id)
        raise UnknownObject("sessions", "session")


def _patch(party: Party, session_id: str, patch: dict[str, Any], received_at: datetime) -> bool:
    rows = Session.objects.select_for_update(no_key=True)
    row = rows.filter(party=party, key=session_id.casefold()).first()
    if row is None:
        return False
    if party.connection.check_last_updated and scalars.moment(patch["last_updated"]) < row.last_updated:
        log.info("PATCH of session %s came too late, ignored", session_id)
        return True
    given = patch.get("charging_periods")
    others = {name: value for name, value in patch.items() if name != "charging_periods" or value is None}
    raw = patched(row.raw, others, wire.Session, keep=IDS)
    if given is not None:
        raw["charging_periods"] = merged_periods(raw.get("charging_periods", []), readable_periods(given))
    new = read_row(party, raw, received_at)
    Known.of(party, [new]).judge(new)
    if take_over(row, new):
        row.save(update_fields=COLUMNS)
        session_updates.keep([row])
        session_stored.send(sender=Session, session=row, created=False)
    return True


@transaction.atomic
def _store(party: Party, fresh: dict[str, Session], report: StoreReport, *, check_order: bool) -> None:
    known = Known.of(party, fresh.values())
    for row in fresh.values():
        known.judge(row)
    rows, created = lock_or_create(Session, party, fresh)
    changed: set[str] = set()
    for key, new in fresh.items():
        report.saw(new.ocpi_id, new.last_updated)
        if check_order and new.last_updated < rows[key].last_updated:
            report.ignored += 1
        elif take_over(rows[key], new):
            changed.add(key)
    report.created = len(created)
    rewrite(Session, [rows[key] for key in sorted(changed)], COLUMNS)
    told = [key for key in fresh if key in created | changed]
    session_updates.keep(rows[key] for key in told)
    for key in told:
        session_stored.send(sender=Session, session=rows[key], created=key in created)
    for location_id in known.unknown_locations(rows[key] for key in told):
        wanted.location(party, location_id)
