"""Search: what is on offer around a place, nearest first, from one indexed query."""

import json
import re
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from catalog import replica
from catalog.apart import priced_for
from catalog.geography import EARTH_RADIUS_M, Window, least_distance_m, windows
from catalog.models import Offer
from ocpi.models import Party

# Offers the index is asked for at first, per wanted location, and the most it is ever asked for.
OFFERS_PER_LOCATION = 8
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
    sold_through: str = ""
    limit_locations: int = 60
    limit_per_location: int = 40


def offers_near(wish: SearchWish) -> list[Offer]:
    """The offers that fit, all of a location together, nearest location first.

    Each offer has `distance_m` (float; None without a point) and `party` with name, provider_id and
    business_details (more of it costs a query). Inside a location the order is that of the CPO's list.
    Nothing found is an empty list.
    Source: design.md §5 (search), §6; beckn.md a.3 (strict on area, connector and provider, soft on text).
    """
    return priced_for(wish.sold_through, replica.reading(partial(_fitting, wish)))


def _fitting(wish: SearchWish, database: str) -> list[Offer]:
    """What fits, in this database; without the free text where nothing fits that."""
    found = _found(wish, database)
    if not found and text_words(wish.text):
        found = _found(replace(wish, text=None), database)
    return found


def text_words(text: str | None) -> list[str]:
    """The words of a free text that can tell one station from another."""
    words = dict.fromkeys(_WORD.findall((text or "").casefold()))
    return [word for word in words if word not in _EMPTY_WORDS]


def _found(wish: SearchWish, database: str) -> list[Offer]:
    """Ask for more candidates until the nearest locations are certain.

    The index orders by degrees. What it did not hand out is at least `reach_degrees` away, so every location
    nearer than that in metres is certain; the others may miss a neighbour and are dropped.
    """
    candidates = wish.limit_locations * OFFERS_PER_LOCATION
    while True:
        rows: list[Any] = list(Offer.objects.using(database).raw(*statement(wish, candidates)))
        found = [row for row in rows if row.pk is not None]
        reach_degrees = rows[0].reach_degrees
        if reach_degrees is None or wish.latitude is None or candidates >= MOST_CANDIDATES:
            return _with_party(found)
        certain_m = least_distance_m(float(wish.latitude), reach_degrees)
        certain = [row for row in found if row.place_m < certain_m]
        if certain_m > wish.radius_m or len({row.location_id for row in certain}) >= wish.limit_locations:
            return _with_party(certain)
        candidates *= 8


def _boxes(wish: SearchWish) -> list[Window]:
    if wish.latitude is None or wish.longitude is None:
        return []
    return windows(float(wish.latitude), float(wish.longitude), wish.radius_m)


