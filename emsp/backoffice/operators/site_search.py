"""Which sites lie in a window of the map, from one index: each by itself, or counted by squares when there are many."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

MOST_SITES = 200
SQUARES = 12  # per side of the window
STATUSES = ("AVAILABLE", "CHARGING", "RESERVED", "BLOCKED", "OUTOFORDER", "INOPERATIVE", "UNKNOWN")


@dataclass(frozen=True)
class Wish:
    """A window in degrees and filters; None and empty mean: no matter. min_power_w in W."""

    south: float = -90.0
    west: float = -180.0
    north: float = 90.0
    east: float = 180.0
    party: int | None = None
    status: str = ""
    min_power_w: int | None = None


def sites_in(wish: Wish) -> dict[str, Any]:
    """Sites: {total, more, sites: [...], squares: [...]}; sites when they are few, else squares with their counts.

    A site: pk, name, city, operator, latitude, longitude, free and all (charge points), power_kw, state (free,
    busy or broken). A square: latitude and longitude of the middle of its sites, count, free.
    """
    where, params = _conditions(wish)
    with connection.cursor() as cursor:
        cursor.execute(_SQUARES.format(where=where), params)
        squares = [dict(zip(("latitude", "longitude", "count", "free"), row, strict=True)) for row in cursor]
        total = sum(square["count"] for square in squares)
        if total > MOST_SITES:
            return {"total": total, "more": total, "sites": [], "squares": squares}
        cursor.execute(_SITES.format(where=where), params)
        names = ("pk", "name", "city", "operator", "latitude", "longitude", "free", "busy", "all", "power_w")
        sites = [_site(dict(zip(names, row, strict=True))) for row in cursor]
    return {"total": total, "more": 0, "sites": sites, "squares": []}


def _site(row: dict[str, Any]) -> dict[str, Any]:
    power_w, busy = row.pop("power_w"), row.pop("busy")
    state = "free" if row["free"] else "busy" if busy else "broken"
    return row | {"power_kw": f"{power_w / 1000:g}" if power_w else "", "state": state}


def _conditions(wish: Wish) -> tuple[str, dict[str, Any]]:
    tests = ["o.point <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))", "o.status <> 'REMOVED'"]
    params: dict[str, Any] = {
        "south": wish.south, "west": wish.west, "north": wish.north, "east": wish.east, "most": MOST_SITES,
        "width": max((wish.east - wish.west) / SQUARES, 1e-9),
        "height": max((wish.north - wish.south) / SQUARES, 1e-9),
    }  # fmt: skip
    for name, test in (("party", "o.party_id"), ("status", "o.status")):
        if getattr(wish, name):
            tests.append(f"{test} = %({name})s")
            params[name] = getattr(wish, name)
    if wish.min_power_w:
        tests.append("o.power_w >= %(min_power_w)s")
        params["min_power_w"] = wish.min_power_w
    return " AND ".join(tests), params


_SQUARES = """
    WITH found AS (
        SELECT o.location_id, min(o.point[0]) AS x, min(o.point[1]) AS y,
            bool_or(o.status = 'AVAILABLE') AS free
        FROM catalog_offer o WHERE {where} GROUP BY o.location_id
    )
    SELECT avg(y), avg(x), count(*), count(*) FILTER (WHERE free) FROM found
    GROUP BY floor((x - %(west)s) / %(width)s), floor((y - %(south)s) / %(height)s)"""
_SITES = """
    SELECT o.location_id, o.location_name, o.city, p.name, min(o.point[1]), min(o.point[0]),
        count(DISTINCT o.evse_id) FILTER (WHERE o.status = 'AVAILABLE'),
        count(DISTINCT o.evse_id) FILTER (WHERE o.status IN ('CHARGING', 'RESERVED', 'BLOCKED')),
        count(DISTINCT o.evse_id), max(o.power_w)
    FROM catalog_offer o JOIN ocpi_party p ON p.id = o.party_id WHERE {where}
    GROUP BY o.location_id, o.location_name, o.city, p.name ORDER BY o.location_name, o.location_id LIMIT %(most)s"""
