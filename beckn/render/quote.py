"""A stored price as a Quotation. Lines add up to the total; currency is ISO on totals and lines. Source: beckn.md e.4."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from beckn.render.catalog import energy_price
from emsp.core.money import plain
from sessions.models import Quote, QuoteKind

ENERGY = "energy-cost"


def quotation(quote: Quote) -> dict[str, Any]:
    """id, price, breakup; ttl (what is left of it) only while the quote can still be taken."""
    made: dict[str, Any] = {
        "id": str(quote.quote_id),
        "price": amount(quote.total, quote.currency),
        "breakup": [_line(line, quote) for line in quote.lines],
    }
    if quote.kind == QuoteKind.QUOTE and quote.expires_at:
        left_s = int((quote.expires_at - timezone.now()).total_seconds())
        if left_s > 0:
            made["ttl"] = f"PT{left_s}S"
    return made


def _line(line: dict[str, Any], quote: Quote) -> dict[str, Any]:
    made: dict[str, Any] = {"title": line["code"]}
    if line["code"] == ENERGY and line.get("unit_price") is not None:
        made["item"] = {
            "id": quote.offer.offer_id,
            "price": energy_price(plain(Decimal(line["unit_price"])), quote.currency),
            "quantity": {"selected": measure(Decimal(line["quantity"]))},
        }
    made["price"] = amount(Decimal(line["amount"]), quote.currency)
    return made


def amount(value: Decimal, currency: str) -> dict[str, str]:
    """A Price with two decimals."""
    return {"currency": currency, "value": f"{value:.2f}"}


def measure(energy_kwh: Decimal) -> dict[str, Any]:
    """An amount of energy in kWh."""
    return {"measure": {"type": "CONSTANT", "value": plain(energy_kwh), "unit": "kWh"}}
