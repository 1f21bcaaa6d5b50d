"""What a search tells of stations: from texts that are ready where nothing but the place matters, else made of offers."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, NamedTuple

from catalog import books, replica
from catalog.geography import least_distance_m, windows
from catalog.search import is_bare, offers_near
from catalog.search_statement import DISTANCE_M, SILENT
from catalog.search_types import FoundOffer, SearchWish
from emsp.core.sql import binary_cursor

WORDINGS = 1 << 32  # stamps of one wording: more than there will be price books


@dataclass(frozen=True)
class Wording:
    """How whoever answers searches writes a station.

    write: the text of offers of one station, as search gives them. It says nothing of their status; where that belongs
    it names an EVSE by its place among the EVSEs of the offers, in ascending order of evse_id. number: raise it when
    a station is written otherwise than before.
    """

    number: int
    write: Callable[[Sequence[FoundOffer]], str]

    def stamp(self, book_number: int) -> int:
        """What texts bear that were written so, with the prices of this book."""
        return self.number * WORDINGS + book_number


class Operator(NamedTuple):
    """The CPO of a station. logo_url: as OCPI's business_details have it; empty without one."""

    name: str
    provider_id: str
    logo_url: str

    @classmethod
    def of(cls, party: Any) -> "Operator":
        """Of a Party, or of what stands for one in a FoundOffer."""
        return cls(party.name, party.provider_id, _logo_url(party.business_details))


@dataclass(slots=True)
class Station:
    """One location, or what it offers at one of its points. statuses: OCPI's, by the places that the text names."""

    location_id: int
    operator: Operator
    text: str
    statuses: list[str]


class Row(NamedTuple):
    """A row of NEAREST. text: None where it must be written first; empty where there are too many offers for one."""

    reach_degrees: float | None
    book_id: int | None
    book_number: int | None
    id: int | None
    location_id: int
    version: int
    latitude: float
    longitude: float
    evse_ids: list[int]
    text: str | None
    statuses: list[str]
    distance_m: float
    name: str
    provider_id: str
    business_details: str


# The stations nearest to a place by the index; those inside the radius, in the order of their distance on the globe.
# Always at least one row; where nothing is near, that has no id.
NEAREST = f"""
    with book as (
        select id, number from catalog_pricebookversion where state = 'PUBLISHED' order by number desc limit 1
    ), near as materialized (
        select s.*, s.point <-> point(%(longitude)s, %(latitude)s) as distance_degrees from catalog_stationtext s
        order by s.point <-> point(%(longitude)s, %(latitude)s) limit %(candidates)s
    ), reach as (
        select case when count(*) >= %(candidates)s then max(distance_degrees) end as reach_degrees from near
    ), here as (
        select near.*, distance_m from near cross join lateral (
            select {DISTANCE_M.format(centre="%(longitude)s")} as distance_m
        ) as globe where distance_m <= %(radius_m)s
    )
    select reach.reach_degrees, book.id, book.number, here.id, here.location_id, here.version,
        here.point[1], here.point[0], here.evse_ids,
        case when here.stamp = %(stamp)s + coalesce(book.number, 0) then here.text end,
        array(
            select case when e.status = 'AVAILABLE' and {SILENT.format("here")} then 'UNKNOWN' else e.status end
            from ocpi_evse e where e.id = any(here.evse_ids) order by e.id
        ), here.distance_m, cpo.name, cpo.provider_id, cpo.business_details::text
    from reach left join book on true
        left join (here join ocpi_party cpo on cpo.id = here.party_id and cpo.active) on true
    order by here.distance_m, here.location_id, here.id limit %(limit)s
"""


def stations_near(wish: SearchWish, wording: Wording) -> list[Station]:
    """The stations that fit, nearest first; nothing found is an empty list.

    From texts that are ready where the wish names a place alone, else made of what offers_near gives. A location whose
    EVSEs have points of their own may then come once for each.
    Source: design.md §6 (map at ingest, not at search).
    """
    rows = replica.reading(partial(_ready, wish, wording)) if is_bare(wish) else None
    if rows is None:
        groups = groupby(offers_near(wish), key=lambda offer: offer.location_id)
        return [made(list(group), wording) for _, group in groups]
    written = _written(rows, wording)
    found = (_station(row, row.text, row.statuses) if row.text else written.get(row.id) for row in rows)
    return [station for station in found if station is not None]


def _written(rows: list[Row], wording: Wording) -> dict[int | None, Station]:
    """The stations that have no text yet, or never have one, by their row's id."""
    from catalog.services import station_texts

    void, crowded = [row for row in rows if row.text is None], [row for row in rows if row.text == ""]
    found = station_texts.write(void, wording) if void else {}
    return found | station_texts.tell(crowded, wording) if crowded else found


def made(offers: Sequence[FoundOffer], wording: Wording) -> Station:
    """A station of its offers, all of one location."""
    first, by_evse = offers[0], {offer.evse_id: offer.status for offer in offers}
    statuses = [by_evse[pk] for pk in sorted(by_evse)]
    return Station(first.location_id, Operator.of(first.party), wording.write(offers), statuses)


def _ready(wish: SearchWish, wording: Wording, database: str) -> list[Row] | None:
    """The nearest texts; None where the index may have missed a neighbour, or where the app has prices of its own."""
    latitude, longitude = float(wish.latitude or 0), float(wish.longitude or 0)
    if len(windows(latitude, longitude, wish.radius_m)) > 1:
        return None
    with binary_cursor(database) as cursor:
        cursor.execute(NEAREST, {
            "latitude": latitude, "longitude": longitude, "radius_m": wish.radius_m, "stamp": wording.stamp(0),
            "candidates": 2 * wish.limit_locations, "limit": wish.limit_locations,
        }, prepare=True)  # fmt: skip
        rows = list(map(Row._make, cursor.fetchall()))
    reach_degrees, *known = rows[0][:3]
    book = books.book(*known) if known[0] else books.NO_BOOK
    if wish.sold_through and book.sells_apart(wish.sold_through):
        return None
    rows = [row for row in rows if row.id is not None]
    if reach_degrees is not None:
        certain_m = least_distance_m(latitude, reach_degrees)
        certain = [row for row in rows if row.distance_m < certain_m]
        if certain_m <= wish.radius_m and len(certain) < wish.limit_locations:
            return None
        rows = certain
    return rows


def _station(row: Row, text: str, statuses: list[str]) -> Station:
    return Station(row.location_id, _operator(row.name, row.provider_id, row.business_details), text, statuses)


@lru_cache(maxsize=1024)
def _operator(name: str, provider_id: str, business_details: str) -> Operator:
    return Operator(name, provider_id, _logo_url(json.loads(business_details)))


def _logo_url(business_details: Any) -> str:
    logo = (business_details or {}).get("logo")
    url = logo.get("url") if isinstance(logo, dict) else None
    return url if isinstance(url, str) else ""
