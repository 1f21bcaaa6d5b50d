"""`update` stop and `cancel`."""

from dataclasses import dataclass

from django.db import transaction

from sessions.errors import CancelNotPossible, UpdateNotPossible
from sessions.models import Order
from sessions.services import fees, release
from sessions.services.moves import lock, move
from sessions.states import DRAFTS, OrderState

CONSUMER, PROVIDER = "CONSUMER", "PROVIDER"


@dataclass(frozen=True)
class Reason:
    """Why an order is cancelled: the app's reason id and words."""

    id: str = ""
    text: str = ""


@transaction.atomic
def stop(order: Order) -> Order:
    """Ask the charge point to stop; a stop that is on its way already is not sent again.

    Raises UpdateNotPossible when the order does not charge. Source: beckn.md e.2, ocpi.md 3.6.
    """
    order = lock(order.pk)
    if order.state != OrderState.CHARGING or order.session is None:
        raise UpdateNotPossible("nothing is charging under this order")
    if release.stop_session(order, order.session):
        order.save()
    return order


@transaction.atomic
def cancel(order: Order, *, by: str, reason: Reason) -> Order:
    """Cancel an order: free before charging, for the agreed fee while charging (the car is stopped).

    CANCELLED stays; a CDR that comes later only sets the amount. A cancelled order is given back as it is.
    Raises CancelNotPossible once the session ended. Source: beckn.md e.2 cancel; design.md §8.
    """
    order = lock(order.pk)
    if order.state == OrderState.CANCELLED:
        return order
    if order.state in (OrderState.ENDED, OrderState.BILLED):
        raise CancelNotPossible("the charging session has ended; there is nothing left to cancel")
    if order.state in (OrderState.FAILED, OrderState.EXPIRED):
        raise CancelNotPossible("the order is over already")
    order.cancelled_by, order.cancel_reason_id, order.cancel_reason = by, reason.id[:60], reason.text[:300]
    order.fee = fees.fee_now(order)
    fees.store_cancellation_quote(order)
    if order.state in DRAFTS:
        release.cancel_reservation(order)
    if order.session is not None:
        release.stop_session(order, order.session)
    elif order.state == OrderState.CONFIRMED:
        release.cancel_reservation(order)
    move(
        order,
        OrderState.CANCELLED,
        reason=f"cancelled by the {by.lower()}: {reason.text or reason.id or 'no reason given'}",
    )
    return order
