"""select → on_select: a quote that binds. Source: beckn.md e.2, e.4."""

from typing import Any

from beckn.actions.base import Action
from beckn.actions.reading import driver_hash, offer_of, wish_of
from beckn.models import Request, Transaction
from beckn.render import order as render
from sessions.models import Order
from sessions.services import quoting


class Select(Action):
    name = "select"
    lasting = False

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        wanted = message.message.order
        offer = offer_of(wanted)
        order = quoting.select(
            order=conversation.order,
            sold_through=request.bap_id,
            offer=offer,
            wish=wish_of(wanted, offer),
            driver_hash=driver_hash(conversation),
        )
        remember_order(conversation, order)
        return order

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        return {"order": render.draft(order)}


def remember_order(conversation: Transaction, order: Order) -> None:
    """The conversation's order is the newest it led to; a new one starts without confirmed payments."""
    if conversation.order_id != order.pk:
        conversation.order, conversation.payments = order, None
        conversation.save(update_fields=["order", "payments"])
