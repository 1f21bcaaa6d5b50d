"""status → on_status: the whole order as it is now. Source: beckn.md a.3, e.4."""

from typing import Any

from beckn.actions.base import Action
from beckn.actions.orders import conversation_of, order_id_of, order_of
from beckn.models import Request, Transaction
from beckn.render import order as render
from sessions.models import Order


class Status(Action):
    name = "status"
    lasting = False

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        return order_of(request, conversation, order_id_of(message.message))

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        return {"order": render.order(order, conversation_of(order, conversation))}

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        return {"order": {"id": order_id_of(message.message) or message.context.transaction_id}}
