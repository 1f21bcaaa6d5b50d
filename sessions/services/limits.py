"""Where a charge ends by itself: before it costs more than was paid or ordered, or with the energy ordered.

Source: beckn.md e.4, Quantity (stop at that limit) and Payments; docs/payments.md.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.services import quoting as prices
from ocpi.models import Session
from sessions.models import Order, Quote
from sessions.services import payment_terms, release
from sessions.services.caps import cap_line
from sessions.services.quoting import stored_lines
from sessions.states import OrderState

W_PER_KW = Decimal(1000)
S_PER_HOUR = Decimal(3600)
NOTHING = Decimal(0)
ALWAYS, NEVER = "always", "never"  # of STOP_AT_ORDERED; else by amount alone


def guard(order: Order, session: Session, *, gained_kwh: Decimal) -> bool:
    """Stop a charge that is at one of its limits.

    order: locked; the session has just been carried over to it. gained_kwh: since the reading before; the next one
    is taken to bring as much again, and a stop to need PREPAID_STOP_AHEAD_S more at the connector's power.
    Gives True when STOP_SESSION was sent now.
    """
    if order.state != OrderState.CHARGING or order.stop_requested_at or order.quote is None:
        return False
    if not (_has_energy(order.quote, session) or _costs_too_much(order, order.quote, session, gained_kwh)):
        return False
    if release.stop_session(order, session) is None:
        return False
    order.save()
    return True


def _has_energy(quote: Quote, session: Session) -> bool:
    """Whether the energy that the app ordered is reached, where the setting ends a charge there."""
    ordered = not quote.energy_estimated and quote.amount_ordered is None
    return ordered and settings.STOP_AT_ORDERED == ALWAYS and session.energy_kwh >= quote.energy_kwh


def _costs_too_much(order: Order, quote: Quote, session: Session, gained_kwh: Decimal) -> bool:
    """Whether the next reading may cost more than was paid in advance, or than the amount ordered."""
    ordered = None if settings.STOP_AT_ORDERED == NEVER else quote.amount_ordered
    limits = [limit for limit in (payment_terms.prepaid_amount(order), ordered) if limit is not None]
    if not limits:
        return False
    ahead_s = settings.PREPAID_STOP_AHEAD_S
    cost = metered_cost(order, session, ahead_s=ahead_s, ahead_kwh=max(gained_kwh, NOTHING))
    return cost > min(limits)


def metered_cost(
    order: Order, session: Session, *, ahead_s: int = 0, ahead_kwh: Decimal = NOTHING
) -> Decimal:
    """What the session costs by the quoted tariff at its meter reading, incl. VAT, in the quote's currency.

    ahead_s, ahead_kwh: and what as many more seconds at the connector's power and so much more energy add.
    Where the quote is a cap it is one here too (sessions.services.caps).
    """
    assert order.quote is not None  # charging needs one
    read_at = session.last_updated
    energy_kwh, periods = session.energy_kwh, list(session.raw.get("charging_periods") or [])
    if not periods:
        periods = [_period(session.start_at, read_at - session.start_at, energy_kwh)]
    if ahead_s or ahead_kwh:
        ahead = timedelta(seconds=ahead_s)
        more_kwh = ahead_kwh + Decimal(order.offer.power_w or 0) / W_PER_KW * ahead_s / S_PER_HOUR
        periods.append(_period(read_at, ahead, more_kwh))
        read_at, energy_kwh = read_at + ahead, energy_kwh + more_kwh
    priced = prices.bill(
        order.quote.tariff,
        ocpi_version=order.party.connection.version,
        time_zone=order.offer.time_zone,
        charging_periods=periods,
        end_at=read_at,
        start_at=session.start_at,
        total_energy_kwh=energy_kwh,
        step_mode=order.party.connection.step_mode,
        rule=order.quote.rule,
    )
    cap = cap_line(order.quote, energy_kwh=energy_kwh, lines=stored_lines(priced))
    return priced.total + (Decimal(str(cap["amount"])) if cap else NOTHING)


def _period(start_at: datetime, length: timedelta, energy_kwh: Decimal) -> Mapping[str, Any]:
    hours = Decimal(max(length.total_seconds(), 0)) / S_PER_HOUR
    dimensions = [{"type": "ENERGY", "volume": energy_kwh}, {"type": "TIME", "volume": hours}]
    return {"start_date_time": start_at, "dimensions": dimensions}
