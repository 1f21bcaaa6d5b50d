"""A tariff as the engine uses it: exact prices, restrictions as checks, candidates per dimension.

Source: ocpi.md 4.1, 4.2 and 4.8; OCPI 2.2.1 mod_tariffs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from catalog.pricing.errors import TariffError
from catalog.pricing.reading import (
    read_list,
    read_number,
    read_object,
    read_optional_number,
    read_word,
    shown,
)
from catalog.pricing.restriction_reader import CHARGING, RESERVATIONS, read_restrictions
from catalog.pricing.restrictions import Check, Cuts
from catalog.pricing.taxes import TaxRule, rates, read_price, tax_rule

MOST_ELEMENTS = 1000
TYPES = ("ENERGY", "FLAT", "PARKING_TIME", "TIME")
UNITS = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "FLAT": "session"}


@dataclass(frozen=True, slots=True)
class Component:
    """One price component with the restrictions of its element.

    price: as the tariff prints it, per kWh, hour or session. excl, incl: the same excluding and including
    tax, None when that cannot be known. vat in percent. step_size in Wh or s, 0 when nothing is rounded.
    """

    type: str
    price: Decimal
    vat: Decimal | None
    excl: Decimal | None
    incl: Decimal | None
    step_size: Decimal
    element: int
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """min_price or max_price, excluding and including tax; None is a side that does not bind."""

    excl: Decimal | None = None
    incl: Decimal | None = None


@dataclass(slots=True)
class Tariff:
    """A tariff read for one OCPI version. notes: sentences about what was found wrong in it."""

    currency: str
    version: str
    rule: TaxRule
    notes: list[str]
    minimum: Limit = Limit()
    maximum: Limit = Limit()
    candidates: dict[tuple[str, str], list[Component]] = field(default_factory=dict)

    def of(self, purpose: str, component_type: str) -> list[Component]:
        """Components of a type in the order in which they are tried.

        purpose: CHARGING or one of RESERVATIONS.
        """
        return self.candidates.get((purpose, component_type), [])

    @property
    def is_local(self) -> bool:
        """True when a restriction depends on the wall clock of the location."""
        return any(check.is_local for component in self.components() for check in component.checks)

    def cuts(self) -> Cuts:
        """Every limit at which another component can become active."""
        cuts = Cuts()
        for component in self.components():
            for check in component.checks:
                check.mark(cuts)
        return cuts

    def components(self) -> list[Component]:
        """All of them, whatever they are for."""
        return [component for listed in self.candidates.values() for component in listed]


def read_tariff(raw: Any, version: str) -> Tariff:
    """Read an OCPI Tariff object; liberal in form, strict in meaning.

    Raises TariffError when it cannot be priced: no currency, no usable element, or a member whose value
    would change the price and cannot be understood.
    """
    tariff = read_object(raw, "tariff")
    notes: list[str] = []
    rule = tax_rule(tariff, version, notes)
    read = Tariff(
        currency=_currency(tariff.get("currency")),
        version=version,
        rule=rule,
        notes=notes,
    )
    elements = read_list(tariff.get("elements"), "elements")
    if len(elements) > MOST_ELEMENTS:
        raise TariffError("elements", f"more than {MOST_ELEMENTS} elements")
    for index, element in enumerate(elements):
        if element is not None:
            _read_element(read, element, index)
    if not read.candidates:
        raise TariffError("elements", " ".join(["there is no usable price component.", *notes]))
    read.minimum = _limit(tariff.get("min_price"), "min_price", read)
    read.maximum = _limit(tariff.get("max_price"), "max_price", read)
    _note_doubts(read)
    return read


def _currency(value: Any) -> str:
    text = read_word(value)
    if len(text) == 3 and text.isascii() and text.isalpha():
        return text
    raise TariffError("currency", f"an ISO 4217 code is needed, not {shown(value)}")


def _limit(value: Any, name: str, tariff: Tariff) -> Limit:
    """min_price or max_price: a Price or PriceLimit of any version, or a bare number. Source: ocpi.md 4.7, 4.8."""
    if isinstance(value, Mapping):
        return Limit(*read_price(value, name, tariff.version))
    if value == []:  # an object without members, as some senders write it
        return Limit()
    amount = read_optional_number(value, name)
    return Limit() if amount is None else _bare_limit(amount, tariff)


def _bare_limit(amount: Decimal, tariff: Tariff) -> Limit:
    """It has the basis of the tariff's prices, and their tax where they all have the same; else one side binds."""
    taxes = {component.vat for component in tariff.components() if component.price}
    if len(taxes) < 2 or tariff.rule is TaxRule.NO_TAX:
        return Limit(*rates(amount, next(iter(taxes), None), tariff.rule))
    return Limit(incl=amount) if tariff.rule is TaxRule.TAX_INCLUDED else Limit(excl=amount)


