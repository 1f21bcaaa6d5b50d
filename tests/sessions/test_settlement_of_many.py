"""Many orders billed at once: the ledger balances to the last paisa, invoices have no gap, statements are the sum."""

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import Sum
from django.utils import timezone

from ocpi.models import Cdr
from sessions.ledger import proof, statements
from sessions.models import Account, Bill, Invoice, Order, Posting, Quote, Statement
from sessions.services import billing
from tests.factories.catalog import OfferFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = int(os.environ.get("SETTLED_ORDERS", "160"))
WORKERS = 8
TARIFF = {
    "country_code": "IN", "party_id": "CPO", "id": "T-1", "currency": "INR", "last_updated": "2026-03-01T08:00:00Z",
    "elements": [{"price_components": [
        {"type": "ENERGY", "price": Decimal("17.37"), "vat": 18, "step_size": 1},
        {"type": "FLAT", "price": Decimal("5.55"), "vat": 18, "step_size": 1},
    ]}],
}  # fmt: skip


def cdr_of(offer, number):
    """A charging order and the CDR that bills it: energy, time and price are its own."""
    energy_kwh = Decimal(number % 97 + 1) / 7
    energy_kwh = energy_kwh.quantize(Decimal("0.0001"))
    start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number)
    sold = {"party": offer.party, "sold_through": "bap.example", "state": "CHARGING"}
    order = Order.objects.create(offer=offer, confirmed_at=start, **sold)
    order.quote = Quote.objects.create(
        order=order, offer=offer, energy_kwh=energy_kwh, currency="INR", total=Decimal(1), lines=[], tariff=TARIFF,
        unit_price=Decimal("20.4966"),
    )  # fmt: skip
    order.save()
    periods = [{"start_date_time": start.isoformat(), "dimensions": [
        {"type": "ENERGY", "volume": energy_kwh}, {"type": "TIME", "volume": Decimal("0.5")},
    ]}]  # fmt: skip
    excl = (energy_kwh * Decimal("17.37") + Decimal("5.55")).quantize(Decimal("0.0001"))
    return Cdr.objects.create(
        party=offer.party, ocpi_id=f"CDR-{number}", key=f"cdr-{number}", authorization_reference=str(order.reference),
        start_at=start, end_at=start + timedelta(minutes=30), currency="INR", total_energy_kwh=energy_kwh,
        total_cost_excl_vat=excl, total_cost_incl_vat=(excl * Decimal("1.18")).quantize(Decimal("0.0001")),
        raw={"charging_periods": periods, "total_time": Decimal("0.5"), "tariffs": [TARIFF]}, body_hash="x",
        received_at=timezone.now(),
    )  # fmt: skip


def settle(cdrs):
    for cdr in cdrs:
        billing.cdr_received(cdr)


def test_many_orders_settled_at_once():
    offer = OfferFactory(power_w=60_000, time_zone="Asia/Kolkata")
    cdrs = [cdr_of(offer, number) for number in range(ORDERS)]

    at_once(*(partial(settle, cdrs[n::WORKERS]) for n in range(WORKERS)))

    assert Order.objects.filter(state="BILLED").count() == ORDERS
    assert Posting.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    assert proof.problems() == []
    numbers = sorted(int(invoice.number.rsplit("/", 1)[1]) for invoice in Invoice.objects.all())
    assert numbers == list(range(1, ORDERS + 1))

    today = datetime.now(UTC).date()
    span = {"period_from": date(2026, 1, 1), "period_to": today, "currency": "INR"}
    sold = Bill.objects.aggregate(sum=Sum("quote__total"))["sum"]
    bought = sum(cdr.total_cost_incl_vat.quantize(Decimal("0.01"), "ROUND_HALF_UP") for cdr in Cdr.objects.all())
    app = statements.build(Statement(kind="BAP", bap_id="bap.example", **span))
    operator = statements.build(Statement(kind="CPO", party=offer.party, **span))
    assert (app.total, operator.total) == (sold, bought)
    receivable = Posting.objects.filter(account=Account.RECEIVABLE_BAP).aggregate(sum=Sum("amount"))["sum"]
    assert receivable == sold
