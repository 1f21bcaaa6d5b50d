"""The two doors of payments: the driver's way to the gateway, and the gateway's notifications."""

import uuid

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from sessions.models import Order
from sessions.payments.gateway import GatewayError, NotificationRefused, Request, gateway
from sessions.services import payment_terms, payments

BODY_LIMIT_BYTES = 64_000


@never_cache
@require_GET
def pay(request: HttpRequest, reference: uuid.UUID) -> HttpResponse:
    """payments[].url: on to the gateway with what is due now; a page in words when nothing is."""
    order = get_object_or_404(Order.objects.select_related("offer", "quote"), reference=reference)
    try:
        asked = payments.ask(order)
    except payments.NothingToPay:
        context = {"order": order, "paid": payment_terms.paid(order)}
        return render(request, "sessions/nothing_to_pay.html", context)
    wanted = Request(
        reference=str(asked.reference),
        amount=asked.amount,
        currency=asked.currency,
        description=f"Charging at {order.offer.location_name}"[:100],
    )
    try:
        return redirect(gateway().create(wanted))
    except GatewayError:
        return render(request, "sessions/gateway_away.html", {"order": order}, status=503)


@csrf_exempt
@require_POST
def notify(request: HttpRequest) -> HttpResponse:
    """POST /payments/notify. 200: taken over, or known already; 401: not the gateway's; 404, 409: not our payment."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_LIMIT_BYTES:
        return JsonResponse({"error": "the body is too large"}, status=413)
    try:
        payment = payments.notified(gateway().verify_notification(request.headers, request.body))
    except (NotificationRefused, GatewayError) as refused:
        return JsonResponse({"error": str(refused)}, status=401)
    except payments.UnknownPayment as refused:
        return JsonResponse({"error": str(refused)}, status=404)
    except payments.OtherAmount as refused:
        return JsonResponse({"error": str(refused)}, status=409)
    return JsonResponse({"state": payment.state})
