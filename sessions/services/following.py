"""Prices that follow the quote of an order: bill, credit and cancellation, and the lines that are ours alone."""

from decimal import Decimal

from sessions.models import Order, Quote

CREDIT_CODE = "credit"  # the last line of a credit: what it takes back, below 0


def own_line(code: str, amount: Decimal) -> dict[str, str | None]:
    """A line of our own, once per session, in the form in which a Quote keeps it. amount: incl. VAT, two decimals."""
    return {"code": code, "quantity": "1", "unit": "session", "unit_price": None, "amount": str(amount)}


def follow_quote(order: Order, **values: object) -> Quote:
    """Store a price for the order's offer, of the tariff version and by the price rule that were quoted.

    values: kind, energy_kwh, total, lines, and what else is its own.
    """
    assert order.quote is not None  # an order beyond QUOTED always has one
    base = {
        "order": order,
        "offer": order.offer,
        "currency": order.quote.currency,
        "tariff": order.quote.tariff,
        "tariff_version": order.quote.tariff_version,
        "rule": order.quote.rule,
    }
    return Quote.objects.create(**(base | values))
