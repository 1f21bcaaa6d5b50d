"""What a finished OCPI command does to its order."""

import logging
import uuid

from django.db import transaction
from django.utils import timezone

from ocpi.models import Command, CommandKind, CommandState
from sessions import outcomes
from sessions.models import Order
from sessions.services import fees, release
from sessions.services.moves import lock, move
from sessions.services.stopping import PROVIDER
from sessions.signals import order_answered
from sessions.states import OVER, OrderState

log = logging.getLogger(__name__)


@transaction.atomic
def command_finished(command: Command) -> None:
    """Bring the order in line with the outcome of one of its commands, then tell who waits for it."""
    order = _order_of(command)
    if order is None:
        return
    handler = _HANDLERS.get(CommandKind(command.kind))
    if handler:
        handler(order, command)
    order_answered.send(sender=Order, order=order, command=command)


def _order_of(command: Command) -> Order | None:
    try:
        reference = uuid.UUID(command.order_reference)
    except ValueError:
        return None  # a command of the help desk belongs to no order
    found = Order.objects.filter(reference=reference).values_list("pk", flat=True).first()
    return lock(found) if found else None


def _charger_asked(order: Order, command: Command) -> None:
    """RESERVE_NOW or CHECK_EVSE: the order is reserved, agreed without reservation, or refused."""
    if command.state == CommandState.TAKEN_BACK:
        _taken_back(order, command)
    elif order.state == OrderState.CONFIRMED:
        _confirmed_answered(order, command)
    elif order.state != OrderState.RESERVING:
        _unwanted_reservation(order, command)
    elif command.state == CommandState.SUCCEEDED:
        reserved = command.kind == CommandKind.RESERVE_NOW
        state = OrderState.RESERVED if reserved else OrderState.AGREED
        move(order, state, reason="the charger is reserved" if reserved else "the charger is free")
    elif command.result == "NOT_SUPPORTED":
        order.reservation_id, order.reserved_until = "", None
        move(order, OrderState.AGREED, reason="the operator does not take reservations")
    else:
        fail(order, outcomes.symbol_of(command), f"{command.kind} {command.state}: {command.result}")


def _confirmed_answered(order: Order, command: Command) -> None:
    """The reservation that confirm asked for: without it the order dies, unless the operator takes none at all."""
    if command.body.get("reservation_id") != order.reservation_id or command.state == CommandState.SUCCEEDED:
        return
    order.reservation_id, order.reserved_until = "", None
    if command.result == "NOT_SUPPORTED":
        order.save()
    else:
        fail(order, outcomes.symbol_of(command), f"{command.kind} {command.state}: {command.result}")


def _taken_back(order: Order, command: Command) -> None:
    if order.state in (OrderState.RESERVED, OrderState.CONFIRMED):
        order.reservation_id, order.reserved_until = "", None
        fail(order, outcomes.CPO_REFUSED, "the operator cancelled the reservation")


def _unwanted_reservation(order: Order, command: Command) -> None:
    """A reservation that came through after the order had left: give it back."""
    held = command.body.get("reservation_id")
    through = command.kind == CommandKind.RESERVE_NOW and command.state == CommandState.SUCCEEDED
    if through and held and order.state in OVER:
        order.reservation_id = str(held)
        release.cancel_reservation(order)
        order.save()


def _start_answered(order: Order, command: Command) -> None:
    if order.state != OrderState.STARTING:
        return
    if command.state == CommandState.SUCCEEDED:
        order.start_accepted_at = timezone.now()
        order.save()
    elif order.session is None:
        fail(order, outcomes.symbol_of(command), f"START_SESSION {command.state}: {command.result}")


def _stop_answered(order: Order, command: Command) -> None:
    """A stop that failed may be asked for again."""
    if command.state == CommandState.SUCCEEDED:
        order.stop_accepted_at, order.stop_failure = timezone.now(), ""
    else:
        order.stop_requested_at, order.stop_failure = None, outcomes.symbol_of(command)
    order.save()


def fail(order: Order, symbol: str, reason: str) -> None:
    """The order dies on the provider's side before energy flowed."""
    fees.store_cancellation_quote(order)
    order.failure, order.cancelled_by, order.cancel_reason = symbol, PROVIDER, outcomes.text_of(symbol)
    move(order, OrderState.FAILED, reason=reason)


_HANDLERS = {
    CommandKind.RESERVE_NOW: _charger_asked,
    CommandKind.CHECK_EVSE: _charger_asked,
    CommandKind.START_SESSION: _start_answered,
    CommandKind.STOP_SESSION: _stop_answered,
}
