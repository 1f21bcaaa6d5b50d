"""A locked order keeps out those who change it, and nobody who only refers to it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection, connections, transaction

from sessions.models import Order, OrderEvent
from sessions.services.moves import lock
from tests.factories.catalog import OfferFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order():
    offer = OfferFactory()
    return Order.objects.create(offer=offer, party=offer.party, sold_through="bap.tests.example")


def while_locked(order, work):
    """What comes of work in another transaction, which waits 0.2 s at most, while the order is locked."""

    def elsewhere():
        try:
            with transaction.atomic():
                connection.cursor().execute("SET LOCAL lock_timeout = '200ms'")
                work()
        finally:
            connections.close_all()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        lock(order.pk)
        threads.submit(elsewhere).result()


def test_rows_that_refer_to_a_locked_order_are_written(order):
    while_locked(order, lambda: OrderEvent.objects.create(order=order, from_state="A", to_state="B"))

    assert OrderEvent.objects.get().order == order


def test_a_locked_order_is_locked(order):
    with pytest.raises(OperationalError, match="lock timeout"):
        while_locked(order, lambda: lock(order.pk))
