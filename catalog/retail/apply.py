"""From what the operator charges to what the driver pays.

Lines include VAT and are rounded half up to two decimals; the total is their sum. Source: docs/pricing.md; beckn.md e.4.
"""

from dataclasses import replace
from decimal import Decimal

from catalog.retail.rule import HUNDRED, Kind, Terms
from catalog.services.priced_lines import (
    ENERGY_COST,
    PARKING_FEE,
    PLATFORM_FEE,
    RESERVATION_FEE,
    Line,
    PricedLines,
    total_of,
    unit_price,
)
from emsp.core.money import to_cents

ONE = Decimal(1)
# What a flat price per kWh does not cover, because the driver decides how long it goes on.
BESIDE_FLAT = frozenset({PARKING_FEE, RESERVATION_FEE})


def retail(cost: PricedLines, terms: Terms) -> PricedLines:
    """The price of a charge by the terms of a rule; `cost` of the result holds the operator's lines.

    The service fee is due when energy is taken. A rule that changes nothing gives the operator's lines exactly as
    they are. Prices per unit are rounded half up to four decimals before a rule changes them and before they are
    multiplied, so that the price is the one a search showed, and that price times the energy is the amount.
    """
    lines = _lines(cost, terms)
    if terms.service_fee and cost.energy_kwh:
        lines.append(_fee(terms, cost.currency))
    if lines == cost.lines:
        return replace(cost, cost=cost)
    energy = next((line for line in lines if line.code == ENERGY_COST), None)
    excl_vat = sum((_excl_vat(line) for line in lines), Decimal(0))
    return replace(
        cost,
        lines=lines,
        total=total_of(lines),
        total_excl_vat=to_cents(excl_vat),
        unit_price=unit_price(energy.unit_price_incl_vat) if energy else None,
        cost=cost,
    )


def energy_price(cost_price: Decimal | None, terms: Terms) -> Decimal | None:
    """The price per kWh incl. VAT that a driver is shown, from that of the operator; None when that is not known."""
    if cost_price is None:
        return None
    if terms.kind == Kind.FLAT and terms.energy_price is not None:
        return unit_price(terms.with_vat(terms.energy_price))
    return changed_price(cost_price, terms, energy=True)


def changed_price(price: Decimal, terms: Terms, *, energy: bool) -> Decimal:
    """A price per unit incl. VAT with the markup on it; energy: within floor and cap. For any rule but a flat price."""
    marked = _marked(price, terms, energy=energy)
    return _clamped(marked, terms) if energy else marked


def _lines(cost: PricedLines, terms: Terms) -> list[Line]:
    if terms.kind == Kind.FLAT and terms.energy_price is not None:
        own = _energy(cost, terms.energy_price, terms)
        return [own, *(line for line in cost.lines if line.code in BESIDE_FLAT)]
    lines = [_changed(line, terms, cost.currency) for line in cost.lines]
    if terms.kind == Kind.MARKUP and terms.markup_per_kwh and not _has_energy(cost):
        lines.insert(0, _energy(cost, terms.markup_per_kwh, terms))
    return lines


def _has_energy(cost: PricedLines) -> bool:
    return any(line.code == ENERGY_COST for line in cost.lines)


def _energy(cost: PricedLines, price: Decimal, terms: Terms) -> Line:
    """Energy at a price of our own, without any step_size. price: per kWh, excluding VAT."""
    unit = unit_price(terms.with_vat(price))
    energy_kwh = cost.energy_kwh
    amount = to_cents(unit * energy_kwh, cost.currency)
    return Line(ENERGY_COST, energy_kwh, energy_kwh, "kWh", unit, amount, unit_price_excl_vat=price, vat=terms.vat_percent)


def _fee(terms: Terms, currency: str) -> Line:
    assert terms.service_fee is not None  # asked for when there is one
    amount = to_cents(terms.with_vat(terms.service_fee), currency)
    net, vat = terms.service_fee, terms.vat_percent
    return Line(PLATFORM_FEE, None, ONE, "session", amount, amount, unit_price_excl_vat=net, vat=vat)


def _changed(line: Line, terms: Terms, currency: str) -> Line:
    """A line of the operator with the markup on it; energy within floor and cap."""
    energy = line.code == ENERGY_COST
    marked = _marked(line.unit_price_incl_vat, terms, energy=energy)
    unit = changed_price(line.unit_price_incl_vat, terms, energy=energy)
    if unit == unit_price(line.unit_price_incl_vat):
        return line
    excl = line.unit_price_excl_vat
    if excl is not None:
        excl = _plus(excl, terms, own=terms.markup_per_kwh if energy else None)
        excl = excl * unit / marked if marked and unit != marked else excl
    return replace(
        line, unit_price_incl_vat=unit, unit_price_excl_vat=excl, amount=to_cents(unit * line.quantity, currency)
    )


def _marked(price: Decimal, terms: Terms, *, energy: bool) -> Decimal:
    """A price incl. VAT as it is shown, with the markup of the rule on it."""
    own = terms.with_vat(terms.markup_per_kwh) if energy and terms.markup_per_kwh else None
    return unit_price(_plus(unit_price(price), terms, own=own))


def _plus(price: Decimal, terms: Terms, *, own: Decimal | None) -> Decimal:
    if terms.kind != Kind.MARKUP:
        return price
    return price * (1 + (terms.markup_percent or Decimal(0)) / HUNDRED) + (own or Decimal(0))


def _clamped(price: Decimal, terms: Terms) -> Decimal:
    if terms.floor_per_kwh is not None and price < terms.floor_per_kwh:
        return terms.floor_per_kwh
    return terms.cap_per_kwh if terms.cap_per_kwh is not None and price > terms.cap_per_kwh else price


def _excl_vat(line: Line) -> Decimal:
    """The line without VAT, not rounded; with it where the VAT is not known."""
    return line.amount if line.unit_price_excl_vat is None else line.unit_price_excl_vat * line.quantity
