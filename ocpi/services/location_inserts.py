"""Locations that were not there before, put in with all below them as plain rows: a first pull consists of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from emsp.core.sql import copy_in, next_ids, row_type
from ocpi.models import Connector, Evse, Location, Party
from ocpi.services.location_rows import connector_columns, evse_columns, location_columns
from ocpi.wire.v2_2_1.trees import EvseNode, LocationNode

LocationRow, EvseRow, ConnectorRow = row_type(Location), row_type(Evse), row_type(Connector)


class NewLocations(NamedTuple):
    """Locations, their EVSEs and their connectors as they were put in. Members are called as those of the models."""

    locations: list[Any]
    evses: list[Any]
    connectors: list[Any]


def insert_locations(party: Party, nodes: Sequence[LocationNode], received_at: datetime) -> NewLocations:
    """Put in the locations of these nodes. Call it inside a transaction.

    Raises IntegrityError when one of them is there already; then none is put in.
    """
    made = _rows(party, nodes, received_at)
    copy_in(Location, made.locations)
    copy_in(Evse, made.evses)
    copy_in(Connector, made.connectors)
    return made


def _rows(party: Party, nodes: Sequence[LocationNode], received_at: datetime) -> NewLocations:
    evses = [evse for node in nodes for evse in node.evses]
    evse_ids = iter(next_ids(Evse, len(evses)))
    connector_ids = iter(next_ids(Connector, sum(len(evse.connectors) for evse in evses)))
    made = NewLocations([], [], [])
    for pk, node in zip(next_ids(Location, len(nodes)), nodes, strict=True):
        last_updated = node.last_updated  # raised by what is below, as in location_merging
        for position, evse in enumerate(node.evses):
            evse_pk = next(evse_ids)
            evse_at = max([evse.last_updated, *(connector.last_updated for connector in evse.connectors)])
            last_updated = max(last_updated, evse_at)
            made.evses.append(EvseRow(
                id=evse_pk, location_id=pk, uid=evse.value.uid, key=evse.key, last_updated=evse_at,
                position=position, **evse_columns(evse),
            ))  # fmt: skip
            made.connectors.extend(_connector_rows(evse_pk, evse, connector_ids))
        made.locations.append(LocationRow(
            id=pk, party_id=party.pk, ocpi_id=node.value.id, key=node.key, last_updated=last_updated,
            gone_at=None, seen_at=received_at, **location_columns(node),
        ))  # fmt: skip
    return made


def _connector_rows(evse_pk: int, evse: EvseNode, ids: Any) -> list[Any]:
    return [
        ConnectorRow(
            id=next(ids), evse_id=evse_pk, ocpi_id=node.value.id, key=node.key, last_updated=node.last_updated,
            position=position, **connector_columns(node),
        )
        for position, node in enumerate(evse.connectors)
    ]  # fmt: skip
