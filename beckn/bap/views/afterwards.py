"""Pages after charging: receipt, rating, support."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from beckn.bap import wire
from beckn.bap.forms import RatingForm
from beckn.bap.services import exchanges, journey
from beckn.bap.services.exchanges import Outcome
from beckn.bap.views.booking import mine
from emsp.core.wire import WireError


@require_safe
def receipt(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The bill, ready to print; before there is one, back to the live page."""
    booking = mine(request, order_id)
    standing = booking.standing
    if not standing.over:
        return redirect("order", booking.pk)
    return render(request, "bap/receipt.html", {"order": booking, "standing": standing})


@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One to five stars for the session."""
    booking = mine(request, order_id)
    if not booking.standing.over:
        return redirect("order", booking.pk)
    form = RatingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        journey.rate(booking, form.cleaned_data["value"])
        return redirect("rate", booking.pk)
    outcome = exchanges.latest(booking, "rating")
    context = {
        "order": booking,
        "outcome": outcome,
        "form": form,
        "stars": range(5, 0, -1),
        "form_url": _feedback_url(outcome),
    }
    return render(request, "bap/rate.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def support(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """How the provider can be reached about the order; a POST asks them."""
    booking = mine(request, order_id)
    if not booking.confirmed:
        return redirect("order", booking.pk)
    if request.method == "POST":
        journey.ask_support(booking)
        return redirect("support", booking.pk)
    outcome = exchanges.latest(booking, "support")
    context = {"order": booking, "outcome": outcome, "contact": _support_contact(outcome)}
    return render(request, "bap/support.html", context)


def _message(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None or outcome.answer is None or not outcome.answered:
        return {}
    message = outcome.answer.json.get("message")
    return message if isinstance(message, dict) else {}


def _support_contact(outcome: Outcome | None) -> wire.Support | None:
    try:
        told = wire.read(_message(outcome).get("support") or {}, wire.Support)
    except WireError:
        return None
    if not _web(told.url):
        told.url = None
    return told if told.phone or told.email or told.url else None


def _feedback_url(outcome: Outcome | None) -> str:
    """The provider's own feedback form; only web addresses become links."""
    form = _message(outcome).get("feedback_form") or {}
    url = (form.get("form") or {}).get("url") if isinstance(form, dict) else None
    return str(url) if _web(url) else ""


def _web(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))
