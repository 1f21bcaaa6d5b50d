"""cancel → on_cancel: give back, stop, fee. SOFT_CANCEL only asks for the fee. Source: beckn.md e.2, e.4 Cancellation."""

from typing import Any

from beckn.actions.base import Action
from beckn.actions.orders import conversation_of, order_id_of, order_of
from beckn.errors import Refusal
from beckn.models import Request, Transaction
from beckn.reasons import reason_by_id
from beckn.render import order as render
from beckn.render.quote import quotation
from beckn.wire.v1_1_0 import text_of
from sessions.errors import CancelNotPossible
from sessions.models import Order
from sessions.services import fees, stopping
from sessions.services.stopping import CONSUMER, Reason
from sessions.states import OVER, OrderState

SOFT = "SOFT_CANCEL"


class Cancel(Action):
    name = "cancel"

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        order = order_of(request, conversation, order_id_of(message.message))
        reason = _reason_of(message.message)
        if is_soft(message.message):
            if order.state in OVER or order.state == OrderState.ENDED:
                raise CancelNotPossible("the charging session has ended; there is nothing left to cancel")
            return order
        return stopping.cancel(order, by=CONSUMER, reason=reason)

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        made = render.order(order, conversation_of(order, conversation))
        if is_soft(message.message) and order.quote:
            made["quote"] = quotation(fees.quote_of_fee(order))
        return {"order": made}

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        return {"order": {"id": order_id_of(message.message) or message.context.transaction_id}}


def is_soft(message: Any) -> bool:
    """UEI Layer-2 3.1: ask for the fee first, cancel with CONFIRM_CANCEL later."""
    return text_of(message.descriptor and message.descriptor.code).upper() == SOFT


def _reason_of(message: Any) -> Reason:
    """Raises Refusal 30011 for an id that is not in our list; no id at all is no error."""
    given, descriptor = text_of(message.cancellation_reason_id), message.descriptor
    words = text_of(descriptor and (descriptor.short_desc or descriptor.name))
    if not given:
        return Reason(text=words)
    known = reason_by_id(given)
    if known is None:
        raise Refusal("30011", "not one of our cancellation reasons", path="message.cancellation_reason_id")
    return Reason(id=known.id, text=words or known.name)
