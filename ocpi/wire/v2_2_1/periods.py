"""Charging periods of a session told in parts. Pure. Source: OCPI 2.2.1, mod_sessions; ocpi.md 3.3, T50."""

from collections.abc import Iterator
from typing import Any

from emsp.core.wire import WireError
from ocpi.wire import scalars
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.sessions import ChargingPeriod

CHARGED = frozenset({"ENERGY", "TIME", "PARKING_TIME"})


def readable_periods(given: Any) -> list[dict[str, Any]]:
    """The periods among `given` that can be read, as received."""
    found = []
    for period in given if isinstance(given, list) else [given]:
        try:
            read(period, ChargingPeriod)
        except WireError:
            continue
        found.append(period)
    return found


def merged_periods(stored: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Periods of a PATCH added to those we have, in order of time; the same start again replaces."""
    by_start = {scalars.moment(period["start_date_time"]): period for period in [*stored, *given]}
    return [by_start[start] for start in sorted(by_start)]


def only_reserved(periods: Any) -> bool:
    """Whether periods as received tell of the time of a reservation, and of nobody who charged or parked (ocpi.md 3.4)."""
    told = set(_told(periods))
    return "RESERVATION_TIME" in told and not told & CHARGED


def _told(periods: Any) -> Iterator[str]:
    """The dimensions that are more than 0; that of a reservation in any case."""
    for period in readable_periods(periods or []):
        for dimension in read(period, ChargingPeriod).dimensions:
            name = dimension.type.strip().upper()
            if dimension.volume or name == "RESERVATION_TIME":
                yield name
