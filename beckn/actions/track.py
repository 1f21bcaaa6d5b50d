"""track → on_track: a page of ours that follows the charge; active only while it charges. Source: beckn.md e.2, e.4."""

from typing import Any

from django.conf import settings

from beckn.actions.base import Action
from beckn.actions.orders import order_id_of, order_of
from beckn.models import Request, Transaction
from sessions.models import Order
from sessions.states import OrderState


class Track(Action):
    name = "track"
    lasting = False

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        return order_of(request, conversation, order_id_of(message.message))

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        return {
            "tracking": {
                "id": order.offer.fulfillment_id,
                "url": f"{settings.BASE_URL}/track/{order.reference}",
                "status": "active" if order.state == OrderState.CHARGING else "inactive",
            }
        }

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        return {"tracking": {}}
