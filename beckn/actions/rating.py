"""rating → on_rating: kept as sent; the answer offers a form for more. Source: beckn.md e.4 Rating."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q

from beckn.actions.base import Action
from beckn.errors import Refusal
from beckn.models import Rating, Request, Transaction
from beckn.wire.v1_1_0 import decimal_of, text_of
from catalog.models import Offer
from emsp.core.wire import WireError
from sessions import selectors
from sessions.models import Order

HIGHEST = Decimal(5)
WITHOUT_ENTITY = frozenset({"agent", "support"})  # people are not listed anywhere, so any id is taken


class Rate(Action):
    name = "rating"
    lasting = False

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order | None:
        ratings = message.message.ratings or []
        if not ratings:
            raise Refusal("30000", "there is nothing to rate with", path="message.ratings")
        order = conversation.order
        for number, rating in enumerate(ratings):
            path = f"message.ratings[{number}]"
            value = _value_of(rating.value, f"{path}.value")
            category, rated_id = text_of(rating.rating_category), text_of(rating.id)
            order = _check_entity(request, conversation, category, rated_id, path) or order
            Rating.objects.create(
                transaction=conversation,
                order=order,
                category=category[:60],
                rated_id=rated_id[:255],
                value=str(value)[:10],
            )
        return order

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        if order is None:
            return {}
        url = f"{settings.BASE_URL}/feedback/{order.reference}"
        return {"feedback_form": {"form": {"url": url, "mime_type": "text/html"}, "required": False}}


def _value_of(value: Any, path: str) -> Decimal:
    """0 to 5, decimals allowed (UEI). Raises Refusal 30015."""
    try:
        number = decimal_of(value, path)
    except WireError:
        raise Refusal("30015", "the rating is not a number", path=path) from None
    if not 0 <= number <= HIGHEST:
        raise Refusal("30015", "the rating lies between 0 and 5", path=path)
    return number


def _check_entity(
    request: Request, conversation: Transaction, category: str, rated_id: str, path: str
) -> Order | None:
    """The order that an id names, if it names one. Raises Refusal 30014 when it names nothing."""
    if not rated_id or category.casefold() in WITHOUT_ENTITY:
        return None
    order = selectors.order_by_reference(rated_id, sold_through=request.bap_id)
    if order or rated_id == conversation.transaction_id:
        return order
    named = Q(offer_id=rated_id) | Q(fulfillment_id=rated_id) | Q(party__provider_id=rated_id)
    if not Offer.objects.filter(named).exists():
        raise Refusal("30014", "what is rated is not known here", path=f"{path}.id")
    return None
