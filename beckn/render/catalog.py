"""Offers as a Beckn catalogue, field by field as in RFC §7.1.2. Source: beckn.md e.1."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from typing import Any

import msgspec
from django.conf import settings

from beckn.render import words
from catalog.search import AnyOffer, FoundOffer
from emsp.core.money import plain
from emsp.core.wire import encode

GREEN = {"id": "category-gt", "descriptor": {"name": "green tariff", "code": "green-tariff"}}
ENVELOPE_BYTES = 2_000


def catalogue(offers: Iterable[FoundOffer]) -> dict[str, Any]:
    """The message of an on_search: one provider per CPO, nearest locations first, kept below the size limit.

    offers: as search gives them, all offers of a location together. What would make the message larger than
    BECKN_MESSAGE_LIMIT_BYTES is left out, farthest first.
    """
    providers: dict[str, dict[str, Any]] = {}
    room = settings.BECKN_MESSAGE_LIMIT_BYTES - ENVELOPE_BYTES
    for _, group in groupby(offers, key=lambda offer: offer.location_id):
        here = list(group)
        part = _location_part(here)
        known = providers.get(here[0].party.provider_id)
        size = len(encode(part)) + (0 if known else len(encode(provider(here[0].party))) + 200)
        if size > room:
            break
        room -= size
        _add(providers, here[0], part)
    return {
        "catalog": {
            "descriptor": {"name": settings.OCPI_BUSINESS_NAME},
            "providers": list(providers.values()),
        }
    }


def _add(providers: dict[str, dict[str, Any]], offer: FoundOffer, part: dict[str, Any]) -> None:
    entry = providers.setdefault(offer.party.provider_id, provider(offer.party))
    entry.setdefault("locations", []).append(part["location"])
    entry.setdefault("fulfillments", []).extend(part["fulfillments"])
    entry.setdefault("items", []).extend(part["items"])
    if any("category_ids" in item for item in part["items"]):
        entry.setdefault("categories", [GREEN])


def _location_part(offers: list[FoundOffer]) -> dict[str, Any]:
    fulfillments = {offer.fulfillment_id: offer for offer in offers}
    return {
        "location": location(offers[0]),
        "fulfillments": [fulfillment(offer) for offer in fulfillments.values()],
        "items": [item(offer) for offer in offers],
    }


def provider(party: Any) -> dict[str, Any]:
    """A CPO as provider: id and descriptor."""
    descriptor: dict[str, Any] = {"name": party.name}
    logo = (party.business_details or {}).get("logo")
    url = logo.get("url") if isinstance(logo, dict) else None
    if isinstance(url, str) and url.startswith(("https://", "http://")) and " " not in url:
        descriptor["images"] = [{"url": url}]
    return {"id": party.provider_id, "descriptor": descriptor}


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
    made: dict[str, Any] = {"id": offer.offer_id, "descriptor": {"name": offer.name, "code": "energy"}}
    if offer.energy_price is not None:
        made["price"] = _price(offer.energy_price, offer.currency)
    made["fulfillment_ids"] = [offer.fulfillment_id]
    if offer.is_green_energy:
        made["category_ids"] = [GREEN["id"]]
    made["location_ids"] = [offer.location_ocpi_id]
    made["tags"] = _tags(
        offer.connector_ocpi_id, offer.power_type, offer.connector_standard, offer.power_w, offer.status, offer.price_words
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
) -> Iterator[tuple[str, str, str]]:
    yield "connector-id", "connector Id", connector_ocpi_id
    if power_type:
        yield "power-type", "Power Type", power_type
    yield "connector-type", "Connector Type", words.connector_type(connector_standard)
    if power_w:
        yield "charging-speed", "Charging Speed", words.charging_speed(power_w)
        yield "power-rating", "Power Rating", words.power_rating(power_w)
    yield "status", "Status", words.STATUS.get(status, words.STATUS["UNKNOWN"])
