"""Charging periods of a session told in parts. Pure. Source: OCPI 2.2.1, mod_sessions; ocpi.md 3.3, T50."""

from typing import Any

from emsp.core.wire import WireError
from ocpi.wire import scalars
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.sessions import ChargingPeriod


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
