"""The query of a search: the candidates of an index, measured, grouped by location, and priced by one price book."""

import re
from dataclasses import asdict, fields
from typing import Any

from catalog.geography import EARTH_RADIUS_M, Window, windows
from catalog.search_types import FoundOffer, SearchWish

_WORD = re.compile(r"\w+")
# Words that are said of every station, so that they do not tell one from another.
_EMPTY_WORDS = frozenset(
    "a an and at by car cars charge charger chargers charging electric ev evs fast find for in me my near "  # noqa: SIM905
    "nearby nearest of on or point points station stations the to vehicle vehicles with".split()
)


def statement(wish: SearchWish, candidates: int) -> tuple[str, dict[str, Any]]:
    """The query for a wish and its parameters.

    candidates: how many offers the index hands out per box, before they are measured and grouped.
    Always gives at least one row; where nothing fits, that row has no id.
    """
    boxes = _boxes(wish)
    filters, params = conditions(wish)
    if boxes:
        # Without filters the index is asked for the nearest offers wherever they are, which costs the same in
        # the densest city; with filters it stays in the box, or a rare wish would walk through all of it.
        near = " UNION ALL ".join(
            _near(number, boxes, filters, bare=not params) for number in range(len(boxes))
        )
    else:
        near = _ANYWHERE.format(columns=_READ, conditions=filters)
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


def _near(number: int, boxes: list[Window], filters: str, *, bare: bool) -> str:
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
            FROM catalog_offer o WHERE {area} AND {filters}
            ORDER BY o.point <-> {centre} LIMIT %(candidates)s
        ) AS nearest CROSS JOIN LATERAL (SELECT {DISTANCE_M.format(centre=longitude)} AS distance_m) AS globe
    )"""


def _in_box(number: int) -> str:
    west_south, east_north = (
        f"%(west_{number})s, %(south_{number})s",
        f"%(east_{number})s, %(north_{number})s",
    )
    return f"o.point <@ box(point({west_south}), point({east_north}))"


def conditions(wish: SearchWish) -> tuple[str, dict[str, Any]]:
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


def _boxes(wish: SearchWish) -> list[Window]:
    if wish.latitude is None or wish.longitude is None:
        return []
    return windows(float(wish.latitude), float(wish.longitude), wish.radius_m)


def text_words(text: str | None) -> list[str]:
    """The words of a free text that can tell one station from another."""
    words = dict.fromkeys(_WORD.findall((text or "").casefold()))
    return [word for word in words if word not in _EMPTY_WORDS]


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
