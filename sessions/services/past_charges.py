"""Charges that were billed, priced anew at the operator's tariff: what a price book is tried on."""

from collections.abc import Iterator
from datetime import datetime

from catalog.errors import PriceUnknown
from catalog.services import quoting as prices
from catalog.services.simulation import Charge
from sessions.models import Bill, QuoteKind


def past_charges(since: datetime, until: datetime, most: int) -> Iterator[Charge]:
    """The newest bills for charges that began in [since, until), at most so many; what has no price is left out."""
    bills = (
        Bill.objects.filter(
            held="", quote__kind=QuoteKind.BILL, cdr__start_at__gte=since, cdr__start_at__lt=until
        )
        .select_related("quote", "cdr", "order__offer", "order__party__connection", "order__quote")
        .order_by("-pk")[:most]
    )
    for bill in bills.iterator(chunk_size=200):
        charge = _charge(bill)
        if charge is not None:
            yield charge


def _charge(bill: Bill) -> Charge | None:
    order, cdr = bill.order, bill.cdr
    assert cdr is not None  # selected by it
    try:
        cost = prices.bill(
            bill.quote.tariff,
            time_zone=order.offer.time_zone,
            charging_periods=cdr.raw.get("charging_periods") or [],
            end_at=cdr.end_at,
            start_at=cdr.start_at,
            total_energy_kwh=cdr.total_energy_kwh,
            step_mode=order.party.connection.step_mode,
        )
    except PriceUnknown:
        return None
    return Charge(order.offer, cdr.start_at, order.sold_through, cost, bill.quote.total)
