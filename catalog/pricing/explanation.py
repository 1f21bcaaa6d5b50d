"""Tells in sentences how a cost came about, for staff, drivers and the check of a CDR.

Elements are counted from 1, as people do; times are those of the location's wall clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from catalog.pricing.costs import Total
from catalog.pricing.exact import ZERO, total_of
from catalog.pricing.lines import COMPONENT_TYPE, Line, Rounding, Sides
from catalog.pricing.periods import Period
from catalog.pricing.restrictions import Bound
from catalog.pricing.tariff import UNITS, Component, Tariff
from catalog.pricing.taxes import TaxRule, side_words
from catalog.pricing.wording import duration_text, moment_words, money_text, number_text

MOST_REASONS = 5
NAMES = {
    "ENERGY": "energy",
    "TIME": "charging time",
    "PARKING_TIME": "parking time",
    "RESERVATION_TIME": "reservation time",
    "FLAT": "flat fee",
    "RESERVATION_FLAT": "flat fee of the reservation",
}


@dataclass(slots=True)
class Share:
    """All lines that one component (or none) prices in one dimension. stretches: unbroken runs of periods."""

    first: Line
    last: Line
    last_place: int
    quantity: Decimal = ZERO
    billed: Decimal = ZERO
    stretches: int = 1
    amounts: list[Sides] = field(default_factory=list)


def explain(
    lines: Sequence[Line], roundings: Sequence[Rounding], total: Total, tariff: Tariff, *, is_limited: bool
) -> list[str]:
    """The sentences, in the order of the computation. tariff: whose min_price and max_price count."""
    sentences: list[str] = []
    for share in _shares(lines):
        sentences += _share_sentences(share)
    sentences += [_rounding_sentence(rounding) for rounding in roundings]
    sentences += _exact_sentences(lines, roundings)
    sentences += _limit_sentences(total, tariff, is_limited)
    return [*sentences, f"Total: {_money(total.after, tariff)}."]


def _shares(lines: Sequence[Line]) -> list[Share]:
    """Lines put together by tariff, dimension and element, in the order in which they began."""
    shares: dict[tuple[int, str, str, int], Share] = {}
    period: Period | None = None
    place = 0
    for line in lines:
        component = line.component
        if line.period is not period:
            period, place = line.period, place + 1
        key = (id(line.tariff), line.dimension, line.purpose, component.element if component else -1)
        share = shares.get(key)
        if share is None:
            share = shares[key] = Share(line, line, place)
        share.stretches += place > share.last_place + 1
        share.last, share.last_place = line, place
        share.quantity += line.quantity
        share.billed += line.billed
        if component is not None:
            share.amounts.append(line.amounts)
    return list(shares.values())


def _share_sentences(share: Share) -> Iterator[str]:
    line, component = share.first, share.first.component
    tried = line.tariff.of(line.purpose, COMPONENT_TYPE[line.dimension])
    if component is None:
        reason = "no element applies" if tried else "the tariff has no price for it"
        yield f"{_what(share)} cost nothing: {reason}."
    else:
        rate, amount = _rate(component, line.tariff), _money(_sum(share.amounts), line.tariff)
        if share.billed != share.quantity:
            rate += f", billed as {_quantity(line.dimension, share.billed)}"
        yield f"Element {component.element + 1} prices {_what(share)} at {rate}: {amount}."
    passed = [other for other in tried if component is None or other.element < component.element]
    when = moment_words(line.period.situation.local)
    for other in passed[:MOST_REASONS]:
        failed = next(check for check in other.checks if not check.holds(line.period.situation))
        reason = failed.reason(line.period.situation)
        yield f"Element {other.element + 1} did not apply at {when}: {reason}."
    if len(passed) > MOST_REASONS:
        yield f"Nor did {len(passed) - MOST_REASONS} further elements."
    if component is not None:
        yield from _unverified(component, line)


def _unverified(component: Component, line: Line) -> Iterator[str]:
    now = line.period.situation
    bounds = [check for check in component.checks if isinstance(check, Bound)]
    names = [bound.name for bound in bounds if bound.value(now) is None]
    if names:
        element = component.element + 1
        yield f"Nothing tells whether {' and '.join(names)} of element {element} hold: taken to hold."


def _what(share: Share) -> str:
    """`20 kWh from Mon 2026-03-02 10:00 to 12:00`."""
    dimension = share.first.dimension
    if dimension.endswith("FLAT"):
        return f"the {NAMES[dimension]}"
    quantity = _quantity(dimension, share.quantity)
    name = quantity if dimension == "ENERGY" else f"{quantity} of {NAMES[dimension]}"
    stretches = f" in {share.stretches} stretches" if share.stretches > 1 else ""
    return f"{name}{stretches} from {_span(share)}"


def _span(share: Share) -> str:
    start, end = share.first.period.situation.local, share.last.period.end
    if end is None:
        return moment_words(start)
    until = moment_words(end.astimezone(start.tzinfo))
    same_day = until[:14] == moment_words(start)[:14]
    return f"{moment_words(start)} to {until[15:] if same_day else until}"


def _quantity(dimension: str, quantity: Decimal) -> str:
    return f"{number_text(quantity)} kWh" if dimension == "ENERGY" else duration_text(quantity)


def _rate(component: Component, tariff: Tariff) -> str:
    """`0.25 EUR per kWh excl. VAT, VAT 10 %`: as the tariff prints it."""
    before, after = side_words(tariff.version)
    side = {TaxRule.TAX_INCLUDED: f" {after}", TaxRule.NO_TAX: ""}.get(tariff.rule, f" {before}")
    if component.vat is not None:
        vat = f", VAT {number_text(component.vat)} %"
    else:
        vat = ", no VAT" if tariff.rule is TaxRule.VAT_ON_TOP else ""
    return f"{money_text(component.price)} {tariff.currency} per {UNITS[component.type]}{side}{vat}"


def _sum(amounts: Sequence[Sides]) -> Sides:
    return total_of([side[0] for side in amounts]), total_of([side[1] for side in amounts])


def _money(sides: Sides, tariff: Tariff) -> str:
    """Both sides of an amount, or one when they are the same, or what is known of it."""
    if sides[0] is not None and sides[0] == sides[1]:
        return f"{money_text(sides[0])} {tariff.currency}"
    stated = [
        f"{money_text(amount)} {tariff.currency} {words}"
        for amount, words in zip(sides, side_words(tariff.version), strict=True)
        if amount is not None
    ]
    return ", ".join(stated) or "not known"


def _rounding_sentence(rounding: Rounding) -> str:
    before, after, extra = (
        _quantity(rounding.dimensions[0], value)
        for value in (rounding.before, rounding.after, rounding.after - rounding.before)
    )
    component, names = rounding.component, " and ".join(NAMES[name] for name in rounding.dimensions)
    is_energy = component.type == "ENERGY"
    step = f"{number_text(component.step_size)} Wh" if is_energy else duration_text(component.step_size)
    element = component.element + 1
    return f"step_size {step}: {before} of {names} become {after}; element {element} bills the extra {extra}."


def _exact_sentences(lines: Sequence[Line], roundings: Sequence[Rounding]) -> Iterator[str]:
    """When one time dimension was rounded, say that the other was not."""
    rounded = {name for rounding in roundings for name in rounding.dimensions}
    priced = {line.dimension for line in lines if line.component is not None}
    for name, other in (("TIME", "PARKING_TIME"), ("PARKING_TIME", "TIME")):
        if other in rounded and name in priced - rounded:
            yield f"step_size: {NAMES[name]} stays exact, {NAMES[other]} is the last time that is priced."


def _limit_sentences(total: Total, tariff: Tariff, is_limited: bool) -> Iterator[str]:
    limits = {"min_price": tariff.minimum, "max_price": tariff.maximum}
    bounds = {name: (limit.excl, limit.incl) for name, limit in limits.items()}
    if not is_limited:
        if any(side is not None for sides in bounds.values() for side in sides):
            yield "min_price and max_price do not apply to a reservation that expired without charging."
        return
    for name, sides in bounds.items():
        acted = [
            before != after and after == bound
            for before, after, bound in zip(total.before, total.after, sides, strict=True)
        ]
        for side, words in enumerate(side_words(tariff.version)):
            before, after = total.before[side], total.after[side]
            if before is None or after is None:
                continue
            if acted[side]:
                change = f"from {money_text(before)} to {money_text(after)} {tariff.currency}"
                yield f"{name} {'raises' if after > before else 'caps'} the total {words} {change}."
            elif any(acted) and sides[side] is None:
                yield f"{name} has no amount {words}: that total stays {money_text(after)} {tariff.currency}."
