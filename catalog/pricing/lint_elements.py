"""Findings on one element of a tariff: its components and its restrictions, each by itself."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from catalog.pricing.errors import TariffError
from catalog.pricing.reading import read_list, read_optional_number, read_word, shown
from catalog.pricing.restriction_reader import KNOWN, RESERVATIONS, is_blank
from catalog.pricing.tariff import TYPES
from catalog.pricing.wording import number_text

Found = Iterator[tuple[str, str, str]]
MOST_ENERGY_PRICE, MOST_HOUR_PRICE, LEAST_HOUR_PRICE = Decimal(5), Decimal(100), Decimal("0.5")
MOST_VAT = Decimal(50)
PAIRS = ("kwh", "current", "power", "duration")


def element_findings(element: Mapping[str, Any], where: str, scale: Decimal) -> Found:
    """What is suspicious about one element. scale: see currencies.scale_of."""
    restrictions = element.get("restrictions")
    restricted = restrictions if isinstance(restrictions, Mapping) else {}
    yield from _restrictions(restricted, f"{where}.restrictions")
    if isinstance(restrictions, Mapping) and restrictions and all(map(is_blank, restrictions.values())):
        yield "hint", f"{where}.restrictions", "All restrictions are empty: the element always applies."
    try:
        components = read_list(element.get("price_components"), where)
    except TariffError:
        return
    purpose = read_word(restricted.get("reservation"))
    if purpose and purpose not in RESERVATIONS:
        text = f"reservation {shown(purpose)} is unknown: the element never applies."
        yield "warning", f"{where}.restrictions.reservation", text
    if not components:
        yield "warning", f"{where}.price_components", "The element has no price: it does nothing."
    seen: set[str] = set()
    for position, component in enumerate(components):
        if not isinstance(component, Mapping):
            continue
        path = f"{where}.price_components[{position}]"
        kind = read_word(component.get("type"))
        if kind in seen:
            yield "warning", path, f"A second {kind} in one element: only the first one counts."
        seen.add(kind)
        if purpose in RESERVATIONS and kind in ("ENERGY", "PARKING_TIME"):
            yield "warning", path, f"{kind} cannot price a reservation: it never applies."
        yield from _component(component, kind, path, scale)
        yield from _step(component, kind, path, _number(restricted.get("min_duration")))


def _component(component: Mapping[str, Any], kind: str, path: str, scale: Decimal) -> Found:
    if kind not in TYPES:
        yield "warning", f"{path}.type", f"{shown(component.get('type'))} is no dimension: it is left out."
    given, price = component.get("price"), _number(component.get("price"))
    if price is None:
        yield "warning", f"{path}.price", "No price is given: the component is left out."
        return
    if isinstance(given, str):
        yield "hint", f"{path}.price", "The price is text and not a number."
    if price < 0:
        yield "warning", f"{path}.price", "The price is negative: the driver is paid for it."
    yield from _vat(component, path)
    yield from _size(price, kind, f"{path}.price", scale)


def _vat(component: Mapping[str, Any], path: str) -> Found:
    vat = _number(component.get("vat"))
    if vat is not None and 0 < vat < 1:
        meant = number_text(vat * 100)
        yield "warning", f"{path}.vat", f"VAT of {number_text(vat)} % is implausible: {meant} % may be meant."
    elif vat is not None and vat > MOST_VAT:
        yield "warning", f"{path}.vat", f"VAT of {number_text(vat)} % is implausibly high."


def _size(price: Decimal, kind: str, path: str, scale: Decimal) -> Found:
    if kind == "ENERGY" and price > MOST_ENERGY_PRICE * scale:
        yield "warning", path, f"{number_text(price)} per kWh is implausible: it may be in cents."
    if kind not in ("TIME", "PARKING_TIME"):
        return
    if price > MOST_HOUR_PRICE * scale:
        yield "warning", path, f"{number_text(price)} per hour is implausible: it may be in cents."
    elif 0 < price < LEAST_HOUR_PRICE * scale:
        minutes = number_text(price * 60)
        text = f"{number_text(price)} per hour is very little: if it is per minute, {minutes} must be written."
        yield "warning", path, text


def _step(component: Mapping[str, Any], kind: str, path: str, min_duration: Decimal | None) -> Found:
    if kind not in ("ENERGY", "TIME", "PARKING_TIME"):
        return
    path = f"{path}.step_size"
    step = _number(component.get("step_size"))
    if step is None:
        yield "hint", path, "There is no step_size: nothing is rounded."
    elif step <= 0:
        yield "hint", path, f"A step_size of {number_text(step)} rounds nothing; 1 is the least that is meant."
    elif kind == "ENERGY" and step >= 1000:
        yield "hint", path, f"Energy is billed in steps of {number_text(step / 1000)} kWh: Wh is the unit."
    elif kind != "ENERGY" and min_duration is not None and step == min_duration and step > 1:
        yield "warning", path, "step_size equals min_duration: a price per started block may be meant."
    elif kind != "ENERGY" and step > 3600:
        yield "hint", path, f"Time is billed in steps of {number_text(step / 3600)} h: seconds is the unit."


def _restrictions(given: Mapping[str, Any], path: str) -> Found:
    for name in given:
        if name not in KNOWN:
            yield "hint", f"{path}.{name}", f"{shown(name)} is no restriction of OCPI: it is left out."
    for name in PAIRS:
        low, high = _number(given.get(f"min_{name}")), _number(given.get(f"max_{name}"))
        if low is not None and high is not None and low >= high:
            yield "warning", path, f"min_{name} is not below max_{name}: the element never applies."
    start, end = given.get("start_time"), given.get("end_time")
    if isinstance(start, str) and start == end and start.strip() not in ("", "00:00"):
        yield "warning", path, f"The window begins and ends at {start}: the element never applies."
    first, last = given.get("start_date"), given.get("end_date")
    if isinstance(first, str) and isinstance(last, str) and first and last and first >= last:
        yield "warning", path, "end_date is not after start_date, and not included: the element never applies."


def _number(value: Any) -> Decimal | None:
    try:
        return read_optional_number(value, "")
    except TariffError:
        return None
