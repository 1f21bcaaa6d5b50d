"""LocationMirror: the rows of some locations with all below them, locked, loaded and written many at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction

from emsp.core.sql import upsert
from ocpi.models import Connector, Evse, Location, Party
from ocpi.services.location_inserts import NewLocations, insert_locations
from ocpi.signals import locations_added, locations_stored
from ocpi.wire.v2_2_1.trees import LocationNode

LOCATION_FIELDS = [
    "publish", "name", "address", "city", "postal_code", "state", "country", "latitude", "longitude",
    "time_zone", "is_green_energy", "raw", "last_updated", "gone_at",
]
EVSE_FIELDS = [
    "evse_id", "status", "physical_reference", "capabilities", "latitude", "longitude", "raw", "last_updated",
    "position",
]
CONNECTOR_FIELDS = [
    "standard", "format", "power_type", "max_voltage_v", "max_amperage_a", "max_electric_power_w",
    "tariff_ids", "raw", "last_updated", "removed", "position",
]


@dataclass
class Branch:
    """An EVSE row with its connector rows by key."""

    evse: Evse
    connectors: dict[str, Connector] = field(default_factory=dict)


class LocationMirror:
    """The rows that one batch concerns. Use inside a transaction: lock, change and note, write.

    The lock on a location's row guards all below it, so that two pushes cannot undo each other. Whoever
    changes an EVSE or a connector takes that lock first, which also keeps deadlocks away.
    """

    def __init__(self, party: Party, received_at: datetime) -> None:
        self.party, self.received_at = party, received_at
        self.new = NewLocations([], [], [])
        self.touched: set[int] = set()
        self._branches: dict[int, dict[str, Branch]] = {}
        self._locations: dict[int, Location] = {}
        self._evses: dict[int, Evse] = {}
        self._connectors: dict[int, Connector] = {}

    def lock(self, keys: Iterable[str]) -> dict[str, Location]:
        """The stored locations with these keys, by key, with all below them."""
        rows = self._locked(keys)
        self._load_branches(rows.values())
        return rows

    def lock_or_insert(self, nodes: Iterable[LocationNode]) -> dict[str, Location]:
        """As lock; the locations of nodes that are not there yet are put in as they stand there, and told by write."""
        wanted = {node.key: node for node in nodes}
        rows = self._locked(wanted)
        while missing := [node for key, node in sorted(wanted.items()) if key not in rows]:
            try:
                with transaction.atomic():
                    self.new = insert_locations(self.party, missing, self.received_at)
                break
            except IntegrityError:
                # Two pushes may bring the same new location at once: the second one finds the row of the first.
                found = self._locked(node.key for node in missing)
                if not found:
                    raise
                rows |= found
        self._load_branches(rows.values())
        return rows

    def branches(self, row: Location) -> dict[str, Branch]:
        """The EVSEs of a locked location by key."""
        return self._branches[row.pk]

    def note_location(self, row: Location, *, material: bool) -> None:
        """Have a changed location written; material: something is to be told about it."""
        self._locations[row.pk] = row
        if material:
            self.touched.add(row.pk)

    def note_evse(self, row: Location, evse: Evse, *, material: bool) -> None:
        """Have a new or changed EVSE written."""
        self._evses[id(evse)] = evse
        if material:
            self.touched.add(row.pk)

    def note_connector(self, row: Location, connector: Connector, *, material: bool) -> None:
        """Have a new or changed connector written."""
        self._connectors[id(connector)] = connector
        if material:
            self.touched.add(row.pk)

    def write(self) -> None:
        """Write what was noted, and tell what is new or was touched: locations_added, locations_stored, once each."""
        upsert(Evse, list(self._evses.values()), ["location", "key"], EVSE_FIELDS)
        for connector in self._connectors.values():
            connector.evse_id = connector.evse.pk  # that of a new one is known now
        upsert(Connector, list(self._connectors.values()), ["evse", "key"], CONNECTOR_FIELDS)
        upsert(Location, list(self._locations.values()), ["party", "key"], LOCATION_FIELDS)
        if self.new.locations:
            locations_added.send(sender=Location, new=self.new)
        if self.touched:
            locations_stored.send(sender=Location, location_ids=sorted(self.touched))

    def mark_seen(self, keys: Iterable[str]) -> None:
        """Note that these locations were received now, whether they could be read or not; new rows say so already."""
        seen = set(keys) - {row.key for row in self.new.locations}
        stored = Location.objects.filter(party=self.party, key__in=seen)
        stored.update(seen_at=self.received_at, gone_at=None)

    def _locked(self, keys: Iterable[str]) -> dict[str, Location]:
        rows = Location.objects.filter(party=self.party, key__in=list(keys)).order_by("pk")
        return {row.key: row for row in rows.select_for_update(no_key=True)}

    def _load_branches(self, rows: Iterable[Location]) -> None:
        by_pk = {row.pk: row for row in rows}
        self._branches |= {pk: {} for pk in by_pk}
        by_evse: dict[int, Branch] = {}
        for evse in Evse.objects.filter(location__in=by_pk).order_by("position", "pk"):
            evse.location = by_pk[evse.location_id]
            branch = self._branches[evse.location_id][evse.key] = by_evse[evse.pk] = Branch(evse)
        if not by_evse:
            return
        for connector in Connector.objects.filter(evse__in=by_evse).order_by("position", "pk"):
            branch = by_evse[connector.evse_id]
            connector.evse = branch.evse
            branch.connectors[connector.key] = connector
