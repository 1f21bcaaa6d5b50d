"""Stations and what they sell, read from on_search. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, TypeVar

from beckn.bap import wire
from beckn.bap.places import Point, distance_km, point_of
from emsp.core.wire import WireError

T = TypeVar("T")
GREEN = "green-tariff"


@dataclass(frozen=True)
class Offer:
    """One connector that can be booked. price is per kWh, tax included; None when the provider tells none.

    price_words: the whole price in words by language, where there is more to pay than the price per kWh.
    """

    item_id: str
    fulfillment_id: str
    name: str
    price: Decimal | None
    currency: str
    connector: str
    power_kw: Decimal | None
    power_type: str
    speed: str
    status: str
    green: bool
    price_words: dict[str, str] = field(default_factory=dict)

    @property
    def free(self) -> bool:
        """True when it can be used now; only the text `Available` has authority (beckn.md e.3)."""
        return self.status.lower() == "available"


@dataclass
class Station:
    """A location of one provider, with its connectors. hours: `24/7`, `Mo-Fr 09:00-18:00; Sa 10:00-14:00`."""

    key: str
    provider_id: str
    provider_name: str
    name: str
    address: str
    point: Point
    distance_km: float
    hours: str = ""
    offers: list[Offer] = field(default_factory=list)

    @property
    def free(self) -> int:
        """How many of its connectors can be used now."""
        return sum(offer.free for offer in self.offers)

    @property
    def price(self) -> Decimal | None:
        """The lowest price per kWh of what is free; where nothing is, of all."""
        told = [offer.price for offer in self.offers if offer.price is not None and offer.free]
        return min(told or [offer.price for offer in self.offers if offer.price is not None], default=None)

    @property
    def one_price(self) -> bool:
        """True when every connector here costs the same."""
        return len({offer.price for offer in self.offers}) == 1

    @property
    def currency(self) -> str:
        """The currency of its prices."""
        return next((offer.currency for offer in self.offers if offer.currency), "INR")

    @property
    def power_kw(self) -> Decimal | None:
        """The highest power here, in kW."""
        return max((offer.power_kw for offer in self.offers if offer.power_kw is not None), default=None)

    @property
    def connectors(self) -> list[str]:
        """The kinds of plug here, each once."""
        return list(dict.fromkeys(offer.connector for offer in self.offers if offer.connector))

    @property
    def green(self) -> bool:
        """True when something here is sold as green energy."""
        return any(offer.green for offer in self.offers)

    def offer(self, item_id: str) -> Offer | None:
        """The offer of that item; None when it is not here."""
        return next((offer for offer in self.offers if offer.item_id == item_id), None)


@dataclass(frozen=True)
class Wish:
    """What a connector must be like. max_price is per kWh, tax included; empty and None: does not matter."""

    connector: str = ""
    min_power_kw: int | None = None
    max_price: Decimal | None = None
    green_only: bool = False

    def fits(self, offer: Offer) -> bool:
        """True when the offer is all that is wished; what the provider does not tell does not fit."""
        return (
            (not self.connector or offer.connector == self.connector)
            and (not self.min_power_kw or (offer.power_kw or 0) >= self.min_power_kw)
            and (self.max_price is None or (offer.price is not None and offer.price <= self.max_price))
            and (offer.green or not self.green_only)
        )


def narrowed(found: Iterable[Station], wish: Wish) -> list[Station]:
    """The stations with something that fits, each with that alone."""
    fitting = (replace(one, offers=[offer for offer in one.offers if wish.fits(offer)]) for one in found)
    return [station for station in fitting if station.offers]


def stations(catalogues: Iterable[Any], origin: Point) -> list[Station]:
    """Everything bookable in the `message.catalog` values of one search, nearest first.

    What cannot be read, or has no position, is left out and costs nothing else.
    """
    found: dict[str, Station] = {}
    for raw in catalogues:
        catalogue = _read(raw, wire.Catalog)
        for raw_provider in catalogue.providers if catalogue else []:
            provider = _read(raw_provider, wire.Provider)
            if provider:
                _add(found, provider, origin)
    return sorted(found.values(), key=lambda station: (station.distance_km, station.name))


def _add(found: dict[str, Station], provider: wire.Provider, origin: Point) -> None:
    sites = {site.id: site for site in _all(provider.locations, wire.Site) if site.id}
    stops = {one.id: one for one in _all(provider.fulfillments, wire.Fulfillment) if one.id}
    green = {category.id for category in provider.categories if category.descriptor.code == GREEN}
    for item in _all(provider.items, wire.Item):
        site = _site(item, sites, stops)
        point = point_of(site.gps) if site else None
        if site is None or point is None:
            continue
        key = _key(provider.id, site.id or point.gps)
        if key not in found:
            found[key] = Station(
                key=key,
                provider_id=provider.id,
                provider_name=provider.descriptor.name or provider.id,
                name=site.descriptor.name or provider.descriptor.name or provider.id,
                address=_address(site),
                point=point,
                distance_km=distance_km(origin, point),
            )
        found[key].hours = found[key].hours or _hours(item, stops)
        if found[key].offer(item.id) is None:
            found[key].offers.append(_offer(item, green))


def _site(
    item: wire.Item, sites: dict[str, wire.Site], stops: dict[str, wire.Fulfillment]
) -> wire.Site | None:
    """The item's location, or else the place its fulfilment names."""
    for location_id in item.location_ids:
        if location_id in sites:
            return sites[location_id]
    for fulfillment_id in item.fulfillment_ids:
        for stop in stops[fulfillment_id].stops if fulfillment_id in stops else []:
            if stop.location:
                return stop.location
    return next(iter(sites.values())) if len(sites) == 1 else None


