"""CDRs as CPOs send them, never changed after receipt: the one way in, for pushes and for pulls.

Source: OCPI 2.2.1, mod_cdrs; ocpi.md 3.4, T33, T62-T69. News: ocpi.signals.cdr_stored.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from emsp.core.errors import DomainError
from ocpi.models import Cdr, Party
from ocpi.services import parked
from ocpi.services.cdr_rows import NOTE_LIMIT, link_credit, read_row
from ocpi.services.cdr_sessions import sessions_of
from ocpi.services.keyed_rows import lock_or_create, rewrite
from ocpi.services.quarantine import FOREIGN_TOKEN, Known
from ocpi.services.reading_objects import read_pushed, readable
from ocpi.services.refusals import Refusal
from ocpi.services.reports import StoreReport
from ocpi.signals import cdr_stored
from ocpi.wire import scalars

log = logging.getLogger(__name__)

CONFLICT = "a CDR with this id was received before, with other content; the first one counts"


class CdrConflict(DomainError):
    """The CPO sent another CDR under an id that it used before."""

    def __init__(self) -> None:
        super().__init__(CONFLICT)


def store_cdrs(
    party: Party, objects: Sequence[Any], *, received_at: datetime, check_order: bool = True
) -> StoreReport:
    """Store a page of CDR objects (as from load_json). One that cannot be read loses only itself.

    The same CDR again is no news. Another one with the same id is rejected, whatever its last_updated.
    check_order has no meaning here; it is there so that all modules are stored by the same call.
    """
    report = StoreReport()
    fresh: dict[str, Cdr] = {}
    for row in readable(party, objects, partial(read_row, party, received_at=received_at), report):
        if row.key in fresh and fresh[row.key].body_hash != row.body_hash:
            report.rejected.append(Refusal(row.ocpi_id, CONFLICT, "id"))
        fresh.setdefault(row.key, row)
    _store(party, fresh, report)
    return report


def store_cdr(party: Party, given: Any, *, received_at: datetime) -> tuple[Cdr, bool]:
    """Store a pushed CDR. Gives the row, and whether it is new.

    Raises InvalidObject naming the member; CdrConflict when the id was used before for other content, which
    is also kept for staff to see.
    """
    row = read_pushed(party, given, partial(read_row, party, received_at=received_at))
    report = StoreReport()
    stored = _store(party, {row.key: row}, report)
    if report.rejected:
        parked.park(party.connection, "cdrs", [given], report, at=received_at)
        raise CdrConflict
    return stored[row.key], bool(report.created)


@transaction.atomic
def _store(party: Party, fresh: dict[str, Cdr], report: StoreReport) -> dict[str, Cdr]:
    known = Known(party, {row.token_uid for row in fresh.values()}, set())
    for row in fresh.values():
        if known.foreign(row):
            row.quarantine = "; ".join(filter(None, [FOREIGN_TOKEN, row.quarantine]))[:NOTE_LIMIT]
    rows, created = lock_or_create(Cdr, party, fresh)
    report.created = len(created)
    for key, new in fresh.items():
        if rows[key].body_hash != new.body_hash:
            log.error("CDR %s of %s came again with other content", new.ocpi_id, party)
            report.rejected.append(Refusal(new.ocpi_id, CONFLICT, "id"))
        else:
            report.saw(new.ocpi_id, scalars.moment(new.raw["last_updated"]))
    made = [rows[key] for key in fresh if key in created]
    rewrite(Cdr, link_credit(party, made), ["credit_reference_id", "quarantine"])
    sessions_of(party, made)
    for row in made:
        cdr_stored.send(sender=Cdr, cdr=row)
    return rows
