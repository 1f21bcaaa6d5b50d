"""Stations as a Beckn catalogue, field by field as in RFC §7.1.2. Source: beckn.md e.1.

What is told of a station is written once, as the JSON it is sent as (station_text), and put together by every search
(catalogue). Where a status belongs, a mark stands with the number of the EVSE. JSON holds no bare control characters, so
that nothing in it is taken for a mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings

from beckn.render import words
from catalog.search_types import AnyOffer, FoundOffer
from catalog.stations import Operator, Station, Wording
from emsp.core.money import plain
from emsp.core.wire import encode

GREEN = {"id": "category-gt", "descriptor": {"name": "green tariff", "code": "green-tariff"}}
ENVELOPE_BYTES = 2_000
PARTS, MARK = "\x1e", "\x1f"


def catalogue(stations: Iterable[Station]) -> dict[str, Any]:
    """The message of an on_search: one provider per CPO, nearest locations first, kept below the size limit.

    stations: nearest first, their texts by station_text. What would make the message larger than
    BECKN_MESSAGE_LIMIT_BYTES is left out, farthest first.
    """
    providers: dict[str, _Provider] = {}
    room = settings.BECKN_MESSAGE_LIMIT_BYTES - ENVELOPE_BYTES
    for station in stations:
        text = _with_statuses(station)
        known = providers.get(station.operator.provider_id)
        size = len(text) if text.isascii() else len(text.encode())
        size += 0 if known else len(_provider_text(station.operator)) + 200
        if size > room:
            break
        room -= size
        if known is None:
            known = providers[station.operator.provider_id] = _Provider(station.operator)
        known.add(station.location_id, text)
    return {
        "catalog": {
            "descriptor": {"name": settings.OCPI_BUSINESS_NAME},
            "providers": [known.told() for known in providers.values()],
        }
    }


def station_text(offers: Sequence[FoundOffer]) -> str:
    """Location, fulfillments and items of one station, and whether any of them is green."""
    numbers = {pk: number for number, pk in enumerate(sorted({offer.evse_id for offer in offers}))}
    fulfillments = {offer.fulfillment_id: fulfillment(offer) for offer in offers}
    items = [_item(offer, f'"{MARK}{numbers[offer.evse_id]}{MARK}"') for offer in offers]
    green = "1" if any(offer.is_green_energy for offer in offers) else ""
    parts = (encode(location(offers[0])), _listed(fulfillments.values()), _listed(items), green.encode())
    return PARTS.join(part.decode() for part in parts)


STATIONS = Wording(1, station_text)  # raise the number with every change of what is told


class _Provider:
    """What is told of one CPO, as JSON; a location that comes again is told once."""

    def __init__(self, operator: Operator) -> None:
        self.operator, self.is_green = operator, False
        self.locations: dict[int, str] = {}
        self.fulfillments: list[str] = []
        self.items: list[str] = []

    def add(self, location_id: int, text: str) -> None:
        where, fulfillments, items, green = text.split(PARTS)
        self.locations.setdefault(location_id, where)
        self.fulfillments.append(fulfillments)
        self.items.append(items)
        self.is_green = self.is_green or bool(green)

    def told(self) -> dict[str, Any]:
        lists = {"locations": self.locations.values(), "fulfillments": self.fulfillments, "items": self.items}
        made = {name: msgspec.Raw(f"[{','.join(texts)}]".encode()) for name, texts in lists.items()}
        return provider(self.operator) | made | ({"categories": [GREEN]} if self.is_green else {})


def _with_statuses(station: Station) -> str:
    """The text with a word for the status of each EVSE."""
    pieces = station.text.split(MARK)
    pieces[1::2] = [words.status(station.statuses[int(number)]) for number in pieces[1::2]]
    return "".join(pieces)


def _listed(values: Iterable[Any]) -> bytes:
    """The members of a JSON list, without its brackets."""
    return encode(list(values))[1:-1]


@lru_cache(maxsize=1024)
def _provider_text(operator: Operator) -> bytes:
    return encode(provider(operator))


def provider(operator: Operator) -> dict[str, Any]:
    """A CPO as provider: id and descriptor."""
    descriptor: dict[str, Any] = {"name": operator.name}
    url = operator.logo_url
    if url.startswith(("https://", "http://")) and " " not in url:
        descriptor["images"] = [{"url": url}]
    return {"id": operator.provider_id, "descriptor": descriptor}


def location(offer: AnyOffer) -> dict[str, Any]:
    """The OCPI location under its own id."""
    made: dict[str, Any] = {
        "id": offer.location_ocpi_id,
        "descriptor": {"name": offer.location_name or offer.location_ocpi_id},
        "gps": words.gps(*offer.point),
        "address": address(offer),
    }
    if offer.city:
        made["city"] = {"name": offer.city}
    if offer.country:
        made["country"] = {"code": offer.country}
    if offer.postal_code:
        made["area_code"] = offer.postal_code
    return made


def address(offer: AnyOffer) -> str:
    """Street and city as one string, the one place where core beats the RFC (f 4)."""
    return ", ".join(part for part in (offer.address, offer.city) if part)


def stop(offer: AnyOffer) -> dict[str, Any]:
    """Where the charger stands."""
    return {"location": {"gps": words.gps(*offer.point), "address": address(offer)}}


def fulfillment(offer: AnyOffer) -> dict[str, Any]:
    """One per EVSE. Opening hours are a tag group of ours: neither the RFC nor core's Location has a place for them."""
    made: dict[str, Any] = {"id": offer.fulfillment_id, "type": "CHARGING", "stops": [stop(offer)]}
    if offer.opening_hours:
        weekly = {"descriptor": {"name": "Weekly", "code": "weekly"}, "value": offer.opening_hours}
        made["tags"] = [{"descriptor": {"name": "Opening Hours", "code": "opening-hours"}, "list": [weekly]}]
    return made


