"""The driver's car: its plug and battery, which preset searches and amounts of energy."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beckn.bap import drivers
from beckn.bap.forms import VehicleForm
from beckn.bap.services.drivers import set_vehicle


@require_http_methods(["GET", "HEAD", "POST"])
def vehicle(request: HttpRequest) -> HttpResponse:
    """The form of the car; a POST keeps it and leads to the search."""
    driver = drivers.current(request)
    known = {"connector": driver.connector, "battery_kwh": driver.battery_kwh} if driver else {}
    form = VehicleForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        set_vehicle(drivers.known(request), connector=told["connector"], battery_kwh=told["battery_kwh"])
        return redirect("home")
    return render(request, "bap/vehicle.html", {"form": form}, status=400 if form.errors else 200)
