"""Pages before a price is asked: the search form, its results, one station."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beckn.bap import drivers
from beckn.bap.catalogue import Offer, Station, Wish, narrowed
from beckn.bap.forms import OfferForm, SearchForm
from beckn.bap.models import Direction, Driver, Order, Search
from beckn.bap.nearby import found_by, wish_of
from beckn.bap.places import BY_KEY
from beckn.bap.services import exchanges, journey
from beckn.bap.services.exchanges import Outcome
from beckn.bap.stages import Stage
from beckn.bap.templatetags.bap_format import money

START = "connaught-place"
LOOK_AGAIN_AFTER = timedelta(seconds=10)
FILTERS = ("connector", "min_power_kw", "max_price", "free_only", "green_only")
ORDERS: dict[str, Callable[[Station], Any]] = {
    "near": lambda station: station.distance_km,
    "price": lambda station: (station.price is None, station.price),
    "power": lambda station: -(station.power_kw or 0),
}


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The search form on a map; a POST searches."""
    driver = drivers.current(request)
    form = SearchForm(
        request.POST or None, initial={"place": START, "connector": driver.connector if driver else ""}
    )
    if request.method == "POST" and form.is_valid():
        search = _search(request, form.cleaned_data)
        journey.look(search)
        return redirect("results", search.pk)
    context = {
        "form": form,
        "running": _running(driver),
        "driver": driver,
        "places": [
            {
                "key": place.key,
                "latitude": float(place.point.latitude),
                "longitude": float(place.point.longitude),
            }
            for place in BY_KEY.values()
        ],
    }
    return render(request, "bap/home.html", context, status=400 if form.errors else 200)


@require_safe
def results(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Stations found that fit the wish, nearest first.

    `?free=1` shows those that can be used now, `?free=0` all; `?sort=price` and `?sort=power` order anew.
    """
    search = _mine(request, search_id)
    outcome = _outcome(search)
    everything = found_by(search)
    found = narrowed(everything, wish_of(search))
    free_only = {"1": True, "0": False}.get(request.GET.get("free", ""), search.free_only)
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "near"
    shown = sorted((one for one in found if one.free or not free_only), key=ORDERS[sort])
    context = {
        "search": search,
        "outcome": outcome,
        "found": found,
        "stations": shown,
        "hidden": len(found) - len(shown),
        "unfit": len(everything) - len(found),
        "free_only": free_only,
        "sort": sort,
        "form": SearchForm(initial=_entered(search)),
        "markers": [_marker(station) for station in shown],
        "centre": {"latitude": float(search.latitude), "longitude": float(search.longitude)},
    }
    return render(request, "bap/results.html", context)


@require_POST
def look_again(request: HttpRequest, search_id: UUID) -> HttpResponse:
    """Ask the network again which chargers are free, unless that was just done."""
    search = _mine(request, search_id)
    outcome = _outcome(search)
    if outcome is None or timezone.now() - outcome.request.created_at > LOOK_AGAIN_AFTER:
        journey.look(search)
    return redirect("results", search.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def station(request: HttpRequest, search_id: UUID, key: str) -> HttpResponse:
    """One station with its connectors; a POST asks for the price of an amount of energy."""
    search = _mine(request, search_id)
    here = next((one for one in found_by(search) if one.key == key), None)
    if here is None:
        raise Http404
    driver = search.driver
    first = _best(here, wish_of(search), driver)
    form = OfferForm(request.POST or None, initial={"item": first.item_id}, battery_kwh=driver.battery_kwh)
    if request.method == "POST" and form.is_valid():
        offer = here.offer(form.cleaned_data["item"])
        if offer:
            order = journey.choose(search, here, offer, form.cleaned_data["energy_kwh"])
            return redirect("quote", order.pk)
        form.add_error("item", _("This connector is not here any more."))
    context = {
        "search": search,
        "station": here,
        "driver": driver,
        "form": form,
        "chosen": form["item"].value(),
        "markers": [_marker(here)],
        "centre": {"latitude": float(here.point.latitude), "longitude": float(here.point.longitude)},
    }
    return render(request, "bap/station.html", context, status=400 if form.errors else 200)


def _search(request: HttpRequest, told: dict[str, Any]) -> Search:
    return Search.objects.create(
        driver=drivers.known(request),
        label=str(told["label"]),
        city_code=told["city_code"],
        latitude=told["point"].latitude,
        longitude=told["point"].longitude,
        radius_km=told["radius_km"],
        **{name: told[name] for name in FILTERS},
    )


def _best(here: Station, wish: Wish, driver: Driver) -> Offer:
    """The connector to propose: it fits the search and the car, and is free; else the nearest to that."""
    return max(
        here.offers,
        key=lambda offer: (offer.connector == driver.connector, wish.fits(offer), offer.free),
    )


def _mine(request: HttpRequest, search_id: UUID) -> Search:
    return get_object_or_404(Search, pk=search_id, driver=drivers.current(request))


def _outcome(search: Search) -> Outcome | None:
    asked = search.messages.filter(direction=Direction.SENT, action="search").order_by("-created_at").first()
    return exchanges.outcome(asked) if asked else None


def _running(driver: Driver | None) -> Order | None:
    """The driver's newest order that is under way."""
    if driver is None:
        return None
    return driver.orders.filter(stage=Stage.CONFIRMED).order_by("-created_at").first()


def _entered(search: Search) -> dict[str, Any]:
    place = next((place for place in BY_KEY.values() if place.point == search.point), None)
    told: dict[str, Any] = {name: getattr(search, name) for name in FILTERS}
    told["radius_km"] = f"{search.radius_km:.0f}"
    if search.max_price is not None:
        told["max_price"] = f"{search.max_price:.0f}"
    if place:
        return told | {"place": place.key}
    return told | {"place": START, "latitude": search.latitude, "longitude": search.longitude}


def _marker(here: Station) -> dict[str, Any]:
    """For the map script; places on a map need no more exactness than a float has."""
    return {
        "key": here.key,
        "name": here.name,
        "latitude": float(here.point.latitude),
        "longitude": float(here.point.longitude),
        "label": money(here.price, here.currency).removesuffix(".00"),
        "free": here.free,
        "total": len(here.offers),
    }
