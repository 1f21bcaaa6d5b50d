"""The watchdog: drafts that nobody confirms, reservations that ran out, stops that did not work, CDRs that do not come."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from sessions.audit import missing
from sessions.models import Collector, Order, PaymentType
from sessions.services import payment_terms, release, stopping
from sessions.services.moves import lock, move
from sessions.states import OrderState

BATCH = 200
STOP_AGAIN_AFTER = timedelta(seconds=20)


def sweep() -> int:
    """Look after all orders that time has something to say about; gives how many were changed."""
    return _expire_drafts() + _stop_the_unwanted() + _cancel_the_unpaid()


def watch_cdrs() -> int:
    """Look for charges whose CDR has not come; gives how many orders it was news for."""
    return missing.look_for_missing()


def _expire_drafts() -> int:
    return sum(_expire(pk) for pk in _first(_overdue_drafts()))


def _overdue_drafts() -> QuerySet[Order]:
    """Drafts whose quote, and the grace after it, or whose reservation is over now."""
    now = timezone.now()
    grace = timedelta(seconds=settings.BECKN_QUOTE_TTL_S)
    return Order.objects.filter(
        Q(state__in=[OrderState.QUOTED, OrderState.AGREED], quote__expires_at__lt=now - grace)
        | Q(state=OrderState.RESERVED, reserved_until__lt=now)
    )


@transaction.atomic
def _expire(order_pk: int) -> int:
    order = lock(order_pk)
    if not _overdue_drafts().filter(pk=order_pk).exists():
        return 0  # confirmed, or quoted again, before the lock was ours
    order.reservation_id = ""  # the charge point frees itself at expiry_date
    move(order, OrderState.EXPIRED, reason="not confirmed in time")
    return 1


def _first(rows: QuerySet[Order]) -> list[int]:
    """Up to BATCH of them, the oldest first; the next sweep takes the next."""
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _stop_the_unwanted() -> int:
    """Orders that are over while the car still charges: ask again to stop."""
    rows = Order.objects.filter(
        state__in=[OrderState.CANCELLED, OrderState.FAILED],
        session__status__in=list(release.RUNNING),
        stop_requested_at=None,
        updated_at__lt=timezone.now() - STOP_AGAIN_AFTER,
    )
    changed = 0
    for pk in _first(rows):
        with transaction.atomic():
            order = lock(pk)
            if order.session and release.stop_session(order, order.session):
                order.save()
                changed += 1
    return changed


def _cancel_the_unpaid() -> int:
    """Confirmed orders that wait for the driver's payment longer than PAYMENT_WAIT_S."""
    return sum(_cancel_unpaid(pk) for pk in _first(_overdue_payments()))


def _overdue_payments() -> QuerySet[Order]:
    waiting = Order.objects.filter(
        state=OrderState.CONFIRMED,
        payment_terms__type=PaymentType.PRE_FULFILLMENT,
        payment_terms__collected_by=Collector.BPP,
        confirmed_at__lt=timezone.now() - timedelta(seconds=settings.PAYMENT_WAIT_S),
    )
    return payment_terms.unpaid(waiting)


@transaction.atomic
def _cancel_unpaid(order_pk: int) -> int:
    order = lock(order_pk)
    if not _overdue_payments().filter(pk=order_pk).exists():
        return 0  # paid, cancelled or started before the lock was ours
    stopping.cancel(order, by=stopping.PROVIDER, reason=stopping.Reason(text="not paid in time"))
    return 1
