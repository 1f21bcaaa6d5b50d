"""A price in lines, as quotes and bills state it: including VAT, two decimals, lines that add up to the total.

Source: beckn.md e.4 (Quote): round half up per line, total = sum of the lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from catalog.pricing import Amount, Item, Priced
from emsp.core.money import to_cents

ENERGY_COST, CHARGING_TIME, PARKING_FEE = "energy-cost", "charging-time", "parking-fee"
SERVICE_CHARGE, RESERVATION_FEE, PRICE_LIMIT = "service-charge", "reservation-fee", "price-limit"
PLATFORM_FEE = "platform-fee"  # ours; the fee of the operator for a start is a service-charge

# dimension of an Item → code and unit of its line, in the order in which lines are shown
LINE_OF = {
    "ENERGY": (ENERGY_COST, "kWh"),
    "TIME": (CHARGING_TIME, "h"),
    "PARKING_TIME": (PARKING_FEE, "h"),
    "FLAT": (SERVICE_CHARGE, "session"),
    "RESERVATION_FLAT": (RESERVATION_FEE, "session"),
    "RESERVATION_TIME": (RESERVATION_FEE, "h"),
}
FOUR_PLACES = Decimal("0.0001")
ZERO = Decimal("0.00")


def unit_price(price: Decimal) -> Decimal:
    """A price per unit as searches, quotes and bills state it: rounded half up to four decimals."""
    return price.quantize(FOUR_PLACES, ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """One line: quantity (after step_size) × unit_price_incl_vat = amount, the latter in cents.

    energy_kwh: what was or will be taken, before step_size; None where the line is not about energy.
    unit: kWh, h or session. A price-limit is what min_price adds or max_price takes away.
    unit_price_excl_vat: None where the tariff does not tell the VAT apart.
    vat: in per cent, part of the amount; None where the tariff names none.
    """

    code: str
    energy_kwh: Decimal | None
    quantity: Decimal
    unit: str
    unit_price_incl_vat: Decimal
    amount: Decimal
    vat: Decimal | None = None
    unit_price_excl_vat: Decimal | None = field(default=None, compare=False)


@dataclass(frozen=True)
class PricedLines:
    """What a charge costs. total is the sum of the lines, exactly.

    unit_price: per kWh incl. VAT, of the first energy; None when energy has no price of its own.
    total_excl_vat: equal to total where the tariff does not tell the VAT apart.
    tariff, tariff_version: the OCPI tariff it was made of, and the pk of its version.
    explanation: sentences for staff and drivers. findings: what was wrong with a CDR and how it was read.
    energy_kwh: taken or planned, whatever it is priced by.
    cost: what the operator charges by the same tariff, where a rule of the price book made these lines of it.
    rule: that rule as a quote keeps it: {version, rule_id, name, why, terms}; None without a published price book.
    """

    lines: list[Line]
    total: Decimal
    total_excl_vat: Decimal
    currency: str
    unit_price: Decimal | None
    explanation: list[str]
    tariff: dict[str, Any]
    tariff_version: int | None = None
    findings: list[str] = field(default_factory=list)
    energy_kwh: Decimal = Decimal(0)
    cost: "PricedLines | None" = None
    rule: dict[str, Any] | None = None

    @property
    def at_cost(self) -> "PricedLines":
        """The operator's side of it: what a CDR is compared with."""
        return self.cost or self


def total_of(lines: Iterable[Line]) -> Decimal:
    """The sum of the lines' amounts, two decimals."""
    return sum((line.amount for line in lines), ZERO)


def in_lines(
    priced: Priced,
    *,
    tariff: dict[str, Any],
    energy_kwh: Decimal,
    tariff_version: int | None = None,
    notes: Iterable[str] = (),
    findings: Iterable[str] = (),
) -> PricedLines:
    """Put a price of the tariff engine in lines.

    energy_kwh: shown at no cost when the tariff asks nothing for anything, so that there always is a line.
    notes: sentences to put before the engine's own.
    """
    lines = _lines(priced.items, priced.currency)
    before = total_of(lines)
    if _known(priced.adjustment):
        limited = to_cents(_known(priced.total), priced.currency)
        if limited != before:
            lines.append(_single(PRICE_LIMIT, limited - before, priced.adjustment.excl_vat))
    if not lines:
        lines.append(Line(ENERGY_COST, energy_kwh, energy_kwh, "kWh", ZERO, ZERO))
    total = total_of(lines)
    energy = next((line for line in lines if line.code == ENERGY_COST), None)
    excl_vat = priced.total.excl_vat
    return PricedLines(
        lines=lines,
        total=total,
        total_excl_vat=total if excl_vat is None else to_cents(excl_vat),
        currency=priced.currency,
        unit_price=unit_price(energy.unit_price_incl_vat) if energy else None,
        explanation=[*findings, *notes, *priced.explanation],
        tariff=tariff,
        tariff_version=tariff_version,
        findings=list(findings),
        energy_kwh=energy_kwh,
    )


def _lines(items: list[Item], currency: str) -> list[Line]:
    """One line per dimension, price and VAT, in the order of LINE_OF and then of time."""
    groups: dict[tuple[str, Decimal, Decimal | None], list[Item]] = {}
    for dimension in LINE_OF:
        for item in items:
            if item.dimension == dimension:
                groups.setdefault((dimension, _unit_price(item), item.vat), []).append(item)
    return [_line(dimension, price, vat, group, currency) for (dimension, price, vat), group in groups.items()]


def _line(dimension: str, price: Decimal, vat: Decimal | None, items: list[Item], currency: str) -> Line:
    code, unit = LINE_OF[dimension]
    taken = sum((item.quantity for item in items), Decimal(0))
    return Line(
        code=code,
        energy_kwh=taken if dimension == "ENERGY" else None,
        quantity=sum((item.billed_quantity for item in items), Decimal(0)),
        unit=unit,
        unit_price_incl_vat=price,
        amount=to_cents(sum((_known(item.amount) for item in items), Decimal(0)), currency),
        unit_price_excl_vat=items[0].price_excl_vat,
        vat=vat,
    )


def _single(code: str, amount: Decimal, excl_vat: Decimal | None) -> Line:
    return Line(code, None, Decimal(1), "session", amount, amount, unit_price_excl_vat=excl_vat)


def _unit_price(item: Item) -> Decimal:
    return _known(Amount(item.price_excl_vat, item.price_incl_vat))


def _known(amount: Amount) -> Decimal:
    """The amount incl. VAT; without it where VAT is not known (ocpi.md 4.7, 2.1.1)."""
    return next((side for side in (amount.incl_vat, amount.excl_vat) if side is not None), Decimal(0))