def _read_element(tariff: Tariff, raw: Any, index: int) -> None:
    where = f"elements[{index}]"
    element = read_object(raw, where)
    purpose, checks = read_restrictions(element.get("restrictions"), f"{where}.restrictions", tariff.notes)
    seen: set[str] = set()
    components = read_list(element.get("price_components"), f"{where}.price_components")
    for position, component in enumerate(components):
        if component is None:
            continue
        place = f"{where}.price_components[{position}]"
        read = _component(tariff, read_object(component, place), place, index, checks)
        if read is None:
            continue
        if read.type in seen:
            tariff.notes.append(f"{place}: a second {read.type} in one element; the first one counts.")
            continue
        seen.add(read.type)
        if _fits(tariff, purpose, read, place):
            tariff.candidates.setdefault((purpose, read.type), []).append(read)


def _fits(tariff: Tariff, purpose: str, component: Component, place: str) -> bool:
    if purpose == CHARGING:
        return True
    if purpose not in RESERVATIONS:
        tariff.notes.append(f"{place}: reservation {shown(purpose)} is unknown, the element is not used.")
        return False
    if component.type not in ("FLAT", "TIME"):
        tariff.notes.append(f"{place}: {component.type} cannot price a reservation, it is not used.")
        return False
    return True


def _component(
    tariff: Tariff, raw: Mapping[str, Any], place: str, index: int, checks: tuple[Check, ...]
) -> Component | None:
    name = raw.get("type")
    component_type = read_word(name)
    if component_type not in TYPES:
        tariff.notes.append(f"{place}.type: {shown(name)} is not a dimension that can be priced; left out.")
        return None
    price = read_optional_number(raw.get("price"), f"{place}.price")
    if price is None:
        tariff.notes.append(f"{place}.price: no price is given; the component is left out.")
        return None
    vat = read_optional_number(raw.get("vat"), f"{place}.vat")
    if vat is not None and vat < 0:
        raise TariffError(f"{place}.vat", "the percentage is negative")
    if vat is not None and 0 < vat < 1:
        tariff.notes.append(f"{place}.vat: less than 1 % is implausible, a fraction may be meant.")
    excl, incl = rates(price, vat, tariff.rule)
    step_size = _step_size(raw, component_type, place)
    return Component(component_type, price, vat, excl, incl, step_size, index, checks)


def _step_size(raw: Mapping[str, Any], component_type: str, place: str) -> Decimal:
    value = raw.get("step_size")
    if component_type == "FLAT" or value is None:
        return Decimal(0)
    step_size = read_number(value, f"{place}.step_size")
    if step_size < 0:
        raise TariffError(f"{place}.step_size", "the step is negative")
    return step_size


def _note_doubts(tariff: Tariff) -> None:
    """Plausibility findings that change no amount (ocpi.md 4.8)."""
    charging = [component for name in TYPES for component in tariff.of(CHARGING, name)]
    if charging and all(component.type == "FLAT" and not component.price for component in charging):
        tariff.notes.append("The only price of charging is FLAT 0: that may mean unknown rather than free.")
    if any(component.price < 0 for component in charging):
        tariff.notes.append("A price is negative: the driver is paid for it.")
