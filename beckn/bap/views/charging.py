"""Pages of a confirmed order: live session, stop, start, cancel, and the list of all orders."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beckn.bap import drivers, streams, words
from beckn.bap.forms import CancelForm
from beckn.bap.live import Session, session
from beckn.bap.models import Order
from beckn.bap.services import exchanges, journey
from beckn.bap.services.reasons import known_reasons
from beckn.bap.stages import CONFIRMED_STAGES, Stage
from beckn.bap.views.booking import mine

ASK_AFTER_S = 15  # the network's guides ask for at least this between two polls
HISTORY = 50


@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """The live session. An order that is not confirmed yet is sent to the page of its next step."""
    booking = mine(request, order_id)
    confirming = exchanges.latest(booking, "confirm")
    if not booking.confirmed and confirming is None:
        return redirect("terms" if booking.stage == Stage.AGREED else "quote", booking.pk)
    asked = exchanges.latest(booking, "update", "cancel")
    context = {
        "order": booking,
        "standing": booking.standing,
        "confirming": None if booking.confirmed else confirming,
        "asked": asked,
        "ended_by_provider": words.ENDED_BY_PROVIDER,
        "session": _session(booking),
    }
    return render(request, "bap/order.html", context)


@require_safe
def live(request: HttpRequest, order_id: UUID) -> JsonResponse:
    """What the live page shows, as texts; `page` changes when the page must be built anew."""
    return JsonResponse(_told(mine(request, order_id)))


@require_safe
def events(request: HttpRequest, order_id: UUID) -> HttpResponseBase:
    """The same as `live`, as server-sent events; 204 when too many are open, for pages to poll instead."""
    booking, language = mine(request, order_id), translation.get_language()

    def look() -> dict[str, Any]:
        booking.refresh_from_db()
        with translation.override(language):
            return _told(booking)

    stream = streams.opened(look)
    if stream is None:
        return HttpResponse(status=204)
    response = StreamingHttpResponse(stream, content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


@require_POST
def refresh(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Ask the provider how the order stands, unless that was just done."""
    booking = mine(request, order_id)
    if booking.bpp_order_id and not journey.heard_within(booking, 2):
        journey.refresh(booking)
    return redirect("order", booking.pk)


@require_POST
def start(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Ask the charger to start."""
    booking = mine(request, order_id)
    if booking.stage == Stage.CONFIRMED:
        journey.start(booking)
    return redirect("order", booking.pk)


@require_POST
def stop(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Ask the charger to stop."""
    booking = mine(request, order_id)
    if booking.stage == Stage.CONFIRMED:
        journey.stop(booking)
    return redirect("order", booking.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Reasons for cancelling and what it costs; a POST cancels."""
    booking = mine(request, order_id)
    if booking.stage != Stage.CONFIRMED:
        return redirect("order", booking.pk)
    asking = exchanges.latest(
        booking, "get_cancellation_reasons"
    )  # before the reasons: they come with its answer
    reasons = known_reasons()
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["reason"]
        text = next((reason.text for reason in reasons if reason.id == chosen), "")
        journey.cancel(booking, chosen, text)
        return redirect("order", booking.pk)
    if not reasons and asking is None:
        asking = exchanges.outcome(journey.ask_reasons(booking))
        reasons = known_reasons()  # the answer may be faster than the ACK
    context = {
        "order": booking,
        "standing": booking.standing,
        "reasons": reasons,
        "asking": None if reasons else asking,
        "form": form,
    }
    return render(request, "bap/cancel.html", context, status=400 if form.errors else 200)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The driver's orders, newest first; drafts that never were confirmed are left out."""
    driver = drivers.current(request)
    shown = (*CONFIRMED_STAGES, Stage.AGREED)
    orders = list(driver.orders.filter(stage__in=shown).order_by("-created_at")[:HISTORY]) if driver else []
    rows = [{"order": one, "standing": one.standing} for one in orders]
    return render(request, "bap/history.html", {"rows": rows})


def _told(booking: Order) -> dict[str, Any]:
    return _session(booking).as_json() | {"ask": not journey.heard_within(booking, ASK_AFTER_S)}


def _session(booking: Order) -> Session:
    return session(booking, exchanges.latest(booking, "confirm", "update", "cancel"))
