"""update → on_update: start, stop; billing and payment while the bill is open. Source: beckn.md e.2, e.3, f 12, f 17."""

from typing import Any

from beckn.actions.base import Action
from beckn.actions.confirm import check_payments
from beckn.actions.orders import check_alive, conversation_of, order_of
from beckn.errors import Refusal
from beckn.models import Request, Transaction
from beckn.render import order as render
from beckn.wire.v1_1_0 import OrderIn, text_of
from catalog.models import Offer
from sessions.errors import CpoRefused, UpdateNotPossible
from sessions.models import Order
from sessions.outcomes import text_of as outcome_text
from sessions.services import starting, stopping
from sessions.states import OVER, OrderState

START = frozenset({"STARTCHARGING", "CHARGINGSTART", "CHARGINGSTARTED", "ACTIVE", "START"})
STOP = frozenset({"STOPCHARGING", "ENDCHARGING", "CHARGINGENDED", "CHARGINGEND", "COMPLETED", "STOP"})
STATE_TARGETS = frozenset(
    {"fulfillments", "fulfillment", "fulfillmentsstate", "fulfillments0state", "fulfillmentstate"}
)
OPEN_TARGETS = frozenset({"billing", "payments", "payment"})
TARGET = "message.update_target"


class Update(Action):
    name = "update"

    def perform(self, request: Request, conversation: Transaction, message: Any) -> Order:
        wanted = message.message.order
        order = _order_of(request, conversation, wanted)
        home = conversation_of(order, conversation)
        targets = targets_of(message.message.update_target, wanted)
        if "state" in targets:
            code = requested_state(wanted)
            order = starting.start(order) if code in START else stopping.stop(order)
        if targets & OPEN_TARGETS:
            _change_open_members(order, home, wanted, targets)
        return order

    def settled(self, order: Order) -> bool:
        """A start waits for the charge point; a stop until it took STOP_SESSION (stop_answered) or the session ended."""
        if order.state == OrderState.STARTING:
            return order.start_accepted_at is not None
        return not (
            order.state == OrderState.CHARGING and order.stop_requested_at and not order.stop_accepted_at
        )

    def answer(self, conversation: Transaction, message: Any, order: Order | None) -> dict[str, Any]:
        assert order is not None  # perform gives one or raises
        check_alive(order)
        if order.stop_failure and order.state == OrderState.CHARGING:
            raise CpoRefused(
                order.stop_failure, "charging could not be stopped: " + outcome_text(order.stop_failure)
            )
        return {"order": render.order(order, conversation_of(order, conversation))}

    def stub(self, message: Any, order: Order | None) -> dict[str, Any]:
        named = text_of(message.message.order.id)
        return {"order": {"id": named or (str(order.reference) if order else message.context.transaction_id)}}


def targets_of(update_target: str | None, order: OrderIn) -> set[str]:
    """`state`, `billing`, `payments`: what is to change; a missing target is the one recognised state (DEG00x).

    Raises Refusal 30012 for anything else, also for DEG00x's bare toggle: a repeated start would stop the car.
    """
    if not (update_target or "").strip():
        if not requested_state(order, required=False):
            raise Refusal(
                "30012", "update_target is missing, and the order holds no state to go to", path=TARGET
            )
        return {"state"}
    found = set()
    for part in (update_target or "").split(","):
        word = part.strip().removeprefix("message.").removeprefix("order.")
        folded = "".join(c for c in word.casefold() if c.isalnum())
        if folded in STATE_TARGETS:
            found.add("state")
        elif word in OPEN_TARGETS or word.split("[")[0] in OPEN_TARGETS:
            found.add(word.split("[")[0])
        else:
            raise Refusal("30012", "this part of an order cannot be updated", path=TARGET)
    return found


def requested_state(order: OrderIn, *, required: bool = True) -> str:
    """The wish as one folded word of START or STOP. Raises Refusal 30013 for another word, 30012 for none."""
    codes = {fold(f.state_code) for f in order.fulfillments or [] if f.state_code}
    if not codes:
        if required:
            raise Refusal(
                "30012", "the order holds no fulfilment state to go to", path="message.order.fulfillments"
            )
        return ""
    if len(codes) > 1 or not codes <= START | STOP:
        raise Refusal(
            "30013",
            "the state to go to is start-charging or stop-charging",
            path="message.order.fulfillments[0].state.descriptor.code",
        )
    return codes.pop()


def fold(code: str) -> str:
    """A state code without case, `_`, `-` and blanks."""
    return "".join(c for c in code.upper() if c.isalnum())


def _order_of(request: Request, conversation: Transaction, wanted: OrderIn) -> Order:
    named = text_of(wanted.id)
    if named or conversation.order is not None:
        return order_of(request, conversation, named, path="message.order.id")
    ids = {text_of(f.id) for f in wanted.fulfillments or [] if text_of(f.id)}
    running = Order.objects.filter(
        sold_through=request.bap_id,
        offer__in=Offer.objects.filter(fulfillment_id__in=ids),
    ).exclude(state__in=[*OVER, OrderState.QUOTED])[:2]
    if len(running) != 1:
        raise Refusal("30010", "no such order, or more than one", path="message.order")
    return running[0]


def _change_open_members(order: Order, home: Transaction, wanted: OrderIn, targets: set[str]) -> None:
    """Billing and payment may change until the bill is final."""
    if order.state in OVER:
        raise UpdateNotPossible("the order is over; its billing and payment stand")
    check_payments(wanted)
    if "billing" in targets and wanted.billing:
        home.billing = wanted.billing
    if targets & {"payments", "payment"} and wanted.payments:
        home.payments = wanted.payments
    home.save(update_fields=["billing", "payments"])
