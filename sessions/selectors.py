"""Reading orders."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from ocpi.models import Command, CommandKind
from ocpi.models.command import FINAL_STATES
from sessions.models import Bill, Invoice, Order, Quote, QuoteKind
from sessions.states import OrderState


def order_by_reference(reference: str, *, sold_through: str) -> Order | None:
    """The order with this public id, if this app sold it."""
    try:
        wanted = uuid.UUID(reference)
    except ValueError:
        return None
    return Order.objects.filter(reference=wanted, sold_through=sold_through).first()


def whole(order_pk: int) -> Order:
    """The order with everything that describes it."""
    parts = ("offer", "offer__evse", "party", "quote__offer", "session", "token")
    return Order.objects.select_related(*parts).get(pk=order_pk)


def is_being_reserved(order: Order) -> bool:
    """Whether a confirmed order still waits for the charge point to hold the charger."""
    if order.state != OrderState.CONFIRMED or not order.reservation_id:
        return False
    asked = Command.objects.filter(order_reference=str(order.reference), kind=CommandKind.RESERVE_NOW)
    return asked.exclude(state__in=FINAL_STATES).exists()


def current_bill(order: Order) -> Bill | None:
    """The bill that counts: the newest that is not held."""
    return order.bills.filter(held="").select_related("quote__offer").first()


def newest_invoice(order: Order) -> Invoice | None:
    """The document of the newest bill that counts; None before there is one."""
    return Invoice.objects.filter(bill__order=order, bill__held="").first()


def price_told(order: Order, bill: Bill | None) -> Quote | None:
    """The price an app is told now: the bill that counts when there is one, what cancelling costs, else the quote."""
    if bill:
        return bill.quote
    if order.state in (OrderState.CANCELLED, OrderState.FAILED):
        return order.quotes.filter(kind=QuoteKind.CANCELLATION).first() or order.quote
    return order.quote


@dataclass(frozen=True)
class Meter:
    """What is known of a charge: energy in kWh, power in kW, current in A, state of charge in %, times aware UTC."""

    energy_kwh: Decimal
    started_at: datetime | None
    ended_at: datetime | None
    soc_percent: Decimal | None = None
    power_kw: Decimal | None = None
    current_a: Decimal | None = None


def meter_of(order: Order) -> Meter | None:
    """The meter of a charge that has begun; None before."""
    if order.started_at is None:
        return None
    newest = _newest_dimensions(order)
    return Meter(
        energy_kwh=order.energy_kwh,
        started_at=order.started_at,
        ended_at=order.ended_at,
        soc_percent=newest.get("STATE_OF_CHARGE"),
        power_kw=newest.get("POWER"),
        current_a=newest.get("CURRENT"),
    )


def _newest_dimensions(order: Order) -> dict[str, Decimal]:
    periods = (order.session.raw.get("charging_periods") if order.session else None) or []
    found: dict[str, Decimal] = {}
    for period in periods:
        for dimension in period.get("dimensions") or []:
            try:
                found[str(dimension.get("type"))] = Decimal(str(dimension.get("volume")))
            except InvalidOperation:
                continue
    return found
