"""confirm → on_confirm: the order is firm, and by policy starts. Source: RFC §6.4, 11.1.1; beckn.md e.2, e.4."""

import contextlib
from typing import Any

from beckn.actions.base import Action
from beckn.actions.init import provider_id_of
from beckn.actions.orders import check_alive
from beckn.actions.reading import offer_of, remember_driver, stated_price, stated_quote_id
from beckn.errors import Refusal
from beckn.models import Request, Transaction
from beckn.render import order as render
from beckn.render.echo import PAYMENT_TYPES
from beckn.wire.v1_1_0 import OrderIn, decimal_of, text_of
from emsp.core.wire import WireError
from sessions import selectors
from sessions.models import Order
from sessions.services import starting
from sessions.services.payment_terms import Proof
from sessions.states import OrderState


class Confirm(Action):
    name = "confirm"

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        wanted = message.message.order
        if conversation.order is None:
            raise Refusal("30010", "nothing was agreed under this transaction_id; init comes first")
        offer = offer_of(wanted) if wanted.items else None
        check_payments(wanted)
        total, currency = stated_price(wanted)
        fresh = conversation.order.confirmed_at is None
        order = starting.confirm(
            conversation.order,
            offer=offer,
            stated_total=total,
            stated_currency=currency,
            stated_quote_id=stated_quote_id(wanted),
            driver_hash=remember_driver(conversation, wanted) if fresh else "",
            proofs=proofs_of(wanted),
        )
        if fresh and wanted.payments:
            conversation.payments = wanted.payments
            conversation.save(update_fields=["payments"])
        return order

    def settled(self, order: Order) -> bool:
        if order.state == OrderState.STARTING:
            return order.start_accepted_at is not None
        return not selectors.is_being_reserved(order)

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        check_alive(order)
        return {"order": render.order(order, conversation)}

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        return {"order": {"provider": {"id": provider_id_of(message)}}}


def check_payments(order: OrderIn) -> None:
    """Raises Refusal 40004 for a kind of payment that does not exist or that we do not take."""
    for number, payment in enumerate(order.payments or []):
        path = f"message.order.payments[{number}]"
        kind, collected_by = (
            text_of(payment.get("type")).upper(),
            text_of(payment.get("collected_by")).upper(),
        )
        if kind and kind not in PAYMENT_TYPES:
            raise Refusal("40004", "this type of payment is not supported", path=f"{path}.type")
        if collected_by and collected_by not in ("BAP", "BPP"):
            raise Refusal(
                "40004", "payments are collected by the BAP or the BPP", path=f"{path}.collected_by"
            )


def proofs_of(order: OrderIn) -> list[Proof]:
    """The payments that an app says it collected: PAID, with a transaction_id, an amount and a currency.

    What cannot be read is no proof; whether one is needed, the terms say.
    """
    found = []
    for payment in order.payments or []:
        params = payment.get("params")
        if not isinstance(params, dict) or text_of(payment.get("status")).upper() != "PAID":
            continue
        reference, currency = text_of(params.get("transaction_id")), text_of(params.get("currency"))
        with contextlib.suppress(WireError):
            amount = decimal_of(params.get("amount"), "params.amount")
            if reference and currency:
                found.append(Proof(reference=reference, amount=amount, currency=currency))
    return found
