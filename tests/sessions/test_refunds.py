"""Refunds on their way to the gateway: what one worker hears late does not undo what another did."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from sessions.models import Order, Payment, PaymentState, Refund
from sessions.payments.gateway import GatewayError
from sessions.services import refunds
from tests.factories.catalog import OfferFactory

pytestmark = pytest.mark.django_db


class Gateway:
    """Answers a refund by what the test wants to happen meanwhile."""

    def __init__(self, answer):
        self.asked, self.answer = [], answer

    def refund(self, *, refund_reference, **values):
        self.asked.append(refund_reference)
        self.answer(Refund.objects.get(reference=refund_reference))


@pytest.fixture
def ask(monkeypatch):
    """Refunds leave for a gateway that answers so."""

    def made(answer):
        gateway = Gateway(answer)
        monkeypatch.setattr(refunds, "gateway", lambda: gateway)
        return gateway

    return made


def due(count=1):
    offer = OfferFactory()
    order = Order.objects.create(offer=offer, party=offer.party, sold_through="bap.example", state="BILLED")
    payment = Payment.objects.create(
        order=order, amount=Decimal(count), currency="INR", state=PaymentState.PAID, paid_at=timezone.now()
    )
    for _ in range(count):
        Refund.objects.create(payment=payment, amount=Decimal(1), reason="why", due_at=timezone.now())
    return payment


@pytest.mark.parametrize("permanent", [True, False])
def test_a_failure_heard_after_the_refund_was_done_changes_nothing(ask, permanent):
    payment = due()

    def done_by_another_worker(refund):
        refunds._done(refund.pk)
        raise GatewayError("HTTP 409: known", permanent=permanent)

    ask(done_by_another_worker)

    assert refunds.send_due() == 0
    refund = Refund.objects.get()
    assert (refund.state, refund.attempts, refund.last_error) == ("DONE", 0, "")
    payment.refresh_from_db()
    assert (payment.state, payment.refunded) == ("REFUNDED", Decimal("1.00"))


def test_each_refund_is_leased_when_its_turn_comes(ask, monkeypatch):
    due(4)
    clock = timezone.now() + timedelta(seconds=1)
    left_s = []
    monkeypatch.setattr(refunds.timezone, "now", lambda: clock)

    def slow(refund):
        nonlocal clock
        left_s.append((refund.due_at - clock).total_seconds())
        clock += timedelta(seconds=30)

    ask(slow)

    assert refunds.send_due() == 4
    assert left_s == [60.0] * 4


def test_a_refund_that_fails_at_once_is_asked_for_once_in_a_round(ask, monkeypatch):
    due()
    clock = timezone.now() + timedelta(seconds=1)
    monkeypatch.setattr(refunds.timezone, "now", lambda: clock)

    def away(refund):
        nonlocal clock
        clock += timedelta(seconds=30)
        raise GatewayError("no answer", permanent=False)

    gateway = ask(away)
    refunds.send_due()

    assert len(gateway.asked) == 1
    assert (Refund.objects.get().attempts, Refund.objects.get().state) == (1, "REQUESTED")
