"""Payments of drivers to us: asked for, paid, failed, paid late after all."""

import logging
import uuid
from decimal import Decimal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from emsp.core.errors import DomainError
from sessions.errors import CpoRefused, TokenBlocked
from sessions.ledger import entries
from sessions.models import Collector, Order, Payment, PaymentNotice, PaymentState, PaymentType
from sessions.payments.gateway import PAID, Notification
from sessions.services import payment_terms, refunds, starting, stopping
from sessions.services.moves import lock
from sessions.signals import payment_changed
from sessions.states import OrderState

log = logging.getLogger(__name__)


class NothingToPay(DomainError):
    """The order is paid, costs nothing, is paid later, or the app collects."""


class UnknownPayment(DomainError):
    """The gateway tells of a payment that we did not ask for."""


class OtherAmount(DomainError):
    """The gateway tells of another amount or currency than we asked for."""


def amount_due(order: Order) -> Decimal:
    """What the driver should pay us now, incl. tax; 0 or less when there is nothing to pay.

    Before the bill: the quote, unless it is paid by the bill. After it: the rest.
    """
    terms = payment_terms.of(order)
    if terms.collected_by != Collector.BPP or order.quote is None:
        return Decimal("0.00")
    owed = payment_terms.owed(order)
    later = owed.quoted and terms.type == PaymentType.POST_FULFILLMENT
    return (Decimal("0.00") if later else owed.amount) - payment_terms.paid(order)


@transaction.atomic
def ask(order: Order) -> Payment:
    """The open payment of what is due now; an open one of another amount is given up.

    Raises NothingToPay.
    """
    order = lock(order.pk)
    due = amount_due(order)
    if due <= 0:
        raise NothingToPay("there is nothing to pay for this order now")
    assert order.quote is not None  # due is 0 without
    open_one = Payment.objects.filter(order=order, state=PaymentState.CREATED).first()
    if open_one and (open_one.amount, open_one.currency) == (due, order.quote.currency):
        return open_one
    if open_one:
        open_one.state, open_one.failure = PaymentState.FAILED, "another amount is due now"
        open_one.save(update_fields=["state", "failure"])
    return Payment.objects.create(order=order, amount=due, currency=order.quote.currency)


@transaction.atomic
def notified(news: Notification) -> Payment:
    """Take over what the gateway says; hearing it again changes nothing.

    A success after a failure, or after the order is over, is a success: what is too much is given back.
    Raises UnknownPayment, OtherAmount.
    """
    payment = _payment_of(news)
    order = lock(payment.order_id)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    payment.order = order
    if (news.amount, news.currency.upper()) != (payment.amount, payment.currency):
        raise OtherAmount(f"the payment is {payment.amount} {payment.currency}")
    effect = _effect(payment, news)
    try:
        with transaction.atomic():
            PaymentNotice.objects.create(
                event_id=news.event_id,
                payment=payment,
                status=news.status,
                effect=effect or "changes nothing",
            )
    except IntegrityError:
        return payment
    if effect:
        _take_over(payment, news)
    return payment


def _payment_of(news: Notification) -> Payment:
    try:
        reference = uuid.UUID(news.reference)
    except ValueError:
        reference = uuid.UUID(int=0)
    payment = Payment.objects.filter(reference=reference).first()
    if payment is None:
        raise UnknownPayment("no such payment")
    return payment


def _effect(payment: Payment, news: Notification) -> str:
    """What a notification changes; empty for what is known or comes too late to count."""
    if news.status == PAID and payment.state in (PaymentState.CREATED, PaymentState.FAILED):
        return "paid" if payment.state == PaymentState.CREATED else "paid after it had failed"
    if news.status != PAID and payment.state == PaymentState.CREATED:
        return "failed"
    return ""


def _take_over(payment: Payment, news: Notification) -> None:
    order = payment.order
    payment.gateway_reference = news.gateway_reference
    if news.status == PAID:
        payment.state, payment.failure, payment.paid_at = PaymentState.PAID, "", timezone.now()
        payment.save()
        entries.book_payment(payment)
        refunds.settle(order)
        _start_if_it_waited(order)
    else:
        payment.state, payment.failure = PaymentState.FAILED, news.reason or "the gateway reports a failure"
        payment.save()
    payment_changed.send(sender=Order, order=order)


def _start_if_it_waited(order: Order) -> None:
    """Prepaid between confirm and start: the start waited for the money.

    A token blocked meanwhile ends the order, and so does an operator that does not answer.
    """
    waits = order.state == OrderState.CONFIRMED and settings.BECKN_START_ON == "confirm"
    if waits and payment_terms.may_start(order):
        try:
            starting.start(order)
        except (TokenBlocked, CpoRefused) as refusal:
            stopping.cancel(order, by=stopping.PROVIDER, reason=stopping.Reason(text=str(refusal)))
