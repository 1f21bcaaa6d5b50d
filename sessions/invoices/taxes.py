"""The tax in a bill, by rate. Lines include it: it is taken out of each rate's sum. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from emsp.core.money import plain, to_cents
from sessions.invoices.places import parted

HUNDRED = Decimal(100)
ZERO = Decimal("0.00")
# Lines that change the sum without being a delivery of their own: they carry the tax of what they change.
ADJUSTING = frozenset({"price-limit", "quote-cap"})
# What the tax on sales is called where a currency is used; elsewhere VAT.
TAX_NAMES = {"INR": "GST", "AUD": "GST", "NZD": "GST", "SGD": "GST", "CAD": "GST/HST", "USD": "Sales tax"}


def tax_name(currency: str) -> str:
    """The name of the tax in a country of this currency."""
    return TAX_NAMES.get(currency, "VAT")


def tax_lines(lines: Iterable[Mapping[str, Any]], currency: str) -> list[dict[str, str]]:
    """[{name, percent, net, tax}] of a bill's lines, by rising rate; net + tax is what is paid at that rate.

    lines: as a Quote keeps them; those whose rate is not known are left out. Amounts as text, two decimals.
    """
    gross: dict[Decimal | None, Decimal] = {}
    adjusting = ZERO
    for line in lines:
        amount = Decimal(line["amount"])
        if line["code"] in ADJUSTING:
            adjusting += amount
        else:
            rate = Decimal(line["vat"]) if line.get("vat") is not None else None
            gross[rate] = gross.get(rate, ZERO) + amount
    _spread(gross, adjusting)
    return [_tax_line(rate, gross[rate], currency) for rate in sorted(r for r in gross if r is not None)]


def scaled(taxes: Sequence[Mapping[str, Any]], share: Decimal) -> list[dict[str, Any]]:
    """Tax lines of a part of what was invoiced; a negative share takes it back.

    As in tax_lines, net + tax is what is paid or given back at a rate; together they are that part of the sum.
    """
    gross = {number: Decimal(tax["net"]) + Decimal(tax["tax"]) for number, tax in enumerate(taxes)}
    part = {number: to_cents(amount * share) for number, amount in gross.items()}
    if part:
        largest = max(gross, key=lambda number: gross[number])
        part[largest] += to_cents(sum(gross.values()) * share) - sum(part.values())
    made = []
    for number, tax in enumerate(taxes):
        net = to_cents(Decimal(tax["net"]) * share)
        made.append(parted({**tax, "net": str(net), "tax": str(part[number] - net)}))
    return made


def _spread(gross: dict[Decimal | None, Decimal], adjusting: Decimal) -> None:
    """Add the adjustment to the rates in proportion; the largest takes what rounding leaves."""
    total = sum(gross.values(), ZERO)
    if not adjusting or not total:
        return
    left = adjusting
    for rate in gross:
        part = to_cents(adjusting * gross[rate] / total)
        gross[rate] += part
        left -= part
    gross[max(gross, key=lambda rate: gross[rate])] += left


def _tax_line(rate: Decimal, amount: Decimal, currency: str) -> dict[str, str]:
    net = to_cents(amount / (1 + rate / HUNDRED))
    return {
        "name": tax_name(currency),
        "percent": plain(rate),
        "net": str(net),
        "tax": str(amount - net),
    }