def _with_party(rows: list[Any]) -> list[Offer]:
    """Give each offer its Party, one object per CPO, from the columns that came with the row.

    Of an operator that is left alone because it does not answer no charger is told to be free: it is UNKNOWN.
    What is asked of them later is read on the primary, wherever they came from.
    """
    parties: dict[int, Party] = {}
    for row in rows:
        if row.party_id not in parties:
            known = {
                "id": row.party_id,
                "name": row.cpo_name,
                "provider_id": row.cpo_provider_id,
                "business_details": json.loads(row.cpo_details),
            }
            names = [field.attname for field in Party._meta.concrete_fields if field.attname in known]
            parties[row.party_id] = Party.from_db(DEFAULT_DB_ALIAS, names, [known[name] for name in names])
        row._state.db = DEFAULT_DB_ALIAS
        row.party = parties[row.party_id]
        if row.cpo_silent and row.status == "AVAILABLE":
            row.status = "UNKNOWN"
    return rows


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
        near = _ANYWHERE.format(conditions=conditions)
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
    centre = f"point(%(centre_longitude_{number})s, %(latitude)s)"
    return f"""(
        SELECT id, location_id, box, distance_degrees, distance_m, distance_m <= %(radius_m)s AS fits
        FROM (
            SELECT o.id, o.location_id, {number} AS box, o.point, o.point <-> {centre} AS distance_degrees
            FROM catalog_offer o WHERE {area} AND {conditions}
            ORDER BY o.point <-> {centre} LIMIT %(candidates)s
        ) AS nearest CROSS JOIN LATERAL (SELECT {_DISTANCE_M.format(number=number)} AS distance_m) AS globe
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
        "status": (f"o.status = {{}} AND NOT {_SILENT.format('o')}", "AVAILABLE" if wish.available_only else None),
        "fulfillments": ("o.fulfillment_id = ANY({})", wish.fulfillment_ids),
        "offers": ("o.offer_id = ANY({})", wish.offer_ids),
    }
    for number, word in enumerate(text_words(wish.text)):
        tests[f"word_{number}"] = ("strpos(o.search_text, {}) > 0", word)
    wanted = {name: test for name, test in tests.items() if test[1]}
    sql = " AND ".join(["o.listed", *(test.format(f"%({name})s") for name, (test, _) in wanted.items())])
    values = ((name, value) for name, (_, value) in wanted.items())
    return sql, {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values}


# Whether the operator of {} is left alone because it does not answer (emsp.core.circuits).
_SILENT = """{}.party_id IN (
    SELECT p.id FROM core_circuit c JOIN ocpi_party p ON p.connection_id::text = c.partner
    WHERE c.kind = 'CPO' AND c.opened_at IS NOT NULL
)"""
_COLUMNS = ", ".join(
    f'o."{field.column}"'
    for field in Offer._meta.concrete_fields
    if field.name not in ("search_text", "energy_price", "energy_price_odd", "price_words", "price_words_odd")
)
_DISTANCE_M = f"""{2 * EARTH_RADIUS_M} * asin(least(1, sqrt(
    power(sin(radians(point[1] - %(latitude)s) / 2), 2) + cos(radians(%(latitude)s)) * cos(radians(point[1]))
    * power(sin(radians(point[0] - %(centre_longitude_{{number}})s) / 2), 2)
)))"""
# All that fits, of the first locations; there is no place to measure from.
_ANYWHERE = """
    SELECT o.id, o.location_id, 0 AS box, NULL::float8 AS distance_degrees, NULL::float8 AS distance_m, TRUE AS fits
    FROM catalog_offer o WHERE {conditions} AND o.location_id IN (
        SELECT o.location_id FROM catalog_offer o WHERE {conditions}
        GROUP BY o.location_id ORDER BY o.location_id LIMIT %(limit_locations)s
    )"""
# By the price book in force when the statement began: all prices of an answer are of one book.
_PRICE = """CASE WHEN book.number %% 2 = 1 THEN o.energy_price_odd ELSE o.energy_price END AS energy_price,
            CASE WHEN book.number %% 2 = 1 THEN o.price_words_odd ELSE o.price_words END AS price_words"""
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
        SELECT {_COLUMNS}, {_PRICE}, near.distance_m, places.place_m,
            evse.position AS evse_position, connector.position AS connector_position,
            row_number() OVER (
                PARTITION BY o.location_id
                ORDER BY o.status <> 'AVAILABLE', evse.position, o.evse_id, connector.position, o.id
            ) AS turn
        FROM near JOIN places USING (location_id)
        JOIN catalog_offer o ON o.id = near.id
        JOIN ocpi_evse evse ON evse.id = o.evse_id
        JOIN ocpi_connector connector ON connector.id = o.connector_id
        LEFT JOIN book ON TRUE
        WHERE near.fits
    ),
    reach AS (
        SELECT min(reach_degrees) AS reach_degrees FROM (
            SELECT CASE WHEN count(*) >= %(candidates)s THEN max(distance_degrees) END AS reach_degrees
            FROM near GROUP BY box
        ) AS per_box
    )
    SELECT ranked.*, reach.reach_degrees, book.id AS book_id, book.number AS book_number,
        cpo.name AS cpo_name, cpo.provider_id AS cpo_provider_id, cpo.business_details AS cpo_details,
        {_SILENT.format("ranked")} AS cpo_silent
    FROM reach
    LEFT JOIN (ranked JOIN ocpi_party cpo ON cpo.id = ranked.party_id AND cpo.active)
        ON ranked.turn <= %(limit_per_location)s
    LEFT JOIN book ON TRUE
    ORDER BY place_m, location_id, evse_position, evse_id, connector_position, ranked.id
"""
