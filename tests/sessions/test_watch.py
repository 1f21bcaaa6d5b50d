"""The sweep meets orders that move while it works: it looks again under the lock, and goes on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from sessions.models import Order, Payment, PaymentTerms, Quote
from sessions.services import watch
from sessions.states import OrderState
from tests.factories.catalog import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer():
    return OfferFactory()


def order(offer, state, *, paid=None, expires_in=timedelta(days=-1)):
    """An order quoted at 100.00; confirmed ones wait for a payment at our gateway since yesterday."""
    now = timezone.now()
    made = Order.objects.create(
        offer=offer, party=offer.party, sold_through="bap.example", state=state, confirmed_at=now - timedelta(days=1)
    )
    made.quote = Quote.objects.create(
        order=made, offer=offer, energy_kwh=5, currency="INR", total=Decimal("100.00"), lines=[], tariff={},
        expires_at=now + expires_in,
    )  # fmt: skip
    made.save()
    PaymentTerms.objects.create(order=made, collected_by="BPP", type="PRE-FULFILLMENT")
    if paid:
        Payment.objects.create(order=made, amount=Decimal(paid), currency="INR", state="PAID", paid_at=now)
    return made


def meanwhile(monkeypatch, change):
    """What another worker does to an order after the sweep chose it and before the sweep has its lock."""
    real = watch.lock

    def lock(pk):
        change(Order.objects.filter(pk=pk))
        return real(pk)

    monkeypatch.setattr(watch, "lock", lock)


def state_of(made):
    return Order.objects.get(pk=made.pk).state


@pytest.mark.parametrize("state", [OrderState.BILLED, OrderState.ENDED, OrderState.FAILED, OrderState.CHARGING])
def test_an_order_that_went_on_is_not_cancelled_and_the_sweep_goes_on(offer, monkeypatch, state):
    first, second = order(offer, OrderState.CONFIRMED), order(offer, OrderState.CONFIRMED)
    meanwhile(monkeypatch, lambda rows: rows.filter(pk=first.pk).update(state=state))

    assert watch.sweep() == 1

    assert (state_of(first), state_of(second)) == (state, OrderState.CANCELLED)


def test_an_order_that_is_paid_meanwhile_is_not_cancelled(offer, monkeypatch):
    made = order(offer, OrderState.CONFIRMED)
    paid = {"amount": Decimal("100.00"), "currency": "INR", "state": "PAID", "paid_at": timezone.now()}
    meanwhile(monkeypatch, lambda rows: Payment.objects.create(order=rows.get(), **paid))

    assert watch.sweep() == 0
    assert state_of(made) == OrderState.CONFIRMED


def test_orders_that_are_paid_do_not_hide_one_that_is_not(offer, monkeypatch):
    monkeypatch.setattr(watch, "BATCH", 2)
    paid = [order(offer, OrderState.CONFIRMED, paid="100.00") for _ in range(3)]
    late = order(offer, OrderState.CONFIRMED, paid="99.99")
    paid += [order(offer, OrderState.CONFIRMED, paid="100.00") for _ in range(3)]

    assert watch.sweep() == 1

    assert state_of(late) == OrderState.CANCELLED
    assert {state_of(made) for made in paid} == {OrderState.CONFIRMED}


def test_a_draft_that_is_quoted_again_meanwhile_does_not_expire(offer, monkeypatch):
    made = order(offer, OrderState.QUOTED)
    fresh = order(offer, OrderState.BILLED, expires_in=timedelta(minutes=15)).quote
    meanwhile(monkeypatch, lambda rows: rows.update(quote=fresh))

    assert watch.sweep() == 0
    assert state_of(made) == OrderState.QUOTED


def test_a_draft_whose_quote_is_over_expires(offer):
    made = order(offer, OrderState.QUOTED)

    assert watch.sweep() == 1
    assert state_of(made) == OrderState.EXPIRED
