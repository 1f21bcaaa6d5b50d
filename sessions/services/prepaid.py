"""The guard of prepaid orders: charging stops before it costs more than was paid."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.services import quoting as prices
from ocpi.models import Session
from sessions.models import Order
from sessions.services import payment_terms, release
from sessions.states import OrderState

W_PER_KW = Decimal(1000)
S_PER_HOUR = Decimal(3600)
NOTHING = Decimal(0)


def guard(order: Order, session: Session, *, gained_kwh: Decimal) -> bool:
    """Stop a prepaid charge whose next reading may cost more than was paid.

    order: locked; the session has just been carried over to it. gained_kwh: since the reading before; the next one
    is taken to bring as much again, and a stop to need PREPAID_STOP_AHEAD_S more at the connector's power.
    Gives True when STOP_SESSION was sent now.
    """
    if order.state != OrderState.CHARGING or order.stop_requested_at or order.quote is None:
        return False
    limit = payment_terms.prepaid_amount(order)
    if limit is None:
        return False
    ahead_s = settings.PREPAID_STOP_AHEAD_S
    if metered_cost(order, session, ahead_s=ahead_s, ahead_kwh=max(gained_kwh, Decimal(0))) <= limit:
        return False
    if release.stop_session(order, session) is None:
        return False
    order.save()
    return True


def metered_cost(
    order: Order, session: Session, *, ahead_s: int = 0, ahead_kwh: Decimal = NOTHING
) -> Decimal:
    """What the session costs by the quoted tariff at its meter reading, incl. VAT, in the quote's currency.

    ahead_s, ahead_kwh: and what as many more seconds at the connector's power and so much more energy add.
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
    return prices.bill(
        order.quote.tariff,
        ocpi_version=order.party.connection.version,
        time_zone=order.offer.time_zone,
        charging_periods=periods,
        end_at=read_at,
        start_at=session.start_at,
        total_energy_kwh=energy_kwh,
        step_mode=order.party.connection.step_mode,
        rule=order.quote.rule,
    ).total


def _period(start_at: datetime, length: timedelta, energy_kwh: Decimal) -> Mapping[str, Any]:
    hours = Decimal(max(length.total_seconds(), 0)) / S_PER_HOUR
    dimensions = [{"type": "ENERGY", "volume": energy_kwh}, {"type": "TIME", "volume": hours}]
    return {"start_date_time": start_at, "dimensions": dimensions}
