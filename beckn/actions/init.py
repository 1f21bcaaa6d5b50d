"""init → on_init: final terms; the charger is checked at the CPO and reserved. Source: RFC §9.2; beckn.md e.2, e.4."""

from typing import Any

from beckn.actions.base import Action
from beckn.actions.orders import check_alive
from beckn.actions.reading import offer_of, remember_driver, stated_price, stated_quote_id, wish_of
from beckn.actions.select import remember_order
from beckn.models import Request, Transaction
from beckn.render import order as render
from beckn.wire.v1_1_0 import text_of
from sessions.models import Order
from sessions.services import agreeing, payment_terms
from sessions.states import OrderState


class Init(Action):
    name = "init"

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        wanted = message.message.order
        offer = offer_of(wanted)
        total, currency = stated_price(wanted)
        order = agreeing.agree(
            order=conversation.order,
            sold_through=request.bap_id,
            offer=offer,
            wish=wish_of(wanted, offer),
            driver_hash=remember_driver(conversation, wanted),
            stated_total=total,
            stated_currency=currency,
            stated_quote_id=stated_quote_id(wanted),
        )
        payment_terms.agree(order)
        remember_order(conversation, order)
        return order

    def settled(self, order: Order) -> bool:
        return order.state != OrderState.RESERVING

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        check_alive(order)
        return {"order": render.order(order, conversation)}

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        return {"order": {"provider": {"id": provider_id_of(message)}}}


def provider_id_of(message: Any) -> str:
    """The provider an order names, as text; `unknown` where it names none (the stub wants one)."""
    order = message.message.order
    provider = order.provider or order.providers
    return text_of(provider and provider.id) or "unknown"
