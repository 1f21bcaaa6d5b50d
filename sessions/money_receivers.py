"""What news of orders means for the ledger and for drivers' money."""

from typing import Any

from django.dispatch import receiver

from sessions.ledger import entries
from sessions.models import Bill, Order
from sessions.services import refunds
from sessions.signals import bill_issued, order_changed
from sessions.states import OVER


@receiver(bill_issued, dispatch_uid="sessions.book_bill")
def on_bill_issued(order: Order, bill: Bill, **kwargs: Any) -> None:
    entries.book_bill(bill)
    refunds.settle(order)


@receiver(order_changed, dispatch_uid="sessions.settle_order")
def on_order_changed(order: Order, **kwargs: Any) -> None:
    if order.state in OVER:
        refunds.settle(order)
