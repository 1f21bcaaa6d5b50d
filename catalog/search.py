"""Search: what is on offer around a place, nearest first, from one indexed query."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from catalog import books, replica
from catalog.apart import priced_for
from catalog.geography import EARTH_RADIUS_M, Window, least_distance_m, windows
from catalog.models import Offer
from ocpi.models import Party

# Offers the index is asked for at first, per wanted location, and the most it is ever asked for.
OFFERS_PER_LOCATION = 4
MOST_CANDIDATES = 50_000

_WORD = re.compile(r"\w+")
# Words that are said of every station, so that they do not tell one from another.
_EMPTY_WORDS = frozenset(
    "a an and at by car cars charge charger chargers charging electric ev evs fast find for in me my near "  # noqa: SIM905
    "nearby nearest of on or point points station stations the to vehicle vehicles with".split()
)


@dataclass(frozen=True)
class SearchWish:
    """What a driver looks for. None, empty and False mean: no matter.

    latitude, longitude: degrees; without them everything listed is found, in order of location.
    connector_standards: OCPI's spelling (catalog.mapping.connector_standards); power in W.
    text: free text that narrows the result where it fits and is ignored where nothing fits.
    sold_through: the app that asks; price rules for it alone then count in what it is shown.
    limit_per_location: so that a depot with hundreds of connectors leaves room for its neighbours; those
    that are free come before the others.
    """

    latitude: Decimal | None = None
    longitude: Decimal | None = None
    radius_m: int = 10_000
    connector_standards: frozenset[str] | None = None
    min_power_w: int | None = None
    max_power_w: int | None = None
    provider_ids: frozenset[str] | None = None
    text: str | None = None
    green_only: bool = False
    available_only: bool = False
    fulfillment_ids: frozenset[str] | None = None
    offer_ids: frozenset[str] | None = None
    location_ids: frozenset[int] | None = None
    sold_through: str = ""
    limit_locations: int = 60
    limit_per_location: int = 40


@dataclass(slots=True)
class FoundOffer:
    """What search tells of an Offer, named as there; a plain object, because a model instance costs ten times as much.

    point: latitude and longitude in degrees. distance_m: None without a place to measure from. party: with its
    name, provider_id and business_details; more of it costs a query.
    """

    pk: int
    offer_id: str
    fulfillment_id: str
    party_id: int
    location_id: int
    evse_id: int
    tariff_id: int | None
    status: str
    location_ocpi_id: str
    location_name: str
    address: str
    city: str
    postal_code: str
    country: str
    time_zone: str
    opening_hours: str
    is_green_energy: bool
    name: str
    connector_ocpi_id: str
    connector_standard: str
    power_type: str
    power_w: int | None
    currency: str
    cost_price: Decimal | None
    latitude: float
    longitude: float
    energy_price: Decimal | None
    price_words: str
    distance_m: float | None
    party: Any

    @property
    def point(self) -> tuple[float, float]:
        """As Offer has it."""
        return self.latitude, self.longitude


AnyOffer = Offer | FoundOffer


def offers_near(wish: SearchWish) -> list[FoundOffer]:
    """The offers that fit, all of a location together, nearest location first.

    Inside a location the order is that of the CPO's list.
    Nothing found is an empty list.
    Source: design.md §5 (search), §6; beckn.md a.3 (strict on area, connector and provider, soft on text).
    """
    found, book = replica.reading(partial(_fitting, wish))
    return priced_for(wish.sold_through, found, book)


def _fitting(wish: SearchWish, database: str) -> tuple[list[FoundOffer], books.Book]:
    """What fits, in this database; without the free text where nothing fits that."""
    found, book = _found(wish, database)
    if not found and text_words(wish.text):
        found, book = _found(replace(wish, text=None), database)
    return found, book


def offers_of(location_ids: Iterable[int]) -> tuple[list[FoundOffer], books.Book]:
    """All that is listed at these locations, as offers_near gives it, with the price book in force."""
    wanted = frozenset(location_ids)
    return _found(SearchWish(location_ids=wanted, limit_locations=len(wanted)), DEFAULT_DB_ALIAS)


def is_bare(wish: SearchWish) -> bool:
    """Whether it names a place and nothing else, so that all offers of a station fit or none does."""
    return wish.latitude is not None and not _conditions(wish)[1]


def text_words(text: str | None) -> list[str]:
    """The words of a free text that can tell one station from another."""
    words = dict.fromkeys(_WORD.findall((text or "").casefold()))
    return [word for word in words if word not in _EMPTY_WORDS]


def _found(wish: SearchWish, database: str) -> tuple[list[FoundOffer], books.Book]:
    """Ask for more candidates until the nearest locations are certain; with the price book they are sold by.

    The index orders by degrees. What it did not hand out is at least `reach_degrees` away, so every location
    nearer than that in metres is certain; the others may miss a neighbour and are dropped.
    """
    candidates = wish.limit_locations * OFFERS_PER_LOCATION
    while True:
        with connections[database].cursor() as cursor:
            cursor.execute(*statement(wish, candidates))
            rows = cursor.fetchall()
        reach_degrees, *book = rows[0][:3]
        current = books.book(*book) if book[1] else books.NO_BOOK
        rows = [row for row in rows if row[HEAD] is not None]
        if reach_degrees is None or wish.latitude is None or candidates >= MOST_CANDIDATES:
            return _offers(rows), current
        certain_m = least_distance_m(float(wish.latitude), reach_degrees)
        certain = [row for row in rows if row[PLACE_M] < certain_m]
        if certain_m > wish.radius_m or len({row[LOCATION] for row in certain}) >= wish.limit_locations:
            return _offers(certain), current
        candidates *= 8


def _boxes(wish: SearchWish) -> list[Window]:
    if wish.latitude is None or wish.longitude is None:
        return []
    return windows(float(wish.latitude), float(wish.longitude), wish.radius_m)


def _offers(rows: list[tuple[Any, ...]]) -> list[FoundOffer]:
    """The rows as offers, with one Party object per CPO, from the columns that came with the row.

    What is asked of a Party later is read on the primary, wherever it came from.
    """
    parties: dict[int, Party] = {}
    found = []
    for row in rows:
        party_id = row[PARTY]
        if party_id not in parties:
            name, provider_id, details = row[PLACE_M + 1 :]
            known = {
                "id": party_id, "name": name, "provider_id": provider_id, "business_details": json.loads(details)
            }  # fmt: skip
            names = [field.attname for field in Party._meta.concrete_fields if field.attname in known]
            parties[party_id] = Party.from_db(DEFAULT_DB_ALIAS, names, [known[name] for name in names])
        found.append(FoundOffer(*(*row[HEAD:PLACE_M], parties[party_id])))
    return found


def statement(wish: SearchWish, candidates: int) -> tuple[str, dict[str, Any]]:
    """The query for a wish and its parameters.

    candidates: how many offers the index hands out per box, before they are measured and grouped.
    Always gives at least one row; where nothing fits, that row has no id.
    """
    boxes = _boxes(wish)
    conditions, params = _conditions(wish)
    if boxes:
        # Without filters the index is asked for the nearest offers wherever they are, which costs the same in
        # the densest city; with filters it stays in the box, or a rare wish would walk through all of it.
        near = " UNION ALL ".join(
            _near(number, boxes, conditions, bare=not params) for number in range(len(boxes))
        )
    else:
        near = _ANYWHERE.format(columns=_READ, conditions=conditions)
    for number, box in enumerate(boxes):
        params |= {f"{name}_{number}": value for name, value in asdict(box).items()}
    params |= {
        "latitude": float(wish.latitude or 0),
        "radius_m": wish.radius_m,
        "candidates": candidates,
        "limit_locations": wish.limit_locations,
        "limit_per_location": wish.limit_per_location,
    }
    return f"WITH near AS MATERIALIZED ({near}), {_NEAREST_FIRST}", params


def _near(number: int, boxes: list[Window], conditions: str, *, bare: bool) -> str:
    """Candidates of one box, in the order of the index, with their distance on the globe.

    bare: there are no filters; the first box then has no edges, but leaves the others' places to them.
    """
    area = _in_box(number)
    if bare and number == 0:
        area = " AND ".join(["TRUE", *(f"NOT {_in_box(other)}" for other in range(1, len(boxes)))])
    longitude = f"%(centre_longitude_{number})s"
    centre = f"point({longitude}, %(latitude)s)"
    return f"""(
        SELECT nearest.*, distance_m, distance_m <= %(radius_m)s AS fits
        FROM (
            SELECT {_READ}, {number} AS box, o.point <-> {centre} AS distance_degrees
            FROM catalog_offer o WHERE {area} AND {conditions}
            ORDER BY o.point <-> {centre} LIMIT %(candidates)s
        ) AS nearest CROSS JOIN LATERAL (SELECT {DISTANCE_M.format(centre=longitude)} AS distance_m) AS globe
    )"""


def _in_box(number: int) -> str:
    west_south, east_north = (
        f"%(west_{number})s, %(south_{number})s",
        f"%(east_{number})s, %(north_{number})s",
    )
    return f"o.point <@ box(point({west_south}), point({east_north}))"


def _conditions(wish: SearchWish) -> tuple[str, dict[str, Any]]:
    """The wish's filters on catalog_offer o, as SQL and parameters."""
    tests: dict[str, tuple[str, Any]] = {
        "standards": ("o.connector_standard = ANY({})", wish.connector_standards),
        "min_power_w": ("o.power_w >= {}", wish.min_power_w),
        "max_power_w": ("o.power_w <= {}", wish.max_power_w),
        "providers": (
            "o.party_id IN (SELECT id FROM ocpi_party WHERE provider_id = ANY({}))",
            wish.provider_ids,
        ),
        "green": ("o.is_green_energy = {}", wish.green_only),
        "status": (f"o.status = {{}} AND NOT {SILENT.format('o')}", "AVAILABLE" if wish.available_only else None),
        "fulfillments": ("o.fulfillment_id = ANY({})", wish.fulfillment_ids),
        "offers": ("o.offer_id = ANY({})", wish.offer_ids),
        "locations": ("o.location_id = ANY({})", wish.location_ids),
    }
    for number, word in enumerate(text_words(wish.text)):
        tests[f"word_{number}"] = ("strpos(o.search_text, {}) > 0", word)
    wanted = {name: test for name, test in tests.items() if test[1]}
    sql = " AND ".join(["o.listed", *(test.format(f"%({name})s") for name, (test, _) in wanted.items())])
    values = ((name, value) for name, (_, value) in wanted.items())
    return sql, {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values}


