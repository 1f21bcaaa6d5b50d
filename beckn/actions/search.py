"""search → on_search: from the mirror, never from a CPO. Source: beckn.md a.3, e.1; design.md §5."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.conf import settings

from beckn.actions.base import Action
from beckn.actions.reading import tag_values
from beckn.models import Transaction
from beckn.render.catalog import STATIONS, catalogue
from beckn.wire.v1_1_0 import Intent, decimal_of, text_of
from catalog.mapping import connector_standards
from catalog.search_types import SearchWish
from catalog.stations import stations_near
from emsp.core.wire import WireError
from sessions.models import Order

GPS = re.compile(r"^\s*([+-]?\d{1,2}(?:\.\d{1,12})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,12})?)\s*$")
METRES = {"km": 1000, "m": 1, "mi": 1609, "kilometer": 1000, "kilometre": 1000, "meter": 1, "metre": 1}
PLACE = "message.intent.fulfillment.stops[0].location"
MAX_RADIUS_M = 500_000
KILOWATT = re.compile(r"^\s*(\d{1,5}(?:\.\d+)?)\s*(?:kw)?\s*$", re.IGNORECASE)


class Search(Action):
    name = "search"
    lasting = False
    looks_up = True

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        """A catalogue; nothing found is an empty one."""
        intent = (message.message and message.message.intent) or Intent()
        kind = intent.fulfillment.type if intent.fulfillment else None
        if kind and kind.strip().upper() != "CHARGING":
            return catalogue([])
        return catalogue(stations_near(replace(wish_of(intent), sold_through=conversation.bap_id), STATIONS))

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        return {"catalog": {"providers": []}}


def wish_of(intent: Intent) -> SearchWish:
    """The filters we understand; what we do not understand never empties the result."""
    latitude, longitude, radius_m = _area(intent)
    tags = tag_values(intent.fulfillment.tags if intent.fulfillment else None) | tag_values(intent.tags)
    tags |= tag_values(intent.item.tags if intent.item else None)
    provider_id = text_of(intent.provider and intent.provider.id)
    category = intent.category and intent.category.descriptor and intent.category.descriptor.code
    return SearchWish(
        latitude=latitude,
        longitude=longitude,
        radius_m=radius_m,
        connector_standards=connector_standards(tags["connector-type"]) or None
        if tags.get("connector-type")
        else None,
        min_power_w=_power_w(tags.get("min-power") or tags.get("power-rating")),
        provider_ids=frozenset({provider_id}) if provider_id else None,
        text=_text(intent),
        green_only=(category or "").strip().casefold() == "green-tariff",
        available_only=tags.get("status", "").casefold() == "available",
    )


def _area(intent: Intent) -> tuple[Decimal | None, Decimal | None, int]:
    """Centre and radius: a circle, gps beside a circle (DEG00x), or gps alone with the default radius."""
    stops = (intent.fulfillment and intent.fulfillment.stops) or []
    for stop in stops:
        place = stop.location
        if place is None:
            continue
        circle = place.circle
        gps = circle.gps if circle and circle.gps is not None else place.gps
        if gps is not None:
            latitude, longitude = point_of(gps)
            return latitude, longitude, _radius_m(circle.radius if circle else None)
    return None, None, settings.BECKN_SEARCH_RADIUS_M


def point_of(gps: str) -> tuple[Decimal, Decimal]:
    """`latitude,longitude` in degrees, blanks allowed. Raises WireError for anything else (a.4)."""
    found = GPS.match(gps)
    if not found:
        raise WireError("is not latitude,longitude in degrees", path=f"{PLACE}.gps")
    latitude, longitude = Decimal(found[1]), Decimal(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise WireError("lies outside ±90, ±180 degrees", path=f"{PLACE}.gps")
    return latitude, longitude


def _radius_m(radius: Any) -> int:
    if radius is None or radius.value is None:
        return int(settings.BECKN_SEARCH_RADIUS_M)
    value = decimal_of(radius.value, f"{PLACE}.circle.radius.value")
    if value <= 0:
        raise WireError("must be above 0", path=f"{PLACE}.circle.radius.value")
    unit = (radius.unit or "km").strip().casefold().rstrip("s") or "km"
    return int(min(value * METRES.get(unit, 1000), Decimal(MAX_RADIUS_M)))


def _power_w(text: str | None) -> int | None:
    found = KILOWATT.match(text or "")
    return int(Decimal(found[1]) * 1000) if found else None


def _text(intent: Intent) -> str | None:
    """Free text; the item's words (energy, load, EV Charger) name no station."""
    words = [
        text_of(intent.descriptor and intent.descriptor.name),
        text_of(intent.provider and intent.provider.descriptor and intent.provider.descriptor.name),
    ]
    return " ".join(word for word in words if word) or None
