"""The meta calls: lists that an app may ask for. Source: beckn.md a.3, f 40."""

from typing import Any

from beckn.actions.base import Action
from beckn.models import Transaction
from beckn.reasons import REASONS
from sessions.models import Order

RATED = ["Order", "Fulfillment", "Provider", "Item", "Support"]


class CancellationReasons(Action):
    name = "get_cancellation_reasons"
    lasting = False

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        return {
            "cancellation_reasons": [
                {"id": reason.id, "descriptor": {"name": reason.name, "code": reason.code}}
                for reason in REASONS
            ]
        }


class RatingCategories(Action):
    name = "get_rating_categories"
    lasting = False

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        # core requires return_reasons here, which it does not define
        return {"rating_categories": RATED, "return_reasons": []}


class ReturnReasons(Action):
    name = "get_return_reasons"
    lasting = False

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        return {"return_reasons": []}
