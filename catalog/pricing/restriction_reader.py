"""Reads the TariffRestrictions object of an element into checks.

An unknown member is told and left out; a known member with a wrong value is an error, because leaving it
out would make the element apply where its operator did not mean it to.
Source: ocpi.md 4.1; OCPI 2.2.1 mod_tariffs, TariffRestrictions class.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from catalog.pricing.errors import TariffError
from catalog.pricing.reading import read_list, read_object, read_optional_number, read_word, shown
from catalog.pricing.restrictions import BOUNDS, DAY_S, WEEKDAYS, Bound, Check, Dates, Weekdays, Window

RESERVATIONS = ("RESERVATION", "RESERVATION_EXPIRES")
CHARGING = ""

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
KNOWN = {"start_time", "end_time", "start_date", "end_date", "day_of_week", "reservation", *BOUNDS}


def read_restrictions(value: Any, field: str, notes: list[str]) -> tuple[str, tuple[Check, ...]]:
    """What an element is for (CHARGING or one of RESERVATIONS, other words as they come) and its checks.

    null, {} and members that are null restrict nothing.
    Raises TariffError naming the member when one cannot be understood.
    """
    if value is None or value == []:
        return CHARGING, ()
    given = {name: member for name, member in read_object(value, field).items() if not is_blank(member)}
    for name in given:
        if name not in KNOWN:
            notes.append(f"{field}: {shown(name)} is not a restriction of OCPI; it is left out.")
    readers = (_windows, _dates, _weekdays, _bounds)
    checks = tuple(check for read in readers for check in read(given, field))
    return _purpose(given.get("reservation"), f"{field}.reservation"), checks


def is_blank(member: Any) -> bool:
    """Whether a restriction is not given: null, an empty list or blank text."""
    return member is None or member == [] or (isinstance(member, str) and not member.strip())


def _purpose(value: Any, field: str) -> str:
    if value is None:
        return CHARGING
    if not isinstance(value, str):
        raise TariffError(field, f"RESERVATION or RESERVATION_EXPIRES is needed, not {shown(value)}")
    return value.strip().upper()


def _windows(given: Mapping[str, Any], field: str) -> list[Check]:
    if "start_time" not in given and "end_time" not in given:
        return []
    start_s = _clock(given.get("start_time", "00:00"), f"{field}.start_time") % DAY_S
    end_s = _clock(given.get("end_time", "00:00"), f"{field}.end_time") or DAY_S
    return [Window(start_s, end_s)]


def _clock(value: Any, field: str) -> int:
    """Seconds since local midnight; 24:00 is the end of the day (trap T42)."""
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if found:
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        total_s = hour * 3600 + minute * 60 + second
        if minute < 60 and second < 60 and total_s <= DAY_S:
            return total_s
    raise TariffError(field, f"a time of day as 17:30 is needed, not {shown(value)}")


def _dates(given: Mapping[str, Any], field: str) -> list[Check]:
    if "start_date" not in given and "end_date" not in given:
        return []
    start = _date(given["start_date"], f"{field}.start_date") if "start_date" in given else date.min
    end = _date(given["end_date"], f"{field}.end_date") if "end_date" in given else date.max
    return [Dates(start, end)]


def _date(value: Any, field: str) -> date:
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise TariffError(field, f"a date as 2026-03-01 is needed, not {shown(value)}")


def _weekdays(given: Mapping[str, Any], field: str) -> list[Check]:
    if "day_of_week" not in given:
        return []
    value = given["day_of_week"]
    names = [value] if isinstance(value, str) else read_list(value, f"{field}.day_of_week")
    days = set()
    for name in names:
        word = read_word(name)
        if word not in WEEKDAYS:
            raise TariffError(f"{field}.day_of_week", f"{shown(name)} is not a day of the week")
        days.add(WEEKDAYS.index(word))
    return [Weekdays(frozenset(days))]


def _bounds(given: Mapping[str, Any], field: str) -> list[Check]:
    checks: list[Check] = []
    for name, (subject, unit) in BOUNDS.items():
        limit = read_optional_number(given.get(name), f"{field}.{name}")
        if limit is not None:
            checks.append(Bound(name, limit, subject, unit, name.startswith("min_")))
    return checks
