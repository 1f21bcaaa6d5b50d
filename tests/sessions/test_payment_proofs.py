"""Proofs of payment when two orders show the same at once."""

from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from sessions.errors import PaymentRequired
from sessions.models import Order, PaymentProof, PaymentTerms, Quote
from sessions.services import payment_terms
from sessions.services.payment_terms import Proof
from tests.factories.catalog import OfferFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BAP = "bap.example"


def prepaid_order():
    offer = OfferFactory()
    order = Order.objects.create(offer=offer, party=offer.party, sold_through=BAP)
    order.quote = Quote.objects.create(
        order=order, offer=offer, energy_kwh=5, currency="INR", total=Decimal("100.00"), lines=[], tariff={}
    )
    order.save()
    PaymentTerms.objects.create(order=order, collected_by="BAP", type="PRE-ORDER")
    return order


def test_two_orders_that_show_the_same_payments_at_once():
    orders = [prepaid_order() for _ in range(4)]
    proofs = [Proof("t-1", Decimal("50.00"), "INR"), Proof("t-2", Decimal("50.00"), "INR")]

    def confirm(order, shown):
        try:
            with transaction.atomic():
                payment_terms.check_paid(order, shown)
        except PaymentRequired:
            return "refused"
        return "paid"

    outcomes = at_once(
        *(partial(confirm, order, proofs[:: -1 if number % 2 else 1]) for number, order in enumerate(orders))
    )

    assert sorted(outcomes) == ["paid", "refused", "refused", "refused"]
    assert PaymentProof.objects.values("order").distinct().count() == 1
    assert PaymentProof.objects.count() == 2
