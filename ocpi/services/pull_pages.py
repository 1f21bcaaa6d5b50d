"""Brings a page of pulled objects to the services that store them, each under the party it belongs to."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import DataError

from ocpi.models import Connection, Party
from ocpi.services import parked
from ocpi.services.cdrs import store_cdrs
from ocpi.services.locations import store_locations
from ocpi.services.ownership import id_of
from ocpi.services.parties import party_of
from ocpi.services.refusals import Refusal, UnknownParty
from ocpi.services.reports import StoreReport
from ocpi.services.sessions import store_sessions
from ocpi.services.tariffs import store_tariffs

log = logging.getLogger(__name__)

Owner = tuple[str, str]


class Store(Protocol):
    """The bulk service of a module."""

    def __call__(self, party: Party, objects: Sequence[Any], *, received_at: datetime) -> StoreReport: ...


STORES: dict[str, Store] = {
    "tariffs": store_tariffs,
    "locations": store_locations,
    "sessions": store_sessions,
    "cdrs": store_cdrs,
}


@dataclass
class Stored:
    """What became of pulled objects. skipped: those of parties that staff have switched off."""

    stored: int = 0
    parked: int = 0
    skipped: int = 0
    newest_at: datetime | None = None

    def add(self, other: "Stored") -> None:
        """Take over the figures of another page."""
        self.stored += other.stored
        self.parked += other.parked
        self.skipped += other.skipped
        self.newest_at = max(filter(None, (self.newest_at, other.newest_at)), default=None)


class PageStore:
    """Stores the pages of one crawl.

    received_at: one moment for the whole crawl, by which the rows it saw are known afterwards.
    """

    def __init__(self, connection: Connection, module: str, *, received_at: datetime) -> None:
        self._connection, self._module, self._received_at = connection, module, received_at
        self._parties: dict[Owner, Party | None] = {}

    def store(self, objects: Sequence[Any]) -> Stored:
        """Store a page. What cannot be stored is parked with its reason; the rest of the page is stored."""
        groups: dict[Owner, list[Any]] = {}
        for given in objects:
            groups.setdefault(_owner(given), []).append(given)
        page = Stored()
        for owner, group in groups.items():
            page.add(self._store_group(owner, group))
        return page

    def _store_group(self, owner: Owner, group: list[Any]) -> Stored:
        party = self._party(owner)
        if party is None:
            return self._park_foreign(owner, group)
        if not party.active:
            return Stored(skipped=len(group))
        try:
            report = STORES[self._module](party, group, received_at=self._received_at)
        except DataError as error:  # something the column types do not take, which reading let pass
            if len(group) > 1:
                return self._one_by_one(owner, group)
            log.warning("%s %s of %s cannot be stored: %s", self._module, id_of(group[0]), party, error)
            report = StoreReport(rejected=[Refusal(id_of(group[0]), "the database does not take it", "")])
        return self._settle(group, report)

    def _one_by_one(self, owner: Owner, group: list[Any]) -> Stored:
        found = Stored()
        for given in group:
            found.add(self._store_group(owner, [given]))
        return found

    def _park_foreign(self, owner: Owner, group: list[Any]) -> Stored:
        name = "-".join(owner).upper()
        reason = f"its party {name} is none of this connection's" if any(owner) else "it does not name its party"
        return self._settle(group, StoreReport(rejected=[Refusal(id_of(each), reason, "") for each in group]))

    def _settle(self, group: list[Any], report: StoreReport) -> Stored:
        kept = parked.park(self._connection, self._module, group, report, at=self._received_at)
        return Stored(stored=len(report.stored_ids), parked=kept, newest_at=report.newest_at)

    def _party(self, owner: Owner) -> Party | None:
        if owner not in self._parties:
            self._parties[owner] = self._find(owner)
        return self._parties[owner]

    def _find(self, owner: Owner) -> Party | None:
        known = self._connection.parties.filter(country_code__iexact=owner[0], party_id__iexact=owner[1]).first()
        if known is None:
            try:
                known = party_of(self._connection, *owner, pushed=True)  # a hub may bring new ones
            except UnknownParty:
                return None
        known.connection = self._connection
        return known


def _owner(given: Any) -> Owner:
    members = given if isinstance(given, dict) else {}
    country_code, party_id = (
        "".join(filter(str.isprintable, str(members.get(name) or ""))).strip().casefold()
        for name in ("country_code", "party_id")
    )
    return country_code, party_id
