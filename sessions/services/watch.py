"""The watchdog: drafts that nobody confirms, reservations that ran out, stops that did not work, CDRs that do not come."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
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
    now = timezone.now()
    grace = timedelta(seconds=settings.BECKN_QUOTE_TTL_S)
    rows = Order.objects.filter(
        Q(state__in=[OrderState.QUOTED, OrderState.AGREED], quote__expires_at__lt=now - grace)
        | Q(state=OrderState.RESERVED, reserved_until__lt=now)
    ).values_list("pk", flat=True)[:BATCH]
    return sum(_expire(pk) for pk in list(rows))


@transaction.atomic
def _expire(order_pk: int) -> int:
    order = lock(order_pk)
    if order.state not in (OrderState.QUOTED, OrderState.AGREED, OrderState.RESERVED):
        return 0
    order.reservation_id = ""  # the charge point frees itself at expiry_date
    move(order, OrderState.EXPIRED, reason="not confirmed in time")
    return 1


def _stop_the_unwanted() -> int:
    """Orders that are over while the car still charges: ask again to stop."""
    rows = Order.objects.filter(
        state__in=[OrderState.CANCELLED, OrderState.FAILED],
        session__status__in=list(release.RUNNING),
        stop_requested_at=None,
        updated_at__lt=timezone.now() - STOP_AGAIN_AFTER,
    ).values_list("pk", flat=True)[:BATCH]
    changed = 0
    for pk in list(rows):
        with transaction.atomic():
            order = lock(pk)
            if order.session and release.stop_session(order, order.session):
                order.save()
                changed += 1
    return changed


def _cancel_the_unpaid() -> int:
    """Confirmed orders that wait for the driver's payment longer than PAYMENT_WAIT_S."""
    rows = Order.objects.filter(
        state=OrderState.CONFIRMED,
        payment_terms__type=PaymentType.PRE_FULFILLMENT,
        payment_terms__collected_by=Collector.BPP,
        confirmed_at__lt=timezone.now() - timedelta(seconds=settings.PAYMENT_WAIT_S),
    )[:BATCH]
    unpaid = [order for order in rows if not payment_terms.may_start(order)]
    for order in unpaid:
        stopping.cancel(order, by=stopping.PROVIDER, reason=stopping.Reason(text="not paid in time"))
    return len(unpaid)
