"""What apps hear without asking, and meter readings that were held back."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from beckn import tasks
from beckn.models import Callback, Transaction
from beckn.render import order as render
from beckn.services import callbacks, delivery, inbox, progress
from sessions.models import Order
from tests.factories.beckn import TransactionFactory
from tests.factories.catalog import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asleep(monkeypatch):
    monkeypatch.setattr(callbacks, "wake", lambda *args, **kwargs: None)


@pytest.fixture
def charging():
    """Makes a conversation whose order charges, with a meter reading that is due."""
    offer = OfferFactory()

    def make(**order):
        order = Order.objects.create(
            **{"offer": offer, "party": offer.party, "sold_through": "bap.tests.example", "state": "CHARGING"} | order
        )
        return TransactionFactory(order=order, progress_due_at=timezone.now() - timedelta(seconds=1))

    return make


def told():
    return [json.loads(row.body)["message"]["order"]["id"] for row in Callback.objects.order_by("pk")]


def test_a_reading_that_is_due_is_told_in_its_conversation(charging):
    conversation = charging()
    charging(state="ENDED")

    assert progress.flush_due() == 2

    conversation.refresh_from_db()
    assert told() == [str(conversation.order.reference)]
    assert Callback.objects.get().transaction_id == conversation.transaction_id
    assert (conversation.progress_due_at, conversation.progress_sent_at is None) == (None, False)
    assert progress.flush_due() == 0


def test_an_order_that_cannot_be_told_costs_the_others_nothing(charging, monkeypatch, caplog):
    bad, good = charging(), charging()
    real = render.order

    def broken(order, conversation):
        Transaction.objects.filter(pk=bad.pk).update(billing={"name": "half done"})
        if order.pk == bad.order_id:
            raise KeyError("amount")
        return real(order, conversation)

    monkeypatch.setattr(render, "order", broken)
    assert progress.flush_due() == 2

    bad.refresh_from_db()
    assert told() == [str(good.order.reference)]
    assert (bad.progress_due_at, bad.progress_sent_at) == (None, None)
    assert caplog.text.count("KeyError: 'amount'") == 1
    assert progress.flush_due() == 0


def test_what_waits_to_be_sent_is_driven_before_progress_is_told(monkeypatch):
    done = []
    for module, name in ((delivery, "expire"), (inbox, "has_due"), (delivery, "has_due"), (progress, "flush_due")):
        monkeypatch.setattr(module, name, lambda name=name: done.append(name))

    tasks.sweep()

    assert done == ["expire", "has_due", "has_due", "flush_due"]