# Whether the operator of {} is left alone because it does not answer (emsp.core.circuits).
SILENT = """{}.party_id IN (
    SELECT p.id FROM core_circuit c JOIN ocpi_party p ON p.connection_id::text = c.partner
    WHERE c.kind = 'CPO' AND c.opened_at IS NOT NULL
)"""
# Columns of an answer: first these, then those of FoundOffer up to the party, then the place's distance and the party.
_OF_ALL = "reach.reach_degrees, book.id AS book_id, book.number AS book_number"
_NAMES = [field.name for field in fields(FoundOffer)][:-1]
_COMPUTED = {
    "pk": "near.id AS pk",
    "latitude": "near.point[1] AS latitude",
    "longitude": "near.point[0] AS longitude",
    # No charger of an operator that does not answer is told to be free.
    "status": f"""CASE WHEN near.status = 'AVAILABLE' AND {SILENT.format("near")} THEN 'UNKNOWN'
                       ELSE near.status END AS status""",
    # By the price book in force when the statement began: all prices of an answer are of one book.
    "energy_price": "CASE WHEN book.number %% 2 = 1 THEN near.energy_price_odd ELSE near.energy_price END AS energy_price",
    "price_words": "CASE WHEN book.number %% 2 = 1 THEN near.price_words_odd ELSE near.price_words END AS price_words",
    "distance_m": "near.distance_m",
}
_COLUMNS = ", ".join(_COMPUTED.get(name, f"near.{name}") for name in _NAMES)
_STORED = [name for name in _NAMES if name not in _COMPUTED]
_BESIDE = ["id", "connector_id", "point", "status", *(
    f"{name}{book}" for name in ("energy_price", "price_words") for book in ("", "_odd")
)]  # fmt: skip
_READ = ", ".join(f"o.{name}" for name in [*_BESIDE, *_STORED])
_RANKED = ", ".join(f"ranked.{name}" for name in _NAMES)
HEAD = 3
PLACE_M, PARTY, LOCATION = HEAD + len(_NAMES), HEAD + _NAMES.index("party_id"), HEAD + _NAMES.index("location_id")
DISTANCE_M = f"""{2 * EARTH_RADIUS_M} * asin(least(1, sqrt(
    power(sin(radians(point[1] - %(latitude)s) / 2), 2) + cos(radians(%(latitude)s)) * cos(radians(point[1]))
    * power(sin(radians(point[0] - {{centre}}) / 2), 2)
)))"""
# All that fits, of the first locations; there is no place to measure from.
_ANYWHERE = """
    SELECT {columns}, 0 AS box, NULL::float8 AS distance_degrees, NULL::float8 AS distance_m, TRUE AS fits
    FROM catalog_offer o WHERE {conditions} AND o.location_id IN (
        SELECT o.location_id FROM catalog_offer o WHERE {conditions}
        GROUP BY o.location_id ORDER BY o.location_id LIMIT %(limit_locations)s
    )"""
