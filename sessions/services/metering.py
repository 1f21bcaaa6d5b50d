"""What the CPO reports of a session moves the order on: matched, started, metered, ended."""

import logging
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ocpi.models import Session
from sessions import outcomes
from sessions.models import Order
from sessions.services import limits, release
from sessions.services.answers import fail
from sessions.services.moves import lock, move
from sessions.signals import order_progressed
from sessions.states import OrderState

log = logging.getLogger(__name__)

STARTED = (OrderState.STARTING, OrderState.CHARGING, OrderState.CANCELLED, OrderState.FAILED)
MATCH_WINDOW = timedelta(minutes=15)


@transaction.atomic
def session_reported(session: Session) -> Order | None:
    """Attach the session to its order and carry its news over; gives the order, None when it has none.

    Source: ocpi.md 3.3; design.md §5, matched by authorization_reference, then token and EVSE.
    """
    order = _order_of(session)
    if order is None:
        return None
    if session.is_spent_reservation:
        _let_go(order, session)
        return order
    if order.session_id != session.pk and not _attach(order, session):
        return order
    _carry_over(order, session)
    return order


def _order_of(session: Session) -> Order | None:
    known = Order.objects.filter(session=session).values_list("pk", flat=True).first()
    if known:
        return lock(known)
    try:
        reference = uuid.UUID(session.authorization_reference)
    except ValueError:
        reference = None
    orders = Order.objects.filter(party__connection=session.party.connection_id)
    if reference:
        found = orders.filter(reference=reference).values_list("pk", flat=True).first()
        if found:
            return lock(found)
    if not session.token_uid or not session.evse_uid:
        return None
    since = session.received_at - MATCH_WINDOW
    found = (
        orders.filter(
            Q(confirmed_at__gte=since),
            party=session.party,
            state__in=STARTED,
            session=None,
            token__uid__iexact=session.token_uid,
            offer__evse__uid__iexact=session.evse_uid,
        )
        .order_by("-confirmed_at")
        .values_list("pk", flat=True)
        .first()
    )
    return lock(found) if found else None


def _attach(order: Order, session: Session) -> bool:
    """The first session with life in it is the order's; one that never lived gives its place to the next."""
    if session.status == "RESERVATION" or order.state not in (*STARTED, OrderState.ENDED, OrderState.BILLED):
        return False
    if order.session is not None and order.session.status not in ("RESERVATION", "PENDING", "INVALID"):
        log.warning("order %s has a session already; %s is left unmatched", order, session.pk)
        return False
    order.session = session
    order.save()
    return True


def _let_go(order: Order, session: Session) -> None:
    """The end of a reservation is not the end of a charge: the order waits for the session of that."""
    if order.session_id == session.pk:
        order.session = None
        order.save()


def _carry_over(order: Order, session: Session) -> None:
    order.session = session
    if order.state in (OrderState.CANCELLED, OrderState.FAILED):
        _late(order, session)
        return
    before_kwh = order.energy_kwh
    moved = session.energy_kwh != before_kwh
    if order.state not in (OrderState.ENDED, OrderState.BILLED):
        order.energy_kwh = session.energy_kwh
        order.started_at = order.started_at or (session.start_at if session.status == "ACTIVE" else None)
    if session.status == "ACTIVE" and order.state == OrderState.STARTING:
        move(order, OrderState.CHARGING, reason="the operator reports the session active")
    elif session.status == "COMPLETED" and order.state in (OrderState.STARTING, OrderState.CHARGING):
        order.started_at = order.started_at or session.start_at
        order.ended_at = session.end_at or timezone.now()
        move(order, OrderState.ENDED, reason="the operator reports the session completed")
    elif session.status == "INVALID" and order.state not in (OrderState.BILLED, OrderState.FAILED):
        fail(order, outcomes.CPO_REFUSED, "the operator reports the session invalid")
    elif moved and order.state == OrderState.CHARGING:
        order.save()
        order_progressed.send(sender=Order, order=order)
    limits.guard(order, session, gained_kwh=session.energy_kwh - before_kwh)


def _late(order: Order, session: Session) -> None:
    """A session that runs for an order which is over: stop it (ocpi.md 3.6, TIMEOUT)."""
    order.energy_kwh = session.energy_kwh
    if session.status == "COMPLETED":
        order.ended_at = order.ended_at or session.end_at
    elif session.status != "INVALID":
        release.stop_session(order, session)
    order.save()
