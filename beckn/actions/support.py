"""support → on_support: how to reach us; a wish to be called back is kept. Source: beckn.md e.4 Support, f 26.

About an order, `url` is a page on which its driver writes to us and reads our answers.
"""

from typing import Any

from django.conf import settings

from beckn.actions.base import Action
from beckn.models import Request, Transaction
from beckn.services import support
from beckn.wire.v1_1_0 import text_of
from sessions import selectors
from sessions.models import Order

CONTACT = ("callback_phone", "phone", "email")


class Support(Action):
    name = "support"
    lasting = False

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order | None:
        wanted = message.message and message.message.support
        order = (
            selectors.order_by_reference(reference_of(message), sold_through=request.bap_id)
            or conversation.order
        )
        contact = {
            name: text_of(getattr(wanted, name))
            for name in CONTACT
            if wanted and text_of(getattr(wanted, name))
        }
        if contact:
            support.ask_for_contact(order, contact, conversation=conversation)
        return order

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        reference = reference_of(message) or (str(order.reference) if order else conversation.transaction_id)
        return {
            "support": {
                "ref_id": reference,
                "phone": settings.SUPPORT_PHONE,
                "email": settings.SUPPORT_EMAIL,
                "url": support.page_url(order) if order else settings.SUPPORT_URL,
            }
        }


def reference_of(message: Any) -> str:
    """What the driver needs help with: ref_id, or order_id of older apps."""
    body = message.message
    if body is None:
        return ""
    wanted = body.support
    return text_of(wanted and (wanted.ref_id or wanted.order_id)) or text_of(body.ref_id)
