"""Instants at which the wall clock of a zone shows given times, across clock changes.

Source: ocpi.md 4.5: a window 01:00-04:00 has two real hours on the spring day, and on the autumn day a
window may be entered twice.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
DAY_S = 86400


def clock_instants(times_s: Iterable[int], start: datetime, end: datetime, zone: ZoneInfo) -> set[datetime]:
    """UTC instants in (start, end) at which local time reaches one of times_s (seconds since midnight),
    and those at which the offset of the zone changes. start and end are aware.

    A time that a spring change leaves out gives an instant beside it, which is harmless for a caller who
    looks again at each instant.
    """
    wanted = set(times_s)
    if not wanted:
        return set()
    day = start.astimezone(zone).date() - DAY
    last = end.astimezone(zone).date() + DAY
    found = set(offset_changes(start, end, zone))
    while day <= last:
        for second in wanted:
            found |= both_folds(day, second, zone)
        day += DAY
    return {instant for instant in found if start < instant < end}


def both_folds(day: date, second_of_day: int, zone: ZoneInfo) -> set[datetime]:
    """The one or two UTC instants at which it is that time of that day."""
    wall = datetime.combine(day, time()) + timedelta(seconds=second_of_day)
    return {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}


def offset_changes(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """UTC instants after start, to the second, at which the zone's offset changes. start, end: aware."""
    low_s, end_s = int(start.timestamp()), int(end.timestamp()) + 1
    while low_s < end_s:
        high_s = min(low_s + DAY_S, end_s)
        if _offset(low_s, zone) != _offset(high_s, zone):
            yield datetime.fromtimestamp(_change(low_s, high_s, zone), UTC)
        low_s = high_s


def _change(low_s: int, high_s: int, zone: ZoneInfo) -> int:
    before = _offset(low_s, zone)
    while high_s - low_s > 1:
        middle_s = (low_s + high_s) // 2
        if _offset(middle_s, zone) == before:
            low_s = middle_s
        else:
            high_s = middle_s
    return high_s


def _offset(instant_s: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.fromtimestamp(instant_s, zone).utcoffset()
