"""Pages for drivers that callbacks link to: follow a charge, say more about it, find help."""

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from beckn.models import Rating, SupportMessage, SupportRequest
from beckn.render import words
from beckn.services import support as support_service
from emsp.core.links import LinkExpired, LinkInvalid, refusal, secluded
from sessions import selectors
from sessions.models import Order
from sessions.states import OrderState

COMMENT_LIMIT = 1_000


@require_GET
def track(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    """State, energy and price of one charge. The reference is unguessable; no personal data is shown."""
    order = get_object_or_404(Order.objects.select_related("offer", "session", "quote"), reference=reference)
    state = words.FULFILLMENT_STATE.get(OrderState(order.state), ("", "Quoted"))[1]
    context = {
        "order": order,
        "state": state,
        "meter": selectors.meter_of(order),
        "price": selectors.price_told(order, selectors.current_bill(order)),
        "running": order.state in (OrderState.STARTING, OrderState.CHARGING),
    }
    return render(request, "beckn/track.html", context)


@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    """The form that on_rating links to: a few words, kept with the order's ratings."""
    order = get_object_or_404(Order.objects.select_related("offer"), reference=reference)
    comment = request.POST.get("comment", "").replace("\0", "").strip()[:COMMENT_LIMIT]
    if comment:
        Rating.objects.create(
            order=order, category="Comment", rated_id=str(reference), value="", comment=comment
        )
    return render(request, "beckn/feedback.html", {"order": order, "thanks": bool(comment)})


@require_http_methods(["GET", "POST"])
def ticket(request: HttpRequest, token: str) -> HttpResponse:
    """What driver and staff wrote about an order, and a form to write more; for whoever was given the link."""
    try:
        order = support_service.order_of_link(token)
    except (LinkExpired, LinkInvalid) as error:
        return refusal(error)
    problem, written = "", request.POST.get("words", "")
    if request.method == "POST":
        try:
            support_service.write(order, written)
            return secluded(redirect("ticket", token))
        except support_service.NotTaken as error:
            problem = str(error)
    requests = SupportRequest.objects.filter(order=order).order_by("id")
    context = {
        "order": order,
        "standing": requests.last(),
        "messages": SupportMessage.objects.filter(request__in=requests),
        "problem": problem,
        "written": written,
        "most": support_service.WORDS,
        "phone": settings.SUPPORT_PHONE,
    }
    answer = secluded(render(request, "beckn/ticket.html", context, status=400 if problem else 200))
    answer["Referrer-Policy"] = "same-origin"  # without any, browsers send `Origin: null` with the form
    return answer


@require_GET
def support(request: HttpRequest) -> HttpResponse:
    """How to reach us."""
    return render(
        request, "beckn/support.html", {"phone": settings.SUPPORT_PHONE, "email": settings.SUPPORT_EMAIL}
    )
