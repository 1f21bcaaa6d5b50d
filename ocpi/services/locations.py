"""Locations, EVSEs and connectors as CPOs tell them: the one way in, for pushes and for pulls.

Source: OCPI 2.2.1, mod_locations; ocpi.md 1.9, 1.11, 3.1. News: ocpi.signals.locations_added, locations_stored.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from emsp.core.wire import WireError
from ocpi.models import Party
from ocpi.services import wanted
from ocpi.services.location_merging import Merge, opened
from ocpi.services.location_mirror import LocationMirror
from ocpi.services.ownership import same_id
from ocpi.services.reading_objects import naming_the_member, newest, read_pushed, readable, whole
from ocpi.services.refusals import Refusal, UnknownObject
from ocpi.services.reports import StoreReport
from ocpi.wire.v2_2_1.trees import (
    LocationNode,
    read_connector,
    read_evse,
    read_location,
)

log = logging.getLogger(__name__)


def store_locations(
    party: Party, objects: Sequence[Any], *, received_at: datetime, check_order: bool = True
) -> StoreReport:
    """Store a page of Location objects (as from load_json), in about ten queries however many they are.

    What cannot be read loses as little as possible: a connector before its EVSE before its location, and
    never the rest of the page; the report names it. Give the same received_at to all pages of one crawl.
    check_order: False also takes what is older than what is stored.
    """
    report = StoreReport()

    def read(given: Any) -> LocationNode:
        lost: list[WireError] = []
        node = read_location(given, lost)
        report.partial += [Refusal(node.value.id, error.reason, error.path) for error in lost]
        return node

    nodes = newest(readable(party, objects, read, report))
    _store(party, nodes, report, received_at=received_at, check_order=check_order)
    return report


def store_location(party: Party, location_id: str, given: Any, *, received_at: datetime) -> bool:
    """Store a pushed Location; True when it is new. Nothing is stored when any part of it is wrong.

    Raises InvalidObject naming the member.
    """
    node = read_pushed(party, given, partial(whole, read_location))
    same_id("id", node.value.id, location_id)
    report = StoreReport()
    _store(party, {node.key: node}, report, received_at=received_at, check_order=True)
    if report.ignored:
        log.info("PUT of location %s came too late, ignored", location_id)
    return bool(report.created)


def store_evse(party: Party, location_id: str, evse_uid: str, given: Any, *, received_at: datetime) -> bool:
    """Store a pushed EVSE; True when it is new.

    Raises InvalidObject naming the member, UnknownObject when there is no such location.
    """
    with naming_the_member():
        node = whole(read_evse, given)
    same_id("uid", node.value.uid, evse_uid)
    with transaction.atomic():
        mirror, merge = opened(party, received_at)
        row = mirror.lock([location_id.casefold()]).get(location_id.casefold())
        if row is None:
            raise UnknownObject("locations", "location")
        new = merge.evse(row, node)
        mirror.write()
    if new is None:
        log.info("PUT of EVSE %s of location %s came too late, ignored", evse_uid, location_id)
    return bool(new)


def store_connector(
    party: Party, location_id: str, evse_uid: str, connector_id: str, given: Any, *, received_at: datetime
) -> bool:
    """Store a pushed Connector; True when it is new.

    Raises InvalidObject naming the member, UnknownObject when there is no such EVSE.
    """
    with naming_the_member():
        node = read_connector(given)
    same_id("id", node.value.id, connector_id)
    with transaction.atomic():
        mirror, merge = opened(party, received_at)
        row = mirror.lock([location_id.casefold()]).get(location_id.casefold())
        branch = mirror.branches(row).get(evse_uid.casefold()) if row is not None else None
        if row is None or branch is None:
            raise UnknownObject("locations", "location" if row is None else "EVSE")
        new = merge.connector(row, branch, node)
        mirror.write()
    if new is None:
        log.info("PUT of connector %s of EVSE %s came too late, ignored", connector_id, evse_uid)
    return bool(new)


def fetch_wanted(party: Party, location_id: str) -> None:
    """Have a location read at its CPO that we do not know. Raises nothing; nothing happens here and now."""
    wanted.location(party, location_id)


def _store(
    party: Party,
    nodes: dict[str, LocationNode],
    report: StoreReport,
    *,
    received_at: datetime,
    check_order: bool,
) -> None:
    with transaction.atomic():
        mirror = LocationMirror(party, received_at)
        merge = Merge(mirror, check_order=check_order and party.connection.check_last_updated)
        rows = mirror.lock_or_insert(nodes.values())
        for key, node in nodes.items():
            if key in rows:
                report.ignored += not merge.location(rows[key], node)
            report.saw(node.value.id, node.last_updated)
        mirror.write()
        mirror.mark_seen([*nodes, *(refusal.ocpi_id.casefold() for refusal in report.rejected)])
    report.created = len(mirror.new.locations)
