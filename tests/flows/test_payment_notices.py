"""What the gateway tells us: once or many times, late, forged, about another payment."""

import json
import time
from decimal import Decimal
from io import BytesIO

import pytest
from django.conf import settings as live_settings
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from emsp.core.body_first import BodyFirst
from sessions.models import Payment, PaymentNotice
from sessions.payments import signing
from sessions.payments.views import notify
from tests.flows.paying import balance, payment_of, policy

pytestmark = pytest.mark.django_db


def open_payment(driver, gateway):
    policy("BPP", "PRE-ORDER")
    gateway.press(payment_of(driver.book())["url"], "pay", heard=False)
    return gateway.notifier.waiting[0][0]


def test_a_repeated_notification_changes_nothing(driver, gateway):
    body = open_payment(driver, gateway)

    answers = [gateway.tell(body).json() for _ in range(3)]

    assert answers == [{"state": "PAID"}] * 3
    assert (PaymentNotice.objects.count(), balance("CASH")) == (1, Decimal("100.00"))
    assert driver.count("on_status") == 1


def test_a_failure_after_a_success_changes_nothing(driver, gateway):
    body = open_payment(driver, gateway)
    gateway.tell(body)
    late = json.dumps(json.loads(body) | {"event_id": "evt_other", "status": "FAILED"}).encode()

    gateway.tell(late)

    assert Payment.objects.get().state == "PAID"
    assert PaymentNotice.objects.first().effect == "changes nothing"


@pytest.mark.parametrize(("spare", "status"), [(0, 200), (64_000, 413)])
def test_a_notification_that_comes_in_chunks_is_read(driver, gateway, spare, status):
    body = open_payment(driver, gateway) + b" " * spare
    signature = signing.sign(body, live_settings.PAYMENT_SANDBOX_KEY, int(time.time()))
    headers = {signing.HEADER: signature, "Transfer-Encoding": "chunked"}
    environ = RequestFactory(headers=headers).post("/payments/notify", content_type="application/json").environ
    door = BodyFirst(lambda environ, start: [notify(WSGIRequest(environ))], places=1, limit=1_000_000)

    [answer] = door(environ | {"wsgi.input": BytesIO(body)}, None)

    assert answer.status_code == status
    assert Payment.objects.get().state == ("PAID" if status == 200 else "CREATED")


def forged(body):
    return body, signing.sign(body, "another key", int(time.time()))


def old(body):
    return body, signing.sign(body, live_settings.PAYMENT_SANDBOX_KEY, int(time.time()) - 301)


def altered(body):
    signature = signing.sign(body, live_settings.PAYMENT_SANDBOX_KEY, int(time.time()))
    return body.replace(b"PAID", b"PAId"), signature


@pytest.mark.parametrize(
    "spoil", [forged, old, altered, lambda body: (body, "t=1"), lambda body: (body, "ü")]
)
def test_a_notification_that_the_gateway_did_not_sign_is_refused(driver, gateway, spoil):
    body, signature = spoil(open_payment(driver, gateway))

    answer = gateway.tell(body, signature=signature)

    assert answer.status_code == 401
    assert Payment.objects.get().state == "CREATED"
    assert not PaymentNotice.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": "1.00"}, 409),
        ({"currency": "EUR"}, 409),
        ({"reference": "00000000-0000-0000-0000-000000000009"}, 404),
        ({"reference": "not-a-uuid"}, 404),
        ({"status": "SOON"}, 401),
        ({"amount": None}, 401),
    ],
)
def test_a_notification_of_another_payment_is_refused(driver, gateway, change, status):
    body = open_payment(driver, gateway)

    answer = gateway.tell(json.dumps(json.loads(body) | change).encode())

    assert answer.status_code == status
    assert Payment.objects.get().state == "CREATED"


def test_a_link_with_another_amount_is_refused_at_the_gateway(driver, gateway):
    policy("BPP", "PRE-ORDER")
    link = gateway.link(payment_of(driver.book())["url"])

    status, text = gateway.page(link.replace("amount=100.00", "amount=1.00"))

    assert (status, "This link was changed" in text) == (403, True)
    assert gateway.till.all() == []
