"""Pages from the price to the confirmed order."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from beckn.bap import drivers
from beckn.bap.forms import ContactForm, EnergyForm
from beckn.bap.models import Order
from beckn.bap.services import exchanges, journey
from beckn.bap.stages import Stage


def mine(request: HttpRequest, order_id: UUID) -> Order:
    """The order, when it is this driver's; else 404."""
    orders = Order.objects.select_related("driver", "search")
    return get_object_or_404(orders, pk=order_id, driver=drivers.current(request))


@require_http_methods(["GET", "HEAD", "POST"])
def quote(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The price with its lines and the contact form; a POST asks for the terms."""
    order = mine(request, order_id)
    if order.confirmed:
        return redirect("order", order.pk)
    known = order.contact if order.name else order.driver.contact
    form = ContactForm(
        request.POST or None, initial={"name": known.name, "phone": known.phone, "email": known.email}
    )
    if request.method == "POST" and form.is_valid():
        journey.book(order, form.contact)
        return redirect("terms", order.pk)
    outcome = exchanges.latest(order, "select")
    standing = order.standing
    context = {
        "order": order,
        "standing": standing,
        "outcome": outcome,
        "form": form,
        "energy": EnergyForm(initial={"other": order.energy_kwh}),
        "valid_until": journey.price_valid_until(order, standing),
    }
    return render(request, "bap/quote.html", context, status=400 if form.errors else 200)


@require_POST
def energy(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Ask for the price of another amount of energy, or the same once more."""
    order = mine(request, order_id)
    if order.confirmed:
        return redirect("order", order.pk)
    form = EnergyForm(request.POST)
    journey.quote(order, form.cleaned_data["energy_kwh"] if form.is_valid() else order.energy_kwh)
    return redirect("quote", order.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """What the driver agrees to, and how long the charger is held; a POST confirms."""
    order = mine(request, order_id)
    outcome = exchanges.latest(order, "init")
    if order.confirmed:
        return redirect("order", order.pk)
    if outcome is None:
        return redirect("quote", order.pk)
    agreed = order.stage == Stage.AGREED and outcome.answered
    if request.method == "POST" and agreed:
        journey.confirm(order)
        return redirect("order", order.pk)
    context = {
        "order": order,
        "standing": order.standing,
        "outcome": outcome,
        "agreed": agreed,
        "pays_now": journey.pays_now(order),
    }
    return render(request, "bap/terms.html", context)
