"""What is suspicious about a tariff: findings for staff, each with its place and one sentence.

Nothing here changes a price. Source: ocpi.md 4.8 (plausibility findings on real tariffs), 4.1.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from catalog.pricing.currencies import currency_of_country, scale_of
from catalog.pricing.errors import TariffError
from catalog.pricing.lint_elements import element_findings
from catalog.pricing.reading import read_list, read_moment, read_word
from catalog.pricing.restriction_reader import CHARGING, RESERVATIONS
from catalog.pricing.tariff import TYPES, Component, Limit, Tariff, read_tariff
from catalog.pricing.taxes import read_version


class Severity(StrEnum):
    """ERROR: cannot be priced, or not as written. WARNING: probably not what was meant. HINT: unusual."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """path: the member as elements[0].price_components[1].vat; text: one sentence."""

    severity: Severity
    path: str
    text: str


def lint(tariff: Mapping[str, Any], *, ocpi_version: str = "2.2.1", country_code: str = "") -> list[Finding]:
    """The findings on a tariff, in the order of its members; empty when nothing is suspicious.

    country_code: ISO 3166 alpha-2 of where it is used; that of the tariff itself when it is empty.
    """
    found = [Finding(Severity(kind), path, text) for kind, path, text in _plain_findings(tariff, country_code)]
    try:
        read = read_tariff(tariff, read_version(ocpi_version))
    except TariffError as error:
        unreadable = Finding(Severity.ERROR, error.field, f"The tariff cannot be priced: {error.reason}.")
        return [unreadable, *found]
    return [*found, *(Finding(Severity(kind), path, text) for kind, path, text in _read_findings(read))]


Found = Iterator[tuple[str, str, str]]


def _plain_findings(tariff: Mapping[str, Any], country_code: str) -> Found:
    """What can be seen in the members themselves, also when the tariff cannot be read."""
    yield from _currency(tariff, country_code)
    yield from _validity(tariff)
    for name in ("min_price", "max_price"):
        value = tariff.get(name)
        if value is not None and not isinstance(value, Mapping):
            yield "hint", name, f"{name} is a bare number and not a Price: it is read like the tariff's prices."
    try:
        elements = read_list(tariff.get("elements"), "elements")
    except TariffError:
        return
    scale = scale_of(read_word(tariff.get("currency")))
    for index, element in enumerate(elements):
        if isinstance(element, Mapping):
            yield from element_findings(element, f"elements[{index}]", scale)


def _currency(tariff: Mapping[str, Any], country_code: str) -> Found:
    country = read_word(country_code) or read_word(tariff.get("country_code"))
    currency, usual = read_word(tariff.get("currency")), currency_of_country(country)
    if usual and currency and currency != usual:
        yield "warning", "currency", f"{currency} is not the currency of {country}, which is {usual}."


def _validity(tariff: Mapping[str, Any]) -> Found:
    moments = []
    for name in ("start_date_time", "end_date_time"):
        try:
            moments.append(read_moment(tariff[name], name) if tariff.get(name) else None)
        except TariffError as error:
            yield "warning", name, f"{name} is left out: {error.reason}."
            moments.append(None)
    start_at, end_at = moments
    if start_at and end_at and start_at >= end_at:
        yield "warning", "end_date_time", "The tariff ends before it begins: it is never valid."


def _read_findings(tariff: Tariff) -> Found:
    """What can be seen only when all elements are looked at together."""
    for purpose in (CHARGING, *RESERVATIONS):
        for kind in TYPES:
            yield from _shadowed(tariff.of(purpose, kind))
    charging = [component for kind in TYPES for component in tariff.of(CHARGING, kind)]
    if charging and all(component.type == "FLAT" and not component.price for component in charging):
        yield "warning", "elements", "The only price is a FLAT of 0: that means unknown rather than free."
    elif not tariff.of(CHARGING, "ENERGY"):
        yield "hint", "elements", "There is no price per kWh: searches show none for it."
    yield from _overstay(tariff)
    for side in ("excl", "incl"):
        if _crossed(tariff.minimum, tariff.maximum, side):
            yield "error", "max_price", "max_price is below min_price: max_price wins, whatever was charged."
            return


def _shadowed(tried: list[Component]) -> Found:
    """A component never applies when an earlier one of its type needs no more than it does."""
    for place, component in enumerate(tried):
        earlier = next((e for e in tried[:place] if _covers(e, component)), None)
        if earlier is not None:
            number = earlier.element + 1
            condition = "whenever this one could" if earlier.checks else "without any restriction"
            text = f"This {component.type} never applies: element {number} applies before it {condition}."
            yield "warning", f"elements[{component.element}]", text


def _covers(earlier: Component, later: Component) -> bool:
    """Whether the earlier one applies whenever the later one could: each of its checks follows from one of the later."""
    return all(any(wide.covers(narrow) for narrow in later.checks) for wide in earlier.checks)


def _overstay(tariff: Tariff) -> Found:
    """A fee for staying on, written as TIME: by the letter it ends with the charging."""
    if tariff.of(CHARGING, "PARKING_TIME"):
        return
    for component in tariff.of(CHARGING, "TIME"):
        names = {getattr(check, "name", "") for check in component.checks}
        if "min_duration" in names:
            text = "A fee for staying on is written as TIME: it does not cover parking after the charging."
            yield "warning", f"elements[{component.element}]", text


def _crossed(low: Limit, high: Limit, side: str) -> bool:
    least: Decimal | None = getattr(low, side)
    most: Decimal | None = getattr(high, side)
    return least is not None and most is not None and most < least



