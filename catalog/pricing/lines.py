"""Which component prices what: lines of dimension, quantity and component, and their rounding by step_size.

Source: ocpi.md 4.2 and 4.4 steps 4 to 7.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from catalog.pricing.exact import ZERO
from catalog.pricing.periods import Period
from catalog.pricing.restriction_reader import CHARGING
from catalog.pricing.restrictions import Situation
from catalog.pricing.tariff import Component, Tariff

StepMode = Literal["last_dimension", "combined_time", "none"]
STEP_MODES: tuple[StepMode, ...] = ("last_dimension", "combined_time", "none")

# A millionth of a Wh or of a second beside a step is what a partner's float left behind.
NOISE = Decimal("0.000001")
CHARGED = ("ENERGY", "TIME", "PARKING_TIME")
# dimension of a line -> type of the component that prices it
COMPONENT_TYPE = {
    "ENERGY": "ENERGY",
    "TIME": "TIME",
    "PARKING_TIME": "PARKING_TIME",
    "FLAT": "FLAT",
    "RESERVATION_TIME": "TIME",
    "RESERVATION_FLAT": "FLAT",
}


# An amount excluding and including tax, None where the tariff does not tell.
Sides = tuple[Decimal | None, Decimal | None]


@dataclass(slots=True)
class Line:
    """A quantity of one dimension in one period: kWh, seconds, or 1 for a FLAT.

    component: None when no component applies, then the quantity is free and rounds nothing.
    purpose: whose components were tried. billed: the quantity after step_size; amounts: its cost, in
    the currency of the tariff.
    """

    dimension: str
    purpose: str
    component: Component | None
    period: Period
    tariff: Tariff
    quantity: Decimal
    billed: Decimal
    amounts: Sides = (ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Rounding:
    """What a step_size did. before, after: kWh or seconds; component: the one that bills the difference."""

    dimensions: tuple[str, ...]
    before: Decimal
    after: Decimal
    component: Component


def choose(components: Sequence[Component], now: Situation) -> Component | None:
    """The first component whose restrictions all hold; a price of 0 is a hit like any other."""
    for component in components:
        for check in component.checks:
            if not check.holds(now):
                break
        else:
            return component
    return None


def lines_of(periods: Sequence[tuple[Period, Tariff]], *, is_expired: bool) -> list[Line]:
    """Lines in the order of time. is_expired: the reservation ended without a charging session."""
    lines: list[Line] = []
    paid: set[str] = set()
    for period, tariff in periods:
        if period.has_reservation:
            lines += _reservation_lines(period, tariff, paid, is_expired)
        if not period.is_reservation:
            if CHARGING not in paid and tariff.of(CHARGING, "FLAT"):
                lines += _flat(period, tariff, paid, "FLAT", CHARGING)
            for dimension in CHARGED:
                quantity = period.volumes.get(dimension)
                if quantity:
                    lines.append(_line(dimension, CHARGING, period, tariff, quantity))
    return lines


def _line(dimension: str, purpose: str, period: Period, tariff: Tariff, quantity: Decimal) -> Line:
    component = choose(tariff.of(purpose, COMPONENT_TYPE[dimension]), period.situation)
    return Line(dimension, purpose, component, period, tariff, quantity, quantity)


def _flat(period: Period, tariff: Tariff, paid: set[str], dimension: str, purpose: str) -> Iterator[Line]:
    """The FLAT of a purpose, unless one was due earlier in the session (4.4 step 5). paid: purposes done."""
    if purpose not in paid:
        line = _line(dimension, purpose, period, tariff, Decimal(1))
        if line.component is not None:
            paid.add(purpose)
            yield line


def _reservation_lines(period: Period, tariff: Tariff, paid: set[str], is_expired: bool) -> Iterator[Line]:
    """4.4 step 6: the expiry's TIME replaces the reservation's, its FLAT comes on top."""
    yield from _flat(period, tariff, paid, "RESERVATION_FLAT", "RESERVATION")
    if is_expired:
        yield from _flat(period, tariff, paid, "RESERVATION_FLAT", "RESERVATION_EXPIRES")
    quantity = period.volumes.get("RESERVATION_TIME")
    if not quantity:
        return
    line = _line("RESERVATION_TIME", "RESERVATION", period, tariff, quantity)
    if is_expired:
        expiry = _line("RESERVATION_TIME", "RESERVATION_EXPIRES", period, tariff, quantity)
        line = expiry if expiry.component is not None else line
    yield line


def round_up(lines: Sequence[Line], mode: StepMode) -> list[Rounding]:
    """Round the billed quantities up by step_size, once per session (4.4 step 7); says what was done.

    last_dimension: OCPI 2.2.1-d2 and later; combined_time: 2.2 and the first 2.2.1; none: no rounding.
    """
    if mode == "none":
        return []
    priced = [line for line in lines if line.component is not None]
    timed = [line for line in priced if line.dimension in ("TIME", "PARKING_TIME")]
    if timed and mode == "last_dimension":
        timed = [line for line in timed if line.dimension == timed[-1].dimension]
    energy = [line for line in priced if line.dimension == "ENERGY"]
    reserved = [line for line in priced if line.dimension == "RESERVATION_TIME"]
    done = (_round(energy, 1000), _round(timed, 1), _round(reserved, 1))
    return [rounding for rounding in done if rounding is not None]


def _round(lines: Sequence[Line], units: int) -> Rounding | None:
    """Round the sum of the lines, times units, up to the step of the last one, which pays the extra."""
    if not lines or (component := lines[-1].component) is None:
        return None
    before = sum((line.quantity for line in lines), Decimal(0)) * units
    if not component.step_size or before <= NOISE:
        return None
    steps = ((before - NOISE) / component.step_size).to_integral_value(ROUND_CEILING)
    after = steps * component.step_size
    if after - before < NOISE:
        return None
    lines[-1].billed += (after - before) / units
    dimensions = tuple(sorted({line.dimension for line in lines}))
    return Rounding(dimensions, before / units, after / units, component)


def bill(lines: Sequence[Line]) -> None:
    """Set the amounts of all lines: billed quantity x price, per hour where it is a time (step 8)."""
    for line in lines:
        if line.component is not None:
            excl, incl = line.component.excl, line.component.incl
            divisor = 3600 if line.dimension.endswith("TIME") else 1
            line.amounts = (
                None if excl is None else excl * line.billed / divisor,
                None if incl is None else incl * line.billed / divisor,
            )
