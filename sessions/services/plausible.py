"""Whether a CDR can be true at all. An implausible one holds the bill until staff decide. Source: ocpi.md 3.4, T51."""

from datetime import timedelta
from decimal import Decimal

from ocpi.models import Cdr
from sessions.models import Order

POWER_MARGIN = Decimal("1.1")
THOUSAND = Decimal(1000)
SECONDS_PER_HOUR = Decimal(3600)
SHORTEST = timedelta(minutes=1)  # clocks and rounding of a very short session


def problem_of(order: Order, cdr: Cdr) -> str:
    """Why the CDR cannot be right, in one sentence; empty when nothing speaks against it."""
    if cdr.end_at < cdr.start_at:
        return "the CDR ends before it starts"
    if cdr.total_energy_kwh < 0:
        return "the CDR's energy is negative"
    if order.quote and cdr.currency.upper() != order.quote.currency:
        return f"the CDR is in {cdr.currency}, the order was quoted in {order.quote.currency}"
    return _energy_problem(order, cdr) or _cost_problem(order, cdr)


def _energy_problem(order: Order, cdr: Cdr) -> str:
    metered = order.session.energy_kwh if order.session else Decimal(0)
    if metered > 1 and cdr.total_energy_kwh >= metered * THOUSAND / 2:
        return f"the CDR says {cdr.total_energy_kwh} kWh, the session {metered} kWh: it seems to count in Wh"
    power_w = order.offer.power_w
    if not power_w:
        return ""
    span = max(cdr.end_at - cdr.start_at, SHORTEST)
    most_kwh = (
        Decimal(power_w) / THOUSAND * Decimal(str(span.total_seconds())) / SECONDS_PER_HOUR * POWER_MARGIN
    )
    if cdr.total_energy_kwh > most_kwh:
        return f"{cdr.total_energy_kwh} kWh in {span} is more than {power_w} W can deliver"
    return ""


def _cost_problem(order: Order, cdr: Cdr) -> str:
    priced = order.quote is not None and order.quote.total > 0
    if priced and cdr.total_energy_kwh > 0 and cdr.total_cost_excl_vat == 0:
        return "the CDR costs nothing though energy was taken under a priced tariff"
    return ""
