"""Opening hours of an OCPI Location in one line. Pure. Source: OCPI 2.2.1, mod_locations, Hours class."""

import re
from collections import defaultdict
from typing import Any

ALWAYS = "24/7"
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")


def opening_hours(location: dict[str, Any]) -> str:
    """`24/7`, or the week in OpenStreetMap's notation: `Mo-Fr 09:00-18:00; Sa 10:00-14:00`, in local time.

    location: the object as the operator sent it. Empty when it tells none that can be read. Exceptions of single
    days are left out.
    """
    told = location.get("opening_times")
    if not isinstance(told, dict):
        return ""
    if told.get("twentyfourseven") is True:
        return ALWAYS
    by_day: dict[int, list[str]] = defaultdict(list)
    listed = told.get("regular_hours")
    for hours in listed if isinstance(listed, list) else []:
        day, period = _read(hours)
        if period:
            by_day[day].append(period)
    return "; ".join(_runs({day: ",".join(sorted(periods)) for day, periods in by_day.items()}))


def _read(hours: Any) -> tuple[int, str]:
    if not isinstance(hours, dict):
        return 0, ""
    day, begin, end = (hours.get(name) for name in ("weekday", "period_begin", "period_end"))
    clocks = all(isinstance(clock, str) and CLOCK.match(clock) for clock in (begin, end))
    return (day, f"{begin}-{end}") if clocks and isinstance(day, int) and 1 <= day <= 7 else (0, "")


def _runs(by_day: dict[int, str]) -> list[str]:
    """Days that follow each other and have the same hours, together."""
    runs: list[tuple[int, int, str]] = []
    for day, text in sorted(by_day.items()):
        if runs and runs[-1][1:] == (day - 1, text):
            runs[-1] = (runs[-1][0], day, text)
        else:
            runs.append((day, day, text))
    return [
        f"{DAYS[first - 1]}{'' if first == last else '-' + DAYS[last - 1]} {text}" for first, last, text in runs
    ]
