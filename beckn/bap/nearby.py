"""Stations of a search as its newest answer tells them, and those that can stand in for one that fell out."""

from beckn.bap.catalogue import Station, Wish, narrowed, stations
from beckn.bap.models import Direction, Order, Search
from beckn.bap.places import distance_km, point_of

ALTERNATIVES = 3


def found_by(search: Search) -> list[Station]:
    """Nearest first. All callbacks of the newest answer together: a large catalogue comes in several."""
    told = search.messages.filter(direction=Direction.RECEIVED, action="on_search", error_code="")
    newest = told.order_by("-created_at").first()
    if newest is None:
        return []
    parts = told.filter(message_id=newest.message_id).order_by("-created_at")
    catalogues = [(message.json.get("message") or {}).get("catalog") for message in parts]
    return stations(catalogues, search.point)


def wish_of(search: Search) -> Wish:
    """What the search asks of a connector; whether it is free is another question."""
    return Wish(search.connector, search.min_power_kw, search.max_price, search.green_only)


def alternatives(order: Order) -> list[Station]:
    """Up to three other stations of the order's search with the same plug free, nearest to its own first."""
    here = point_of(f"{order.station.get('latitude')},{order.station.get('longitude')}")
    if order.search is None or here is None:
        return []
    same_plug = narrowed(found_by(order.search), Wish(connector=order.station.get("connector") or ""))
    others = [one for one in same_plug if one.free and one.key != order.station.get("key")]
    return sorted(others, key=lambda one: distance_km(here, one.point))[:ALTERNATIVES]
