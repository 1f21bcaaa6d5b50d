"""The one function through which an order changes its state."""

from django.db import transaction

from emsp.core.correlation import note
from emsp.core.errors import DomainError
from sessions.models import Order, OrderEvent
from sessions.signals import order_changed
from sessions.states import NEXT, OrderState


class IllegalMove(DomainError):
    """The table of moves (sessions/states.py) has no such move."""


def lock(order_pk: int) -> Order:
    """The order, its row locked until the transaction ends.

    Rows that refer to it (callbacks, requests, quotes) may be written meanwhile: their writers hold other locks
    and would close a circle if they had to wait for this one.
    """
    order = (
        Order.objects.select_for_update(no_key=True, of=("self",))
        .select_related("offer", "party", "party__connection", "quote", "token", "session")
        .get(pk=order_pk)
    )
    note(order=str(order))
    return order


@transaction.atomic
def move(order: Order, to: OrderState, *, reason: str) -> bool:
    """Change the state of an order and keep why; other changed fields of `order` are saved with it.

    order: from lock(), in the caller's transaction.
    Returns False when the order is there already: hearing the same news twice is not an error.
    Raises IllegalMove when the table has no such move.
    """
    old = OrderState(order.state)
    if old == to:
        order.save()
        return False
    if to not in NEXT[old]:
        raise IllegalMove(f"order {order}: {old} cannot become {to}")
    order.state = to
    order.save()
    event = OrderEvent.objects.create(order=order, from_state=old, to_state=to, reason=reason[:300])
    order_changed.send(sender=Order, order=order, event=event)
    return True
