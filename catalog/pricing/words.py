"""A tariff in words that people read at a glance: `₹18.00/kWh, parking ₹2.00/min after 30 min`.

Prices include tax where it is known. Source: ocpi.md 4.1.
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from catalog.pricing.restriction_reader import CHARGING, RESERVATIONS
from catalog.pricing.restrictions import DAY_S, WEEKDAYS, Bound, Check, Dates, Weekdays, Window
from catalog.pricing.tariff import TYPES, Component, Limit, Tariff, read_tariff
from catalog.pricing.taxes import read_version
from catalog.pricing.wording import clock_text, duration_text, number_text

SYMBOLS = {"INR": "₹", "EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
SUBJECTS = {"ENERGY": "", "TIME": "charging time ", "PARKING_TIME": "parking ", "FLAT": "start fee "}
OF_RESERVATION = {"RESERVATION": "reservation ", "RESERVATION_EXPIRES": "unused reservation "}
DAYS = tuple(day[:3].capitalize() for day in WEEKDAYS)
CENT = Decimal("0.01")
MINUTE_STEP_S = 60


def in_words(tariff: Mapping[str, Any], *, ocpi_version: str = "2.2.1") -> str:
    """The whole tariff as one line. Raises TariffError, naming the field, when it cannot be read."""
    read = read_tariff(tariff, read_version(ocpi_version))
    parts = [*_prices(read), *_limits(read)]
    return ", ".join(parts)


def price_words(amount: Decimal, currency: str) -> str:
    """An amount with two to four decimals and the sign of its currency: `₹18.00`, `SEK 4.50`, `€0.1234`."""
    rounded = amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    text = f"{rounded:.2f}" if rounded == rounded.quantize(CENT) else format(rounded, "f").rstrip("0")
    return SYMBOLS.get(currency, f"{currency} ") + text


def _prices(tariff: Tariff) -> Iterator[str]:
    for purpose in (CHARGING, *RESERVATIONS):
        for kind in TYPES if purpose == CHARGING else ("FLAT", "TIME"):
            tried = tariff.of(purpose, kind)
            for place, component in enumerate(tried):
                otherwise = place > 0 and not component.checks
                yield _component(component, tariff, purpose) + (" otherwise" if otherwise else "")
                if not component.checks:
                    break  # what comes after it never applies


def _component(component: Component, tariff: Tariff, purpose: str) -> str:
    subject = OF_RESERVATION.get(purpose, "") if purpose else SUBJECTS[component.type]
    if purpose and component.type == "FLAT":
        subject += "fee "
    conditions = "".join(f" {_condition(check)}" for check in component.checks)
    if not component.price:
        return f"{subject or 'energy '}free{conditions}"
    return f"{subject}{_rate(component, tariff)}{_step(component)}{conditions}"


def _rate(component: Component, tariff: Tariff) -> str:
    amount = component.incl if component.incl is not None else component.excl
    tax = "" if component.incl is not None else " before tax"
    price = component.price if amount is None else amount
    if component.type == "FLAT":
        return price_words(price, tariff.currency) + tax
    if component.type == "ENERGY":
        return f"{price_words(price, tariff.currency)}/kWh{tax}"
    per_minute = price / 60
    if per_minute == per_minute.quantize(CENT):
        return f"{price_words(per_minute, tariff.currency)}/min{tax}"
    return f"{price_words(price, tariff.currency)}/h{tax}"


def _step(component: Component) -> str:
    if component.type == "ENERGY" and component.step_size >= 1000:
        return f" in steps of {number_text(component.step_size / 1000)} kWh"
    if component.type in ("TIME", "PARKING_TIME") and component.step_size > MINUTE_STEP_S:
        return f" in steps of {duration_text(component.step_size)}"
    return ""


def _condition(check: Check) -> str:
    match check:
        case Window():
            end = "24:00" if check.end_s == DAY_S else clock_text(check.end_s)
            return f"{clock_text(check.start_s)}–{end}"
        case Dates():
            return " ".join(_dates(check))
        case Weekdays():
            return _days(check.days)
        case Bound():
            return _bound(check)
    return "under conditions"


def _dates(check: Dates) -> Iterator[str]:
    if check.start != check.start.min:
        yield f"from {check.start}"
    if check.end != check.end.max:
        yield f"until {check.end}"


def _days(days: frozenset[int]) -> str:
    """`Mon–Fri`, `Sat, Sun`: runs of three days and more are drawn together."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = [
        f"{DAYS[run[0]]}–{DAYS[run[-1]]}" if len(run) > 2 else ", ".join(DAYS[day] for day in run)
        for run in runs
    ]
    return "on " + ", ".join(words)


def _bound(check: Bound) -> str:
    if check.unit == "s":
        limit = duration_text(check.limit)
        return f"after {limit}" if check.is_minimum else f"in the first {limit}"
    limit = f"{number_text(check.limit)} {check.unit}"
    if check.unit == "kWh":
        return f"after {limit}" if check.is_minimum else f"in the first {limit}"
    return f"at {limit} or more" if check.is_minimum else f"below {limit}"


def _limits(tariff: Tariff) -> Iterator[str]:
    for words, limit in (("at least", tariff.minimum), ("at most", tariff.maximum)):
        amount = _told(limit)
        if amount is not None:
            yield f"{words} {price_words(amount, tariff.currency)}" + (
                " before tax" if limit.incl is None else ""
            )


def _told(limit: Limit) -> Decimal | None:
    return limit.incl if limit.incl is not None else limit.excl
