"""News of orders becomes callbacks: the answer somebody waits for, else an unsolicited one."""

from typing import Any

from django.dispatch import receiver

from beckn.services import news
from sessions.models import Bill, Order, OrderEvent
from sessions.signals import bill_issued, order_answered, order_changed, order_progressed, payment_changed


@receiver(order_changed, dispatch_uid="beckn.order_changed")
def on_order_changed(order: Order, event: OrderEvent, **kwargs: Any) -> None:
    news.order_changed(order, event)


@receiver(order_answered, dispatch_uid="beckn.order_answered")
def on_order_answered(order: Order, **kwargs: Any) -> None:
    news.order_answered(order)


@receiver(order_progressed, dispatch_uid="beckn.order_progressed")
def on_order_progressed(order: Order, **kwargs: Any) -> None:
    news.order_progressed(order)


@receiver(bill_issued, dispatch_uid="beckn.bill_issued")
def on_bill_issued(order: Order, bill: Bill, **kwargs: Any) -> None:
    news.bill_issued(order)


@receiver(payment_changed, dispatch_uid="beckn.payment_changed")
def on_payment_changed(order: Order, **kwargs: Any) -> None:
    news.payment_changed(order)
