"""The gateway of the demo: pages of `python -m sessions.payments.sandbox`. No money moves."""

import json
import time
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

import requests
from django.conf import settings

from emsp.core.wire import Wire, WireError, decode
from sessions.payments import signing
from sessions.payments.gateway import FAILED, PAID, GatewayError, Notification, NotificationRefused, Request

TIMEOUT_S = (3, 10)


class _Told(Wire):
    """The body of a notification."""

    event_id: str
    reference: str
    gateway_reference: str
    status: str
    amount: Decimal
    currency: str
    reason: str = ""


class SandboxGateway:
    """Implements PaymentGateway: signed links to a page, signed notifications, signed refunds by API."""

    def create(self, request: Request) -> str:
        """A link that carries the payment and its signature: the sandbox need not know of it before."""
        if not settings.PAYMENT_SANDBOX_URL or not settings.PAYMENT_SANDBOX_KEY:
            raise GatewayError("the sandbox gateway has no address or key", permanent=True)
        values = (request.reference, f"{request.amount:.2f}", request.currency, request.description)
        query = {
            "amount": values[1],
            "currency": values[2],
            "for": values[3],
            "signature": signing.link_mac(settings.PAYMENT_SANDBOX_KEY, *values),
        }
        return f"{settings.PAYMENT_SANDBOX_URL}/pay/{request.reference}?{urlencode(query)}"

    def refund(self, *, reference: str, refund_reference: str, amount: Decimal, currency: str) -> None:
        """POST /refunds. A refund_reference that the sandbox knows already is done already."""
        told = {
            "reference": reference,
            "refund_reference": refund_reference,
            "amount": f"{amount:.2f}",
            "currency": currency,
        }
        body = json.dumps(told).encode()
        signature = signing.sign(body, settings.PAYMENT_SANDBOX_KEY, int(time.time()))
        try:
            answer = requests.post(
                f"{settings.PAYMENT_SANDBOX_URL}/refunds",
                data=body,
                headers={"Content-Type": "application/json", signing.HEADER: signature},
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise GatewayError(f"no answer: {type(error).__name__}", permanent=False) from None
        if answer.status_code != 200:
            permanent = answer.status_code in (400, 404, 409, 422)
            raise GatewayError(f"HTTP {answer.status_code}: {answer.text[:100]}", permanent=permanent)

    def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """See PaymentGateway."""
        try:
            signing.verify(
                headers.get(signing.HEADER, ""), body, settings.PAYMENT_SANDBOX_KEY, int(time.time())
            )
            told = decode(body, _Told)
        except signing.SignatureRefused as refused:
            raise NotificationRefused(str(refused)) from None
        except WireError as error:
            raise NotificationRefused(f"{error.path}: {error.reason}") from None
        if told.status not in (PAID, FAILED):
            raise NotificationRefused("status: is not PAID or FAILED")
        return Notification(
            event_id=told.event_id[:120],
            reference=told.reference,
            gateway_reference=told.gateway_reference[:120],
            status=told.status,
            amount=told.amount,
            currency=told.currency,
            reason=told.reason[:200],
        )