# From the candidates to the nearest locations and their offers.
_NEAREST_FIRST = f"""
    places AS (
        SELECT location_id, min(distance_m) AS place_m FROM near WHERE fits
        GROUP BY location_id ORDER BY place_m, location_id LIMIT %(limit_locations)s
    ),
    book AS (
        SELECT id, number FROM catalog_pricebookversion WHERE state = 'PUBLISHED' ORDER BY number DESC LIMIT 1
    ),
    ranked AS (
        SELECT {_COLUMNS}, places.place_m,
            evse.position AS evse_position, connector.position AS connector_position,
            row_number() OVER (
                PARTITION BY near.location_id
                ORDER BY near.status <> 'AVAILABLE', evse.position, near.evse_id, connector.position, near.id
            ) AS turn
        FROM near JOIN places USING (location_id)
        JOIN ocpi_evse evse ON evse.id = near.evse_id
        JOIN ocpi_connector connector ON connector.id = near.connector_id
        LEFT JOIN book ON TRUE
        WHERE near.fits
    ),
    reach AS (
        SELECT min(reach_degrees) AS reach_degrees FROM (
            SELECT CASE WHEN count(*) >= %(candidates)s THEN max(distance_degrees) END AS reach_degrees
            FROM near GROUP BY box
        ) AS per_box
    )
    SELECT {_OF_ALL}, {_RANKED}, place_m, cpo.name, cpo.provider_id, cpo.business_details
    FROM reach
    LEFT JOIN (ranked JOIN ocpi_party cpo ON cpo.id = ranked.party_id AND cpo.active)
        ON ranked.turn <= %(limit_per_location)s
    LEFT JOIN book ON TRUE
    ORDER BY place_m, ranked.location_id, evse_position, evse_id, connector_position, pk
"""