def _offer(item: wire.Item, green: set[str | None]) -> Offer:
    told = wire.tagged(item.tags, "connector-specifications")
    price = item.price or wire.Price()
    return Offer(
        item_id=item.id,
        fulfillment_id=item.fulfillment_ids[0] if item.fulfillment_ids else "",
        name=item.descriptor.name or item.id,
        price=wire.number(price.value),
        currency=(price.currency or "").split("/")[0].strip(),
        connector=told.get("connector-type", ""),
        power_kw=wire.number(told.get("power-rating")),
        power_type=told.get("power-type", ""),
        speed=told.get("charging-speed", ""),
        status=told.get("status", "Unknown"),
        green=bool(green.intersection(item.category_ids)),
        price_words=wire.tagged(item.tags, "price-details"),
    )


def _address(site: wire.Site) -> str:
    """Address as text; the RFC writes an object with `full`. Source: beckn.md (f) 4."""
    value = site.address
    if isinstance(value, dict):
        value = value.get("full") or ", ".join(str(part) for part in value.values() if part)
    city = (site.city and site.city.name) or ""
    text = str(value or "")
    return text if not city or city.lower() in text.lower() else f"{text}, {city}".lstrip(", ")


def _hours(item: wire.Item, stops: dict[str, wire.Fulfillment]) -> str:
    """Opening hours, which this network tells in a tag group of the fulfilment."""
    told = (wire.tagged(stops[one].tags, "opening-hours") for one in item.fulfillment_ids if one in stops)
    return next((hours["weekly"] for hours in told if "weekly" in hours), "")


def _key(provider_id: str, location_id: str) -> str:
    return hashlib.blake2b(f"{provider_id}\n{location_id}".encode(), digest_size=6).hexdigest()


def _read(raw: Any, wanted: type[T]) -> T | None:
    try:
        return wire.read(raw, wanted)
    except WireError:
        return None


def _all(raws: list[Any], wanted: type[T]) -> list[T]:
    return [read for raw in raws if (read := _read(raw, wanted)) is not None]
