"""From billed lines to money: items, sums per dimension, min_price and max_price.

Source: ocpi.md 4.4 steps 8 to 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalog.pricing.exact import Ledger, given_out, total_of
from catalog.pricing.lines import Line, Sides
from catalog.pricing.priced import Amount, Item
from catalog.pricing.tariff import Component, Tariff

GROUPS = ("energy", "time", "parking", "reservation", "fixed")
GROUP_OF = {
    "ENERGY": "energy",
    "TIME": "time",
    "PARKING_TIME": "parking",
    "RESERVATION_TIME": "reservation",
    "RESERVATION_FLAT": "reservation",
    "FLAT": "fixed",
}
BILLED_OF = {
    "ENERGY": "energy_kwh",
    "TIME": "time_s",
    "PARKING_TIME": "parking_s",
    "RESERVATION_TIME": "reservation_s",
}
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Total:
    """The total (excluding, including tax) before and after min_price and max_price."""

    before: Sides
    after: Sides

    @property
    def given_out(self) -> Amount:
        """The total after min_price and max_price."""
        return Amount(*(None if side is None else given_out(side) for side in self.after))

    @property
    def adjustment(self) -> Amount:
        """What min_price and max_price added to the sum of the items."""
        excl, incl = (
            None if low is None or high is None else given_out(high) - given_out(low)
            for low, high in zip(self.before, self.after, strict=True)
        )
        return Amount(excl, incl)


def sums_by_group(lines: Sequence[Line]) -> dict[str, Sides]:
    """The sum of each of GROUPS, excluding and including tax, None where a part is not known."""
    amounts: dict[str, list[Sides]] = {group: [] for group in GROUPS}
    for line in lines:
        amounts[GROUP_OF[line.dimension]].append(line.amounts)
    return {
        group: (total_of(side[0] for side in listed), total_of(side[1] for side in listed))
        for group, listed in amounts.items()
    }


def limited(sums: Mapping[str, Sides], tariff: Tariff, *, is_limited: bool) -> Total:
    """min(max(total, min_price), max_price) of each side by itself.

    is_limited: False for a reservation that expired without charging, to which they do not apply.
    A side that min_price or max_price lacks does not bind.
    """
    excl, incl = (total_of(sums[group][side] for group in GROUPS) for side in (0, 1))
    if not is_limited:
        return Total((excl, incl), (excl, incl))
    low, high = tariff.minimum, tariff.maximum
    return Total((excl, incl), (_clamp(excl, low.excl, high.excl), _clamp(incl, low.incl, high.incl)))


def _clamp(amount: Decimal | None, low: Decimal | None, high: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    if low is not None:
        amount = max(amount, low)
    return amount if high is None else min(amount, high)


def items_of(lines: Sequence[Line]) -> tuple[list[Item], dict[str, Amount]]:
    """Items in the order of time, and the amount of each of GROUPS as the sum of its items."""
    before_tax, after_tax = ledgers = (Ledger(), Ledger())
    priced = [(line, line.component) for line in lines if line.component is not None]
    amounts: dict[int, Amount] = {}
    groups: dict[str, Amount] = {}
    for group in GROUPS:
        members = [line for line, _ in priced if GROUP_OF[line.dimension] == group]
        marks = [ledger.given for ledger in ledgers]
        for line in members:
            excl, incl = line.amounts
            amounts[id(line)] = Amount(
                None if excl is None else before_tax.add(excl), None if incl is None else after_tax.add(incl)
            )
        sums = [ledger.given - mark for ledger, mark in zip(ledgers, marks, strict=True)]
        groups[group] = Amount(*(_if_known(members, side, sums[side]) for side in (0, 1)))
    prices = {id(component): _prices(component) for component in {id(c): c for _, c in priced}.values()}
    return [_item(line, prices[id(c)], amounts[id(line)], c.element) for line, c in priced], groups


def _if_known(lines: Sequence[Line], side: int, amount: Decimal) -> Decimal | None:
    return None if any(line.amounts[side] is None for line in lines) else amount


_Prices = tuple[Decimal | None, Decimal | None, Decimal | None]


def _prices(component: Component) -> _Prices:
    """Excluding tax, VAT percent, including tax, as an item states them."""
    excl, vat, incl = (
        None if number is None else given_out(number)
        for number in (component.excl, component.vat, component.incl)
    )
    return excl, vat, incl


def _item(line: Line, prices: _Prices, amount: Amount, element: int) -> Item:
    divisor = HOUR_S if line.dimension.endswith("TIME") else 1
    quantity = given_out(line.quantity if divisor == 1 else line.quantity / divisor)
    is_exact = line.billed == line.quantity
    return Item(
        line.dimension,
        quantity,
        quantity if is_exact else given_out(line.billed / divisor),
        *prices,
        amount,
        element,
        line.period.index,
        line.period.situation.at,
    )


def billed_quantities(lines: Sequence[Line]) -> dict[str, Decimal]:
    """kWh and seconds after step_size, of what had a component."""
    billed = dict.fromkeys(BILLED_OF.values(), Decimal(0))
    for line in lines:
        if line.component is not None and line.dimension in BILLED_OF:
            billed[BILLED_OF[line.dimension]] += line.billed
    return {name: given_out(quantity) for name, quantity in billed.items()}
