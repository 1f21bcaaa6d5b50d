"""What an app hears without asking: state changes, progress, the bill. Source: beckn.md e.4 Unsolicited callbacks."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from beckn import actions
from beckn.models import Transaction
from beckn.render import order as render
from beckn.selectors import home_of
from beckn.services import callbacks
from emsp.core.correlation import note
from sessions import selectors
from sessions.models import Order, OrderEvent
from sessions.services.stopping import PROVIDER
from sessions.states import OrderState

# States that are told by on_status; the bill has a signal of its own.
TOLD_BY_STATUS = frozenset({OrderState.CHARGING, OrderState.ENDED})
HELD = frozenset({OrderState.RESERVED, OrderState.AGREED})


def order_changed(order: Order, event: OrderEvent) -> None:
    """Answer who waits for this order; tell the app what it does not learn by an answer."""
    answered = actions.answer_waiting(order)
    if order.state in TOLD_BY_STATUS:
        tell(order, "on_status", superseding=True)
    elif order.state == OrderState.FAILED or (
        order.state == OrderState.CANCELLED and order.cancelled_by == PROVIDER
    ):
        if not answered:
            tell(order, "on_cancel", lasting=True)
    elif event.from_state == OrderState.RESERVING and order.state in HELD and not answered:
        tell(order, "on_status", superseding=True)


def order_answered(order: Order) -> None:
    """A command of the order was answered: give the answers that waited for it.

    A reservation that confirm asked for changes no state; one that was answered late is told.
    """
    answered = actions.answer_waiting(order)
    if order.state == OrderState.CONFIRMED and not answered:
        tell(order, "on_status", superseding=True)


def order_progressed(order: Order) -> None:
    """The meter moved: tell soon, at most every BECKN_PROGRESS_EVERY_S."""
    conversation = home_of(order.pk)
    note(transaction_id=conversation.transaction_id if conversation is not None else "")
    now = timezone.now()
    pause = timedelta(seconds=settings.BECKN_PROGRESS_EVERY_S)
    Transaction.objects.filter(order=order, progress_due_at=None).update(
        progress_due_at=Greatest(now, Coalesce(F("progress_sent_at") + pause, now))
    )


def bill_issued(order: Order) -> None:
    """The final bill, a corrected one, or a credit: an on_status that is tried for a day."""
    actions.answer_waiting(order)
    tell(order, "on_status", lasting=True, superseding=True)


def payment_changed(order: Order) -> None:
    """A payment to us came, failed or was given back, also before confirm (UEI 1.5): an on_status."""
    tell(order, "on_status", lasting=True, superseding=True)


def tell(order: Order, action: str, *, lasting: bool = False, superseding: bool = False) -> None:
    """Queue an unsolicited callback with the whole order, in the conversation that made it."""
    conversation = home_of(order.pk)
    if conversation is not None:
        tell_in(conversation, order.pk, action, lasting=lasting, superseding=superseding)


def tell_in(
    conversation: Transaction, order_pk: int, action: str, *, lasting: bool = False, superseding: bool = False
) -> None:
    """Queue an unsolicited callback with the whole order, in this conversation."""
    fresh = selectors.whole(order_pk)
    callbacks.queue(
        transaction=conversation,
        action=action,
        message={"order": render.order(fresh, conversation)},
        order=fresh,
        lasting=lasting,
        superseding=superseding,
    )
    Transaction.objects.filter(pk=conversation.pk).update(
        progress_due_at=None, progress_sent_at=timezone.now()
    )
