"""Charges that were billed, priced anew at the operator's tariff: what a price book is tried on."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from catalog.errors import PriceUnknown
from catalog.services import quoting as prices
from catalog.services.simulation import Charge
from sessions.models import Bill, Order, QuoteKind


def past_charges(since: datetime, until: datetime, most: int) -> Iterator[Charge]:
    """The newest charges that began in [since, until), at most so many; what has no price is left out.

    Each order is one charge, by the bill of it that stands: not credited whole, not followed by another.
    """
    bills = (
        _charges()
        .filter(cdr__start_at__gte=since, cdr__start_at__lt=until)
        .exclude(cdr__audit__credited=True)
        .exclude(Exists(_charges().filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))))
        .select_related("quote", "cdr", "order__offer", "order__party__connection", "order__quote")
        .order_by("-pk")[:most]
    )
    for bill in bills.iterator(chunk_size=200):
        charge = _charge(bill)
        if charge is not None:
            yield charge


def _charges() -> QuerySet[Bill]:
    return Bill.objects.filter(held="", quote__kind=QuoteKind.BILL)


def _charge(bill: Bill) -> Charge | None:
    order, cdr = bill.order, bill.cdr
    assert cdr is not None  # selected by it
    try:
        cost = prices.bill(
            bill.quote.tariff,
            ocpi_version=order.party.connection.version,
            time_zone=order.offer.time_zone,
            charging_periods=cdr.raw.get("charging_periods") or [],
            end_at=cdr.end_at,
            start_at=cdr.start_at,
            total_energy_kwh=cdr.total_energy_kwh,
            step_mode=order.party.connection.step_mode,
        )
    except PriceUnknown:
        return None
    return Charge(order.offer, cdr.start_at, order.sold_through, cost, _owed(order, bill))


def _owed(order: Order, bill: Bill) -> Decimal:
    """What the order owes for the charge, after a credit of a part."""
    credit = order.bills.filter(held="", quote__kind=QuoteKind.CREDIT, pk__gt=bill.pk).first()
    return credit.quote.total if credit else bill.quote.total
