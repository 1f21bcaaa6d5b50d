"""News from the CPOs that moves an order, and what news of orders means for the ledger and for drivers' money."""

from typing import Any

from django.dispatch import receiver

from ocpi.models import Cdr, Command, Session
from ocpi.signals import cdr_stored, command_finished, session_stored
from sessions.ledger import entries
from sessions.models import Bill, Order
from sessions.services import answers, billing, metering, refunds
from sessions.signals import bill_issued, order_changed
from sessions.states import OVER


@receiver(command_finished, dispatch_uid="sessions.command_finished")
def on_command_finished(command: Command, **kwargs: Any) -> None:
    answers.command_finished(command)


@receiver(session_stored, dispatch_uid="sessions.session_stored")
def on_session_stored(session: Session, **kwargs: Any) -> None:
    metering.session_reported(session)


@receiver(cdr_stored, dispatch_uid="sessions.cdr_stored")
def on_cdr_stored(cdr: Cdr, **kwargs: Any) -> None:
    billing.cdr_received(cdr)


@receiver(bill_issued, dispatch_uid="sessions.book_bill")
def on_bill_issued(order: Order, bill: Bill, **kwargs: Any) -> None:
    entries.book_bill(bill)
    refunds.settle(order)


@receiver(order_changed, dispatch_uid="sessions.settle_order")
def on_order_changed(order: Order, **kwargs: Any) -> None:
    if order.state in OVER:
        refunds.settle(order)
