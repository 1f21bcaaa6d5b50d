"""PATCH of locations, EVSEs and connectors, with a quick path for a status.

Source: OCPI 2.2.1, mod_locations; ocpi.md 1.9, 3.1, T30, T31. News: ocpi.signals.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from emsp.core.wire import WireError
from ocpi.models import Evse, EvseStatus, Location, Party
from ocpi.services.location_merging import opened
from ocpi.services.location_mirror import Branch, LocationMirror
from ocpi.services.location_rows import said_at
from ocpi.services.ownership import check_owner, id_of, same_id
from ocpi.services.patch_moments import dated
from ocpi.services.reading_objects import naming_the_member, whole
from ocpi.services.refusals import UnknownObject
from ocpi.signals import evse_status_changed, locations_stored
from ocpi.wire import scalars, vocabulary
from ocpi.wire.patching import patched
from ocpi.wire.v2_2_1 import locations as wire
from ocpi.wire.v2_2_1.trees import (
    read_connector,
    read_evse,
    read_evse_alone,
    read_location,
    without,
)

log = logging.getLogger(__name__)

QUICK = frozenset({"status", "last_updated"})
UNLISTED = frozenset({EvseStatus.REMOVED.value, EvseStatus.PLANNED.value})
LOCATION_IDS = frozenset({"id", "country_code", "party_id"})
RAW = Evse._meta.get_field("raw")

# The location is locked first, as by everybody. PostgreSQL reads again what it had to wait for.
LOCK_STATUS = """
    select location.id, location.gone_at, evse.id, evse.status, evse.last_updated, evse.raw ->> 'last_updated'
    from ocpi_location location join ocpi_evse evse on evse.location_id = location.id and evse.key = %(evse)s
    where location.party_id = %(party)s and location.key = %(location)s
    for no key update of location, evse
"""
WRITE_STATUS = """
    with raised as (
        update ocpi_location set last_updated = greatest(last_updated, %(at)s), gone_at = null
        where id = %(location_pk)s and (last_updated < %(at)s or gone_at is not null)
    )
    update ocpi_evse set status = %(status)s, raw = raw || %(raw)s, last_updated = greatest(last_updated, %(at)s)
    where id = %(evse_pk)s
"""


def patch_location(party: Party, location_id: str, patch: Any, *, received_at: datetime) -> None:
    """Change members of a location; `evses`, when given, replaces its EVSEs.

    Raises InvalidObject naming the member, UnknownObject when there is no such location.
    """
    patch = _checked(party, patch, "id", location_id, received_at)
    with naming_the_member(), transaction.atomic():
        mirror, merge = opened(party, received_at)
        row = mirror.lock([location_id.casefold()]).get(location_id.casefold())
        if row is None:
            raise UnknownObject("locations", "location")
        raw = patched(row.raw, patch, wire.Location, keep=LOCATION_IDS)
        node = whole(read_location, raw)
        if not merge.site(row, node):
            _log_late("location", location_id)
        elif "evses" in patch:
            merge.evses(row, node, replace=True)
        mirror.write()


def patch_evse(party: Party, location_id: str, evse_uid: str, patch: Any, *, received_at: datetime) -> None:
    """Change members of an EVSE; `connectors`, when given, replaces its connectors.

    Raises InvalidObject naming the member, UnknownObject when there is no such EVSE.
    """
    patch = _checked(party, patch, "uid", evse_uid, received_at)
    with naming_the_member(), transaction.atomic():
        if set(patch) - {"uid"} == QUICK and patch["status"] is not None:
            _patch_status(party, location_id, evse_uid, patch)
        else:
            _patch_evse(party, location_id, evse_uid, patch, received_at)


def patch_connector(
    party: Party, location_id: str, evse_uid: str, connector_id: str, patch: Any, *, received_at: datetime
) -> None:
    """Change members of a connector.

    Raises InvalidObject naming the member, UnknownObject when there is no such connector.
    """
    patch = _checked(party, patch, "id", connector_id, received_at)
    with naming_the_member(), transaction.atomic():
        mirror, merge = opened(party, received_at)
        row, branch = _branch(mirror, location_id, evse_uid)
        connector = branch.connectors.get(connector_id.casefold())
        if connector is None or connector.removed:
            raise UnknownObject("locations", "connector")
        node = read_connector(patched(connector.raw, patch, wire.Connector, keep=frozenset({"id"})))
        if merge.connector(row, branch, node) is None:
            _log_late("connector", connector_id)
        mirror.write()


def _patch_evse(party: Party, location_id: str, evse_uid: str, patch: dict[str, Any], at: datetime) -> None:
    mirror, merge = opened(party, at)
    row, branch = _branch(mirror, location_id, evse_uid)
    raw = patched(branch.evse.raw, patch, wire.Evse, keep=frozenset({"uid"}))
    if "connectors" in patch:
        lost: list[WireError] = []
        node = read_evse(raw, lost)
        if lost:
            raise lost[0]
        late = merge.evse(row, node) is None
    else:
        late = not merge.evse_alone(row, branch, read_evse_alone(raw))
    if late:
        _log_late("EVSE", evse_uid)
    mirror.write()


def _patch_status(party: Party, location_id: str, evse_uid: str, patch: dict[str, Any]) -> None:
    """The quick path of the commonest push: one statement that locks, one that writes, however big the location."""
    at = scalars.moment(patch["last_updated"])
    keys: dict[str, Any] = {"party": party.pk, "location": location_id.casefold(), "evse": evse_uid.casefold()}
    with connection.cursor() as cursor:
        cursor.execute(LOCK_STATUS, keys)
        found = cursor.fetchone()
        if found is None:
            known = Location.objects.filter(party=party, key=keys["location"]).exists()
            raise UnknownObject("locations", "EVSE" if known else "location")
        location_pk, gone_at, evse_pk, old, last_updated, own = found
        if party.connection.check_last_updated and at < said_at(own, last_updated):
            return _log_late("EVSE", evse_uid)
        status = vocabulary.evse_status(_word(patch["status"]))
        raw = RAW.get_db_prep_value(scalars.storable(without(patch, "uid")), connection)
        values: dict[str, Any] = {"location_pk": location_pk, "evse_pk": evse_pk, "at": at, "status": status, "raw": raw}
        cursor.execute(WRITE_STATUS, values)
    if status != old:
        evse_status_changed.send(sender=Evse, evse_ids=[evse_pk])
    if gone_at is not None or (status != old and UNLISTED & {old, status}):
        locations_stored.send(sender=Location, location_ids=[location_pk])
    return None


def _word(value: Any) -> str:
    try:
        return scalars.text(value)
    except ValueError as error:
        raise WireError(str(error), path="status") from None


def _checked(party: Party, patch: Any, id_name: str, in_url: str, received_at: datetime) -> dict[str, Any]:
    with naming_the_member():
        check_owner(party, patch)
        if patch.get(id_name) is not None:
            same_id(id_name, id_of(patch, id_name), in_url)
        return dated(patch, received_at, lenient=party.connection.lenient_patch)


def _branch(mirror: LocationMirror, location_id: str, evse_uid: str) -> tuple[Location, Branch]:
    row = mirror.lock([location_id.casefold()]).get(location_id.casefold())
    if row is None:
        raise UnknownObject("locations", "location")
    branch = mirror.branches(row).get(evse_uid.casefold())
    if branch is None:
        raise UnknownObject("locations", "EVSE")
    return row, branch


def _log_late(what: str, ocpi_id: str) -> None:
    log.info("PATCH of %s %s came too late, ignored", what, ocpi_id)