def item(offer: AnyOffer) -> dict[str, Any]:
    """One per connector; price per kWh incl. VAT when it is known."""
    return _item(offer, encode(words.status(offer.status)).decode())


def _item(offer: AnyOffer, status: str) -> dict[str, Any]:
    """status: as JSON text."""
    made: dict[str, Any] = {"id": offer.offer_id, "descriptor": {"name": offer.name, "code": "energy"}}
    if offer.energy_price is not None:
        made["price"] = _price(offer.energy_price, offer.currency)
    made["fulfillment_ids"] = [offer.fulfillment_id]
    if offer.is_green_energy:
        made["category_ids"] = [GREEN["id"]]
    made["location_ids"] = [offer.location_ocpi_id]
    made["tags"] = _tags(
        offer.connector_ocpi_id, offer.power_type, offer.connector_standard, offer.power_w, status, offer.price_words
    )
    return made


@lru_cache(maxsize=4096)
def _price(price: Decimal, currency: str) -> msgspec.Raw:
    """Encoded: most offers of a place have one of few prices."""
    return msgspec.Raw(encode(energy_price(plain(price), currency)))


@lru_cache(maxsize=4096)
def _tags(
    connector_ocpi_id: str, power_type: str, connector_standard: str, power_w: int | None, status: str, price_words: str
) -> msgspec.Raw:
    """Encoded: most connectors are one of few kinds, with one of few numbers and prices."""
    told = _specifications(connector_ocpi_id, power_type, connector_standard, power_w, status)
    groups = [words.tag_group("connector-specifications", "Connector Specifications", told)]
    if price_words:
        groups.append(words.tag_group("price-details", "Price Details", _price_details(price_words)))
    return msgspec.Raw(encode(groups))


def energy_price(value: str, currency: str) -> dict[str, str]:
    """A price per kWh in the RFC's spelling of the unit."""
    return {"currency": f"{currency}/kWH", "value": value}


def _price_details(price_words: str) -> Iterator[tuple[str, str, str]]:
    """The driver's price in words, where there is more to pay than the price per kWh (f 31b). A group of ours."""
    yield from zip(("en", "hi"), ("English", "Hindi"), price_words.split("\n"), strict=True)


def _specifications(
    connector_ocpi_id: str, power_type: str, connector_standard: str, power_w: int | None, status: str
) -> Iterator[tuple[str, str, Any]]:
    yield "connector-id", "connector Id", connector_ocpi_id
    if power_type:
        yield "power-type", "Power Type", power_type
    yield "connector-type", "Connector Type", words.connector_type(connector_standard)
    if power_w:
        yield "charging-speed", "Charging Speed", words.charging_speed(power_w)
        yield "power-rating", "Power Rating", words.power_rating(power_w)
    yield "status", "Status", msgspec.Raw(status.encode())
