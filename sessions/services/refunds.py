"""Giving money back: what the driver paid beyond what is owed, sent to the gateway until it took it."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from emsp.core.wakeup import wake
from sessions import tasks
from sessions.ledger import entries
from sessions.models import Order, Payment, PaymentState, Refund, RefundState
from sessions.payments.gateway import GatewayError, gateway
from sessions.services import payment_terms
from sessions.services.moves import lock
from sessions.signals import payment_changed

log = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(seconds=60)
WAITS_S = (2, 10, 60, 300)  # then every 5 min


def settle(order: Order) -> list[Refund]:
    """Promise back what was paid beyond what is finally owed. `order` is locked by the caller.

    Nothing is done while the order goes on, or while the CDR of a session that ran is missing.
    """
    final = _finally_owed(order)
    if final is None:
        return []
    surplus, made = payment_terms.paid(order) - final[0], []
    for payment in order.payments.filter(state=PaymentState.PAID).order_by("-paid_at"):
        promised = sum((refund.amount for refund in payment.refunds.all()), Decimal(0))
        amount = min(surplus, payment.amount - promised)
        if amount > 0:
            made.append(_promise(payment, amount, final[1]))
            surplus -= amount
    if made:
        wake(tasks.send_refunds)
    return made


def _finally_owed(order: Order) -> tuple[Decimal, str] | None:
    """(amount, why), or None while it can still change; a confirmed order owes at most its quote until then."""
    owed = payment_terms.owed(order)
    if owed.final:
        return owed.amount, owed.why
    return (owed.amount, "paid more than once") if owed.quoted and order.confirmed_at else None


def _promise(payment: Payment, amount: Decimal, reason: str) -> Refund:
    refund = Refund.objects.create(payment=payment, amount=amount, reason=reason[:200], due_at=timezone.now())
    entries.book_refund_owed(refund)
    return refund


def send_due() -> int:
    """Ask the gateway for the refunds that are due, at most BATCH; gives how many it took."""
    begun, taken = timezone.now(), 0
    for _ in range(BATCH):
        refund = _claim(begun)
        if refund is None:
            break
        taken += _send(refund)
    return taken


def _claim(until: datetime) -> Refund | None:
    """The refund that is due longest, if it was at `until`; ours for LEASE, for one call of the gateway takes less."""
    with transaction.atomic():
        due = Refund.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=RefundState.REQUESTED, due_at__lte=until
        )
        refund = due.select_related("payment").order_by("due_at").first()
        if refund is not None:
            refund.due_at = timezone.now() + LEASE
            refund.save(update_fields=["due_at"])
    return refund


def _send(refund: Refund) -> bool:
    """HTTP outside any transaction; the gateway knows the refund's reference, so a second call does no harm."""
    payment = refund.payment
    try:
        gateway().refund(
            reference=str(payment.reference),
            refund_reference=str(refund.reference),
            amount=refund.amount,
            currency=payment.currency,
        )
    except GatewayError as error:
        _failed(refund, error)
        return False
    _done(refund.pk)
    return True


def _failed(refund: Refund, error: GatewayError) -> None:
    """Keep why and when to try again, unless the refund was done or refused meanwhile."""
    wait_s = WAITS_S[min(refund.attempts, len(WAITS_S) - 1)]
    Refund.objects.filter(pk=refund.pk, state=RefundState.REQUESTED).update(
        attempts=F("attempts") + 1,
        last_error=str(error)[:200],
        due_at=timezone.now() + timedelta(seconds=wait_s),
        state=RefundState.REFUSED if error.permanent else RefundState.REQUESTED,
    )
    log.warning("refund %s: %s", refund.reference, error)


@transaction.atomic
def _done(refund_pk: int) -> None:
    order = lock(Refund.objects.values_list("payment__order", flat=True).get(pk=refund_pk))
    refund = Refund.objects.select_for_update().get(pk=refund_pk)
    if refund.state == RefundState.DONE:
        return
    refund.state, refund.done_at, refund.last_error = RefundState.DONE, timezone.now(), ""
    refund.save()
    payment = Payment.objects.select_for_update().get(pk=refund.payment_id)
    payment.refunded += refund.amount
    if payment.refunded == payment.amount:
        payment.state = PaymentState.REFUNDED
    payment.save(update_fields=["refunded", "state"])
    refund.payment, payment.order = payment, order
    entries.book_refund_paid(refund)
    payment_changed.send(sender=Order, order=order)


@transaction.atomic
def try_again(refund: Refund, *, by: User) -> bool:
    """Send a refused refund once more, for staff. False when it is done or on its way.

    With REFUND_SECOND_PERSON the first who asks is kept and nothing is sent, False; it is sent when another one asks.
    """
    row = Refund.objects.select_for_update().get(pk=refund.pk)
    if row.state != RefundState.REFUSED:
        return False
    if settings.REFUND_SECOND_PERSON and row.again_by_id in (None, by.pk):
        row.again_by = by
        row.save(update_fields=["again_by"])
        return False
    row.state, row.due_at, row.last_error, row.again_by = RefundState.REQUESTED, timezone.now(), "", None
    row.save(update_fields=["state", "due_at", "last_error", "again_by"])
    wake(tasks.send_refunds)
    return True
