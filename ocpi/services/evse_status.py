"""The commonest push: an EVSE's status, stored by statements that travel together, however big the location.

What search reads of it is written by the same statement: `follow` says how. Whatever would change more than a status,
or needs a closer look, is left to location_patches. Source: OCPI 2.2.1, mod_locations; ocpi.md 1.9, 3.1.
"""

import logging
from functools import cache

from emsp.core.sql import in_one_trip
from emsp.core.wire import encode
from ocpi.models import EvseStatus
from ocpi.wire import scalars, vocabulary

log = logging.getLogger(__name__)

# Whether an offer is shown does not depend on a status, except on these.
UNLISTED = frozenset({EvseStatus.REMOVED.value, EvseStatus.PLANNED.value})

# An evse_id as eMI3 has it, which names one EVSE. What is shared by whole networks, like #NA, names none.
NAMED = r"^[A-Za-z]{2}[*]?[A-Za-z0-9]{3}[*]?[Ee][A-Za-z0-9*]+$"

# The location is locked first, as by everybody who changes something below it. What had to wait for the lock is seen by
# the statement after it.
LOCK = """
    select id from ocpi_location where party_id = %(party)s and key = %(location)s for no key update
"""
# `between` keeps the planner, who does not know the key, from the index on keys alone: many CPOs have EVSEs "1" and "2".
# own: what the EVSE itself said last; its column may be later, raised by a connector. It is cut to the microsecond, and
# without a zone it is UTC, as that of the session. Other ways to write a moment are for the long way.
WRITE = r"""
    with found as (
        select evse.id, evse.raw ->> 'last_updated' as own
        from ocpi_location location join ocpi_evse evse
            on evse.location_id = location.id and evse.key between %(evse)s and %(evse)s
        where location.party_id = %(party)s and location.key = %(location)s and location.gone_at is null
            and evse.status not in ('REMOVED', 'PLANNED') and not (evse.evse_id ~ %(named)s and exists (
                select from ocpi_evse twin where twin.evse_id = evse.evse_id and twin.id <> evse.id
            ))
    ), compared as (
        select id, case
            when not %(check_order)s then true
            when own ~ %(plain)s then regexp_replace(own, '([.][0-9]{6})[0-9]+', '\1')::timestamptz <= %(at)s
        end as counts
        from found
    ), changed as (
        update ocpi_evse evse set status = %(status)s, raw = evse.raw || %(raw)s::jsonb,
            last_updated = greatest(evse.last_updated, %(at)s)
        from compared where evse.id = compared.id and compared.counts
        returning evse.id, evse.location_id, evse.status
    ), raised as (
        update ocpi_location location set last_updated = %(at)s
        from changed where location.id = changed.location_id and location.last_updated < %(at)s
    )
"""
PLAIN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?"
    r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?$"
)
_followers: dict[str, str] = {}


def follow(name: str, clauses: str) -> None:
    """Have more written in the statement that writes a status.

    clauses: one or more of a WITH, `name as (...), ...`. They may read changed (id, location_id, status), the EVSE as it
    was written, if it was.
    """
    _followers[name] = clauses
    _write.cache_clear()


@cache
def _write() -> str:
    return ", ".join([WRITE, *_followers.values()]) + "select counts from compared"


def store_status(
    party_pk: int, location_id: str, evse_uid: str, *, status: str, last_updated: str, check_order: bool
) -> bool:
    """Store the status that an EVSE has since last_updated, both as received. False: nothing was done, take the long way.

    An older one than what is stored changes nothing, which is no reason for the long way, if check_order.
    Outside a transaction it is durable when this returns. Raises ValueError for a last_updated that cannot be read.
    """
    known = vocabulary.evse_status(status)
    if known in UNLISTED or "\x00" in status + location_id + evse_uid:
        return False
    rows = in_one_trip(LOCK, _write(), values={
        "party": party_pk, "location": location_id.casefold(), "evse": evse_uid.casefold(), "status": known,
        "at": scalars.moment(last_updated), "check_order": check_order, "plain": PLAIN, "named": NAMED,
        "raw": encode({"status": status, "last_updated": last_updated}).decode(),
    })  # fmt: skip
    counts = rows[0][0] if rows else None
    if counts is False:
        log.info("PATCH of EVSE %s came too late, ignored", evse_uid)
    return counts is not None
