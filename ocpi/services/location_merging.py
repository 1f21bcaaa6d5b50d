"""How news of locations, EVSEs and connectors changes what is stored.

last_updated is compared per level, with what the CPO said of that level itself, and raises its parents;
a list replaces the list before it; what is missing from it is marked, not deleted.
Source: OCPI 2.2.1, mod_locations; ocpi.md 1.9, 3.1, T14, T35-T37.
"""

from collections.abc import Sequence
from datetime import datetime

from ocpi.models import Connector, Evse, EvseStatus, Location, Party
from ocpi.services.location_mirror import Branch, LocationMirror
from ocpi.services.location_rows import (
    assign,
    connector_columns,
    evse_columns,
    location_columns,
    own_last_updated,
)
from ocpi.wire.v2_2_1.trees import ConnectorNode, EvseNode, LocationNode


class Merge:
    """Takes news over into the rows of a mirror. check_order: ignore what is older than what is stored."""

    def __init__(self, mirror: LocationMirror, *, check_order: bool) -> None:
        self._mirror, self._check_order = mirror, check_order

    def location(self, row: Location, node: LocationNode) -> bool:
        """Take over a whole location. False when it came too late and changed nothing.

        EVSEs missing from it become REMOVED, unless the location was received with the same received_at
        before: a crawl may find one location in parts (T14).
        """
        if not self.site(row, node):
            for child in node.evses:
                self._known_evse(row, child)
            return row.pk in self._mirror.touched
        first = row.seen_at != self._mirror.received_at
        self.evses(row, node, replace=first)
        return True

    def site(self, row: Location, node: LocationNode) -> bool:
        """Take over a location without its EVSEs. False when it came too late."""
        self._is_there(row)
        if self._too_late(row, node.last_updated):
            return False
        changed, material = assign(row, location_columns(node))
        if changed:
            self._mirror.note_location(row, material=material)
        self._raise_location(row, node.last_updated)
        return True

    def evses(self, row: Location, node: LocationNode, *, replace: bool) -> None:
        """Take over a location's list of EVSEs; replace: those that are missing in it become REMOVED."""
        listed = {child.key for child in node.evses}
        for position, child in enumerate(node.evses):
            self.evse(row, child, position)
        for key, branch in self._mirror.branches(row).items() if replace else ():
            there = branch.evse.status != EvseStatus.REMOVED
            missing = there and key not in listed and not _perhaps_unread(key, node)
            if missing and not self._came_after(branch.evse, node, node.evses):
                self._remove_evse(row, branch.evse, node.last_updated)

    def evse(self, row: Location, node: EvseNode, position: int | None = None) -> bool | None:
        """Take over an EVSE with its connectors. True: new; False: known; None: it came too late.

        position: its place in the location's list; None keeps it, or puts a new one at the end.
        """
        self._is_there(row)
        branches = self._mirror.branches(row)
        branch = branches.get(node.key)
        if branch is None:
            branch = branches[node.key] = Branch(Evse(
                location=row, uid=node.value.uid, key=node.key, last_updated=node.last_updated,
                position=len(branches) if position is None else position, **evse_columns(node),
            ))
            self._mirror.note_evse(row, branch.evse, material=True)
            self._raise_evse(row, branch.evse, node.last_updated)
            self._connectors(row, branch, node)
            return True
        if self._too_late(branch.evse, node.last_updated):
            self._known_evse(row, node)
            return None
        place = branch.evse.position if position is None else position
        changed, material = assign(branch.evse, evse_columns(node) | {"position": place})
        if changed:
            self._mirror.note_evse(row, branch.evse, material=material)
        self._raise_evse(row, branch.evse, node.last_updated)
        self._connectors(row, branch, node)
        return False

    def evse_alone(self, row: Location, branch: Branch, node: EvseNode) -> bool:
        """Take over an EVSE without looking at its connectors. False when it came too late."""
        self._is_there(row)
        if self._too_late(branch.evse, node.last_updated):
            return False
        changed, material = assign(branch.evse, evse_columns(node))
        if changed:
            self._mirror.note_evse(row, branch.evse, material=material)
        self._raise_evse(row, branch.evse, node.last_updated)
        return True

    def connector(
        self, row: Location, branch: Branch, node: ConnectorNode, position: int | None = None
    ) -> bool | None:
        """Take over a connector. True: new, or it came back; False: known; None: it came too late."""
        self._is_there(row)
        connector = branch.connectors.get(node.key)
        if connector is not None and self._too_late(connector, node.last_updated):
            return None
        if connector is None:
            connector = branch.connectors[node.key] = Connector(
                evse=branch.evse, ocpi_id=node.value.id, key=node.key, last_updated=node.last_updated,
                position=len(branch.connectors) if position is None else position, **connector_columns(node),
            )
            self._mirror.note_connector(row, connector, material=True)
            self._raise_evse(row, branch.evse, node.last_updated)
            return True
        new = connector.removed
        place = connector.position if position is None else position
        columns = connector_columns(node) | {"position": place, "last_updated": node.last_updated}
        changed, material = assign(connector, columns)
        if changed:
            self._mirror.note_connector(row, connector, material=material)
        self._raise_evse(row, branch.evse, node.last_updated)
        return new

    def _connectors(self, row: Location, branch: Branch, node: EvseNode) -> None:
        listed = {child.key for child in node.connectors}
        for position, child in enumerate(node.connectors):
            self.connector(row, branch, child, position)
        for key, connector in branch.connectors.items():
            missing = key not in listed and not connector.removed and not _perhaps_unread(key, node)
            if missing and not self._came_after(connector, node, node.connectors):
                connector.removed = True
                connector.last_updated = max(connector.last_updated, node.last_updated)
                self._mirror.note_connector(row, connector, material=True)

    def _known_evse(self, row: Location, node: EvseNode) -> None:
        """An EVSE in an older picture of its parent: what it says of objects that are there still counts,
        if that itself is newer; it neither adds nor brings back anything."""
        branch = self._mirror.branches(row).get(node.key)
        if branch is None:
            return
        if not self._too_late(branch.evse, node.last_updated) and branch.evse.status != EvseStatus.REMOVED:
            self.evse(row, node)
            return
        for child in node.connectors:
            connector = branch.connectors.get(child.key)
            if connector is not None and not connector.removed:
                self.connector(row, branch, child)

    def _remove_evse(self, row: Location, evse: Evse, at: datetime) -> None:
        evse.status = EvseStatus.REMOVED
        evse.raw = evse.raw | {"status": EvseStatus.REMOVED.value}
        self._mirror.note_evse(row, evse, material=True)
        self._raise_evse(row, evse, at)

    def _came_after(
        self,
        child: Evse | Connector,
        picture: LocationNode | EvseNode,
        listed: Sequence[EvseNode | ConnectorNode],
    ) -> bool:
        """Whether a child that is missing in a picture of its parent is newer than that picture.

        A page of a pull may be stored after a push that it does not know of yet. Nothing can be said when the
        sender does not raise the parent's last_updated with its children's (T37).
        """
        raised = all(one.last_updated <= picture.last_updated for one in listed)
        return self._check_order and raised and child.last_updated > picture.last_updated

    def _is_there(self, row: Location) -> None:
        if row.gone_at is not None:
            row.gone_at = None
            self._mirror.note_location(row, material=True)

    def _too_late(self, row: Location | Evse | Connector, last_updated: datetime) -> bool:
        return self._check_order and last_updated < own_last_updated(row)

    def _raise_evse(self, row: Location, evse: Evse, at: datetime) -> None:
        if at > evse.last_updated:
            evse.last_updated = at
            self._mirror.note_evse(row, evse, material=False)
        self._raise_location(row, at)

    def _raise_location(self, row: Location, at: datetime) -> None:
        if at > row.last_updated:
            row.last_updated = at
            self._mirror.note_location(row, material=False)


def _perhaps_unread(key: str, picture: LocationNode | EvseNode) -> bool:
    """Whether a child that was not read may be in the picture all the same, in a form that cannot be read."""
    return key in picture.unread or "" in picture.unread


def opened(party: Party, received_at: datetime) -> tuple[LocationMirror, Merge]:
    """The mirror of a party, and what takes pushed news over into it."""
    mirror = LocationMirror(party, received_at)
    return mirror, Merge(mirror, check_order=party.connection.check_last_updated)
