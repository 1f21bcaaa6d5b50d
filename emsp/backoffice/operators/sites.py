"""The map of sites, and the page of one site: its charge points, its prices in words, and the rule behind them."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from catalog.books import in_force, rule_for
from catalog.models import Offer
from catalog.pricing import TariffError
from catalog.pricing.words import in_words, price_words
from catalog.selectors import TariffBook, priced_by
from emsp.backoffice.operators.overview import check, page
from emsp.backoffice.operators.site_search import STATUSES, Wish, sites_in
from ocpi.models import Connector, Location, Party, PriceSource

POWERS_KW = (7, 22, 50, 150)


def map_page(request: HttpRequest) -> HttpResponse:
    """The map with its filters; the sites come as JSON."""
    check(request, "ocpi.view_location")
    return page(
        request, "operators/map.html", "Map of sites", parties=Party.objects.all(), statuses=STATUSES,
        powers=POWERS_KW, tile_url=settings.MAP_TILE_URL, tile_attribution=settings.MAP_TILE_ATTRIBUTION,
    )  # fmt: skip


def map_data(request: HttpRequest) -> HttpResponse:
    """The sites in a window; what cannot be read of the question is left out of it."""
    check(request, "ocpi.view_location")
    return JsonResponse(sites_in(read_wish(request.GET)))


def site_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One site with everything that decides what a driver sees there."""
    check(request, "ocpi.view_location")
    location = get_object_or_404(Location.objects.select_related("party__connection"), pk=pk)
    evses = list(location.evses.prefetch_related("connectors__offer"))
    connectors = [connector for evse in evses for connector in evse.connectors.all() if not connector.removed]
    party = location.party
    source = party.connection.price_source
    book = TariffBook.load([party.connection_id], {each for row in connectors for each in priced_by(source, row.tariff_ids)})
    priced = {row.pk: _connector(row, party, book) for row in connectors}
    return page(
        request, "operators/site.html", str(location), location=location, connection=party.connection,
        evses=[(evse, [priced[row.pk] for row in evse.connectors.all() if row.pk in priced]) for evse in evses],
        place=f"{location.latitude:.6f}, {location.longitude:.6f}", book=in_force(),
    )  # fmt: skip


def read_wish(given: Mapping[str, str]) -> Wish:
    """The window and filters of a query string."""
    edges = {
        name: number
        for name, most in (("south", 90), ("west", 180), ("north", 90), ("east", 180))
        if (number := _number(given.get(name, ""), most)) is not None
    }
    status = given.get("status", "")
    party, power_kw = _whole(given.get("party", "")), _whole(given.get("power", ""))
    return Wish(
        **edges, party=party, status=status if status in STATUSES else "",
        min_power_w=power_kw * 1000 if power_kw else None,
    )  # fmt: skip


def _number(text: str, most: int) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(-most, min(most, number)) if isfinite(number) else None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _connector(row: Connector, party: Party, book: TariffBook) -> dict[str, Any]:
    """A connector with its tariffs in words and the retail price with its reasons."""
    source = party.connection.price_source
    named = book.named(priced_by(source, row.tariff_ids), party_id=party.pk, connection_id=party.connection_id)
    known = {tariff.key for tariff in named}
    offer: Offer | None = getattr(row, "offer", None)
    power = f"{row.max_electric_power_w / 1000:g} kW" if row.max_electric_power_w else ""
    return {
        "connector": row,
        "power": power or (f"{offer.power_w / 1000:g} kW" if offer and offer.power_w else "power not told"),
        "tariffs": [(tariff, _words(tariff.raw, party.connection.version)) for tariff in named],
        "unknown": [
            each for each in row.tariff_ids if source == PriceSource.OCPI and each.casefold() not in known
        ],
        "listed": bool(offer and offer.listed),
        "retail": _retail(offer) if offer else None,
    }


def _words(tariff: dict[str, Any], version: str) -> str:
    try:
        return in_words(tariff, ocpi_version=version)
    except TariffError as error:
        return f"cannot be priced: {error}"


def _retail(offer: Offer) -> dict[str, Any]:
    book, chosen = rule_for(offer, at=timezone.now(), sold_through="", currency=offer.currency)
    amount = offer.energy_price_odd if book.is_odd else offer.energy_price
    price = f"{price_words(amount, offer.currency)}/kWh" if amount is not None else "no price per kWh"
    return {"price": price, "rule": chosen.rule.name if chosen.rule else "passed through", "why": chosen.why}
