"""`confirm` and `update` start: the order becomes firm and START_SESSION leaves, once."""

from collections.abc import Sequence
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.models import Offer
from ocpi.models import CommandKind
from ocpi.services.commands import request_command
from sessions.errors import EvseUnavailable, NotAgreed, PaymentRequired, QuoteExpired, UpdateNotPossible
from sessions.models import Order
from sessions.services import payment_terms, quoting, reserving
from sessions.services.binding import check_own
from sessions.services.moves import lock, move
from sessions.services.payment_terms import Proof
from sessions.states import OrderState

AGREED = frozenset({OrderState.RESERVED, OrderState.AGREED})
UNDER_WAY = frozenset(
    {
        OrderState.CONFIRMED,
        OrderState.STARTING,
        OrderState.CHARGING,
        OrderState.ENDED,
        OrderState.BILLED,
    }
)


@transaction.atomic
def confirm(
    order: Order,
    *,
    offer: Offer | None,
    stated_total: Decimal | None = None,
    stated_currency: str = "",
    stated_quote_id: str = "",
    driver_hash: str = "",
    proofs: Sequence[Proof] = (),
) -> Order:
    """Make the order firm; by policy also start charging, or reserve for a later start.

    A confirmed order is given back as it is.

    Raises NotAgreed without an init, QuoteExpired when the quote is over or another one is meant,
    EvseUnavailable while the charger is being asked or was given away, CpoRefused while the operator is left alone,
    TokenBlocked, PaymentRequired when the terms want the money first and proofs do not show it.
    Source: RFC §6.4; design.md §5.
    """
    order = lock(order.pk)
    if order.state in UNDER_WAY:
        return order
    _check_agreed(order)
    check_own(order, stated_quote_id)
    quoting.check_binding(order, offer=offer, total=stated_total, currency=stated_currency)
    quoting.check_available(order.offer, order)
    order.driver_hash = order.driver_hash or driver_hash
    reserving.give_token(order)
    payment_terms.check_paid(order, proofs)
    order.confirmed_at = timezone.now()
    may_start = payment_terms.may_start(order)
    if may_start and settings.BECKN_START_ON == "confirm":
        _send_start(order)
        return order
    if reserving.wanted_at("confirm", order):
        reserving.ask_for_charger(order, reserve=True)
    later = "the driver starts later" if may_start else "it starts when it is paid"
    move(order, OrderState.CONFIRMED, reason=f"confirmed; {later}")
    return order


@transaction.atomic
def start(order: Order) -> Order:
    """Start charging a confirmed order; an order that starts or charges already is given back as it is.

    Raises UpdateNotPossible when it is not confirmed, or over; PaymentRequired when it waits for the driver's money;
    TokenBlocked; CpoRefused while the operator is left alone because it does not answer.
    """
    order = lock(order.pk)
    if order.state in (OrderState.STARTING, OrderState.CHARGING):
        return order
    if order.state != OrderState.CONFIRMED:
        raise UpdateNotPossible("charging cannot be started: the order is not confirmed, or it is over")
    if not payment_terms.may_start(order):
        raise PaymentRequired("charging cannot be started: the order is prepaid and not paid yet")
    quoting.check_reachable(order.party)
    reserving.give_token(order)
    _send_start(order)
    return order


def _check_agreed(order: Order) -> None:
    """Raises NotAgreed, QuoteExpired or EvseUnavailable unless init has come to an end that can be confirmed."""
    if order.state == OrderState.EXPIRED:
        raise QuoteExpired("the quote is over; select again for a new one")
    if order.state == OrderState.QUOTED:
        raise NotAgreed("nothing was agreed: init comes before confirm")
    if order.state == OrderState.RESERVING:
        raise EvseUnavailable("the charger has not answered the reservation yet; confirm after on_init")
    if order.state not in AGREED:
        raise EvseUnavailable("the order is over; select again")


def _send_start(order: Order) -> None:
    """One START_SESSION with the token of the reservation; the database refuses a second one for the order."""
    request_command(
        party=order.party,
        kind=CommandKind.START_SESSION,
        order_reference=str(order.reference),
        token=order.token,
        location_id=order.offer.location_ocpi_id,
        evse_uid=order.offer.evse.uid,
        connector_id=order.offer.connector_ocpi_id,
    )
    move(order, OrderState.STARTING, reason="the charge point is asked to start")
