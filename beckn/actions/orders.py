"""Which order a request is about. Source: beckn.md a.3, f 18, f 19."""

from typing import Any

from beckn.errors import Refusal
from beckn.models import Request, Transaction
from beckn.selectors import home_of
from beckn.wire.v1_1_0 import text_of
from sessions import selectors
from sessions.errors import CpoRefused
from sessions.models import Order
from sessions.outcomes import text_of as outcome_text
from sessions.states import OrderState

NOT_FOUND = "30010"


def order_id_of(message: Any) -> str:
    """The id in `order_id`, or in an `order` (DEGv1)."""
    inner = getattr(message, "order", None)
    for value in (
        getattr(message, "order_id", None),
        getattr(inner, "order_id", None),
        getattr(inner, "id", None),
    ):
        if text_of(value):
            return text_of(value)
    return ""


def order_of(
    request: Request, conversation: Transaction, order_id: str, *, path: str = "message.order_id"
) -> Order:
    """The order that an id names, ours or the transaction's (DEG00x), else the conversation's.

    Raises Refusal 30010 when there is none, also when another app sold it.
    """
    if order_id:
        order = selectors.order_by_reference(order_id, sold_through=request.bap_id)
        if order is None:
            minted = Transaction.objects.filter(
                bap_id=request.bap_id, transaction_id=order_id
            ).select_related("order")
            order = next((row.order for row in minted if row.order), None)
    else:
        order = conversation.order
    if order is None or order.state == OrderState.QUOTED:
        raise Refusal(NOT_FOUND, "no such order", path=path)
    return order


def conversation_of(order: Order, conversation: Transaction) -> Transaction:
    """The conversation in which the order was made: it holds billing, customer and payments."""
    if conversation.order_id == order.pk:
        return conversation
    return home_of(order.pk) or conversation


def check_alive(order: Order) -> None:
    """Raises CpoRefused when the order died on the provider's side."""
    if order.state == OrderState.FAILED:
        raise CpoRefused(order.failure, outcome_text(order.failure))
