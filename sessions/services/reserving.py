"""Asking for the charger: RESERVE_NOW where the policy wants it and the EVSE can, else only its status at the CPO."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from ocpi.models import CommandKind
from ocpi.services.commands import request_command
from ocpi.services.tokens import driver_token
from sessions.errors import TokenBlocked
from sessions.models import Order
from sessions.services import release


def wanted_at(step: str, order: Order) -> bool:
    """Whether the charger is to be reserved at this step, `init` or `confirm`. Source: beckn.md f 10."""
    return step == settings.BECKN_RESERVE_ON and "RESERVABLE" in order.offer.evse.capabilities


def give_token(order: Order) -> None:
    """The driver's token for an order that has none; the caller saves it. Raises TokenBlocked. Source: beckn.md a.7."""
    if order.token is None:
        order.token = driver_token(order.driver_hash or None)
    if not order.token.valid:
        raise TokenBlocked("the driver may not charge with us now; please ask our support")


def ask_for_charger(order: Order, *, reserve: bool) -> None:
    """RESERVE_NOW, or with reserve=False CHECK_EVSE. The row of the order must be locked; the caller saves it."""
    if reserve:
        order.reservation_id = release.new_reservation_id()
        order.reserved_until = timezone.now() + timedelta(seconds=settings.RESERVATION_S)
    request_command(
        party=order.party,
        kind=CommandKind.RESERVE_NOW if reserve else CommandKind.CHECK_EVSE,
        order_reference=str(order.reference),
        token=order.token,
        location_id=order.offer.location_ocpi_id,
        evse_uid=order.offer.evse.uid,
        reservation_id=order.reservation_id,
        expires_at=order.reserved_until,
        check_evse_first=True,
    )
