"""Giving back what was held: reservations of drafts, and sessions that nobody wants."""

import uuid

from django.utils import timezone

from ocpi.models import Command, CommandKind, Session
from ocpi.services.commands import request_command
from sessions.models import Order
from sessions.services.moves import move
from sessions.states import OrderState

RUNNING = frozenset({"PENDING", "ACTIVE"})


def give_up_draft(order: Order, *, reason: str) -> None:
    """Cancel the reservation of a draft, if it has or may get one; the order is quoted again."""
    if order.state in (OrderState.RESERVED, OrderState.RESERVING):
        cancel_reservation(order)
    if order.state != OrderState.QUOTED:
        move(order, OrderState.QUOTED, reason=reason)


def cancel_reservation(order: Order) -> None:
    """Ask the CPO to give the charger back. The row of the order must be locked."""
    if not order.reservation_id:
        return
    request_command(
        party=order.party,
        kind=CommandKind.CANCEL_RESERVATION,
        order_reference=str(order.reference),
        reservation_id=order.reservation_id,
        location_id=order.offer.location_ocpi_id,
        evse_uid=order.offer.evse.uid,
    )
    order.reservation_id, order.reserved_until = "", None


def new_reservation_id() -> str:
    """Unique over all CPOs (ocpi.md 3.6)."""
    return str(uuid.uuid4())


def stop_session(order: Order, session: Session) -> Command | None:
    """Send one STOP_SESSION for the order's session, unless one is on its way already."""
    if session.status not in RUNNING or order.stop_requested_at:
        return None
    order.stop_requested_at, order.stop_accepted_at, order.stop_failure = timezone.now(), None, ""
    return request_command(
        party=order.party,
        kind=CommandKind.STOP_SESSION,
        order_reference=str(order.reference),
        session_id=session.ocpi_id,
        location_id=order.offer.location_ocpi_id,
        evse_uid=order.offer.evse.uid,
    )
