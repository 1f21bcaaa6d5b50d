"""Pages before a price is asked: the search form, its results, one station."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from beckn.bap import drivers
from beckn.bap.catalogue import Station, stations
from beckn.bap.forms import ENERGY_KWH, OfferForm, SearchForm
from beckn.bap.models import Direction, Order, Search
from beckn.bap.places import BY_KEY
from beckn.bap.services import exchanges, journey
from beckn.bap.services.exchanges import Outcome
from beckn.bap.stages import Stage
from beckn.bap.templatetags.bap_format import money

START = "connaught-place"
DEFAULT_KWH = ENERGY_KWH[1]


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The search form on a map; a POST searches."""
    form = SearchForm(request.POST or None, initial={"place": START})
    if request.method == "POST" and form.is_valid():
        search = _search(request, form.cleaned_data)
        journey.look(search)
        return redirect("results", search.pk)
    context = {
        "form": form,
        "running": _running(request),
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
    """Stations found, nearest first; `?free=1` shows those that can be used now, `?free=0` all."""
    search = _mine(request, search_id)
    outcome = _outcome(search)
    found = _found(search)
    free_only = {"1": True, "0": False}.get(request.GET.get("free", ""), search.free_only)
    shown = [station for station in found if station.free] if free_only else found
    context = {
        "search": search,
        "outcome": outcome,
        "found": found,
        "stations": shown,
        "hidden": len(found) - len(shown),
        "free_only": free_only,
        "form": SearchForm(initial=_entered(search)),
        "markers": [_marker(station) for station in shown],
        "centre": {"latitude": float(search.latitude), "longitude": float(search.longitude)},
    }
    return render(request, "bap/results.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def station(request: HttpRequest, search_id: UUID, key: str) -> HttpResponse:
    """One station with its connectors; a POST asks for the price of an amount of energy."""
    search = _mine(request, search_id)
    here = next((one for one in _found(search) if one.key == key), None)
    if here is None:
        raise Http404
    first = next((offer for offer in here.offers if offer.free), here.offers[0])
    form = OfferForm(request.POST or None, initial={"quick": DEFAULT_KWH, "item": first.item_id})
    if request.method == "POST" and form.is_valid():
        offer = here.offer(form.cleaned_data["item"])
        if offer:
            order = journey.choose(search, here, offer, form.cleaned_data["energy_kwh"])
            return redirect("quote", order.pk)
        form.add_error("item", "This connector is not here any more.")
    context = {
        "search": search,
        "station": here,
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
        connector=told["connector"],
        free_only=told["free_only"],
    )


def _mine(request: HttpRequest, search_id: UUID) -> Search:
    return get_object_or_404(Search, pk=search_id, driver=drivers.current(request))


def _outcome(search: Search) -> Outcome | None:
    asked = search.messages.filter(direction=Direction.SENT, action="search").order_by("-created_at").first()
    return exchanges.outcome(asked) if asked else None


def _found(search: Search) -> list[Station]:
    """All callbacks of the search together: a large catalogue comes in several."""
    told = search.messages.filter(direction=Direction.RECEIVED, action="on_search", error_code="")
    catalogues = [
        (message.json.get("message") or {}).get("catalog") for message in told.order_by("-created_at")
    ]
    return stations(catalogues, search.point)


def _running(request: HttpRequest) -> Order | None:
    """The driver's newest order that is under way."""
    driver = drivers.current(request)
    if driver is None:
        return None
    return driver.orders.filter(stage=Stage.CONFIRMED).order_by("-created_at").first()


def _entered(search: Search) -> dict[str, Any]:
    place = next((place for place in BY_KEY.values() if place.point == search.point), None)
    told = {
        "radius_km": f"{search.radius_km:.0f}",
        "connector": search.connector,
        "free_only": search.free_only,
    }
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
