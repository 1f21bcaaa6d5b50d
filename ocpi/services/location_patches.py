"""PATCH of locations, EVSEs and connectors. A status alone goes through evse_status.

Source: OCPI 2.2.1, mod_locations; ocpi.md 1.9, 3.1, T30, T31. News: ocpi.signals.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from emsp.core.wire import WireError
from ocpi.models import Location, Party
from ocpi.services.evse_status import store_status
from ocpi.services.location_merging import opened
from ocpi.services.location_mirror import Branch, LocationMirror
from ocpi.services.ownership import check_owner, id_of, same_id
from ocpi.services.patch_moments import dated
from ocpi.services.reading_objects import naming_the_member, whole
from ocpi.services.refusals import UnknownObject
from ocpi.wire.patching import patched
from ocpi.wire.v2_2_1 import locations as wire
from ocpi.wire.v2_2_1.trees import (
    read_connector,
    read_evse,
    read_evse_alone,
    read_location,
)

log = logging.getLogger(__name__)

QUICK = frozenset({"status", "last_updated"})
LOCATION_IDS = frozenset({"id", "country_code", "party_id"})


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
    if set(patch) - {"uid"} == QUICK and all(isinstance(patch[name], str) for name in QUICK):
        told, check_order = {name: patch[name] for name in QUICK}, party.connection.check_last_updated
        if store_status(party.pk, location_id, evse_uid, **told, check_order=check_order):
            return
    with naming_the_member(), transaction.atomic():
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
