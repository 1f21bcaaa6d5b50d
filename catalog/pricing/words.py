"""A tariff in words that people read at a glance: `₹18.00/kWh, parking ₹2.00/min after 30 min`.

Prices include tax where it is known. Source: ocpi.md 4.1.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from catalog.pricing.phrases import ENGLISH, Phrases
from catalog.pricing.restriction_reader import CHARGING, RESERVATIONS
from catalog.pricing.restrictions import DAY_S, Bound, Check, Dates, Weekdays, Window
from catalog.pricing.tariff import TYPES, Component, Tariff, read_tariff
from catalog.pricing.taxes import read_version
from catalog.pricing.wording import clock_text, duration_text, number_text

SYMBOLS = {"INR": "₹", "EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
CENT = Decimal("0.01")
MINUTE_STEP_S = 60


def in_words(tariff: Mapping[str, Any], *, ocpi_version: str = "2.2.1") -> str:
    """The whole tariff as one line. Raises TariffError, naming the field, when it cannot be read."""
    return words_of(read_tariff(tariff, read_version(ocpi_version)), ENGLISH)


def words_of(tariff: Tariff, phrases: Phrases, own: Sequence[str] = ()) -> str:
    """A tariff that was read as one line, in a language. own: what is to be paid besides, put before the limits."""
    return ", ".join([*_prices(tariff, phrases), *own, *_limits(tariff, phrases, beside_own=bool(own))])


def price_words(amount: Decimal, currency: str) -> str:
    """An amount with two to four decimals and the sign of its currency: `₹18.00`, `SEK 4.50`, `€0.1234`."""
    rounded = amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    text = f"{rounded:.2f}" if rounded == rounded.quantize(CENT) else format(rounded, "f").rstrip("0")
    return SYMBOLS.get(currency, f"{currency} ") + text


def _prices(tariff: Tariff, say: Phrases) -> Iterator[str]:
    for purpose in (CHARGING, *RESERVATIONS):
        for kind in TYPES if purpose == CHARGING else ("FLAT", "TIME"):
            tried = tariff.of(purpose, kind)
            for place, component in enumerate(tried):
                otherwise = place > 0 and not component.checks
                yield _component(component, tariff, purpose, say) + (say.otherwise if otherwise else "")
                if not component.checks:
                    break  # what comes after it never applies


def _component(component: Component, tariff: Tariff, purpose: str, say: Phrases) -> str:
    subject = say.subjects[component.type]
    if purpose:
        subject = (say.reservation_fee if component.type == "FLAT" else say.of_reservation).get(purpose, "")
    conditions = "".join(f" {_condition(check, say)}" for check in component.checks)
    if not component.price:
        return f"{subject or say.energy}{say.free}{conditions}"
    return f"{subject}{_rate(component, tariff, say)}{_step(component, say)}{conditions}"


def _rate(component: Component, tariff: Tariff, say: Phrases) -> str:
    amount = component.incl if component.incl is not None else component.excl
    told = _amount(component, component.price if amount is None else amount, tariff.currency, say)
    return told if component.incl is not None else say.before_tax.format(told)


def _amount(component: Component, price: Decimal, currency: str, say: Phrases) -> str:
    if component.type == "FLAT":
        return price_words(price, currency)
    if component.type == "ENERGY":
        return say.per_kwh.format(price_words(price, currency))
    per_minute = price / 60
    if per_minute == per_minute.quantize(CENT):
        return say.per_minute.format(price_words(per_minute, currency))
    return say.per_hour.format(price_words(price, currency))


def _step(component: Component, say: Phrases) -> str:
    if component.type == "ENERGY" and component.step_size >= 1000:
        return say.steps.format(f"{number_text(component.step_size / 1000)} kWh")
    if component.type in ("TIME", "PARKING_TIME") and component.step_size > MINUTE_STEP_S:
        return say.steps.format(say.span(duration_text(component.step_size)))
    return ""


def _condition(check: Check, say: Phrases) -> str:
    match check:
        case Window():
            end = "24:00" if check.end_s == DAY_S else clock_text(check.end_s)
            return f"{clock_text(check.start_s)}–{end}"
        case Dates():
            return " ".join(_dates(check, say))
        case Weekdays():
            return _days(check.days, say)
        case Bound():
            return _bound(check, say)
    return say.under_conditions


def _dates(check: Dates, say: Phrases) -> Iterator[str]:
    if check.start != check.start.min:
        yield say.since.format(check.start)
    if check.end != check.end.max:
        yield say.until.format(check.end)


def _days(days: frozenset[int], say: Phrases) -> str:
    """`Mon–Fri`, `Sat, Sun`: runs of three days and more are drawn together."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = say.days
    words = [
        f"{names[run[0]]}–{names[run[-1]]}" if len(run) > 2 else ", ".join(names[day] for day in run)
        for run in runs
    ]
    return say.on_days.format(", ".join(words))


def _bound(check: Bound, say: Phrases) -> str:
    limit = say.span(duration_text(check.limit)) if check.unit == "s" else f"{number_text(check.limit)} {check.unit}"
    if check.unit in ("s", "kWh"):
        return (say.after if check.is_minimum else say.in_the_first).format(limit)
    return (say.or_more if check.is_minimum else say.below).format(limit)


def _limits(tariff: Tariff, say: Phrases, *, beside_own: bool) -> Iterator[str]:
    for words, limit in ((say.at_least, tariff.minimum), (say.at_most, tariff.maximum)):
        amount = limit.incl if limit.incl is not None else limit.excl
        if amount is not None:
            told = words.format(price_words(amount, tariff.currency))
            told = told if limit.incl is not None else say.before_tax.format(told)
            yield say.before_own.format(told) if beside_own else told
