"""Cuts what happened, or what a driver plans, into charging periods for a tariff.

Source: ocpi.md 4.5; the shape of facts is that of the reference's tariff cases.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from catalog.pricing.clock import clock_instants
from catalog.pricing.errors import TariffError
from catalog.pricing.exact import from_fraction
from catalog.pricing.periods import LEVELS, Period, exact_seconds
from catalog.pricing.reading import (
    read_list,
    read_moment,
    read_object,
    read_optional_number,
    read_word,
    shown,
)
from catalog.pricing.restrictions import Cuts, Situation

LONGEST = timedelta(days=366)
MOST_CUTS = 20_000
RESERVATION = "RESERVATION"
TIME_OF = {"CHARGING": "TIME", "PARKING": "PARKING_TIME", RESERVATION: "RESERVATION_TIME"}


@dataclass(slots=True)
class _Segment:
    """One activity from start to end with its energy spread evenly. levels in the order of LEVELS."""

    start: datetime
    end: datetime
    activity: str
    energy_kwh: Decimal
    levels: tuple[Decimal | None, ...]


def read_facts(facts: Mapping[str, Any], cuts: Cuts, zone: ZoneInfo) -> list[Period]:
    """Charging periods cut at every instant at which another component can become active.

    Moments inside are exact fractions of a second where a kWh limit is crossed.
    Raises TariffError naming the member that is wrong.
    """
    if facts.get("segments") is None and facts.get("reservation") is None:
        raise TariffError("facts.segments", "missing")
    segments = list(_reservation(facts.get("reservation")))
    charging = [
        _segment(read_object(item, f"facts.segments[{index}]"), f"facts.segments[{index}]")
        for index, item in enumerate(read_list(facts.get("segments"), "facts.segments"))
    ]
    segments += sorted(charging, key=lambda segment: segment.start)
    periods: list[Period] = []
    energy_kwh = Decimal(0)
    begun: dict[bool, datetime] = {}
    for segment in segments:
        origin = begun.setdefault(segment.activity == RESERVATION, segment.start)
        for period in _pieces(segment, origin, energy_kwh, cuts, zone):
            period.index = len(periods)
            periods.append(period)
        energy_kwh += segment.energy_kwh
    return periods


def read_expired(facts: Mapping[str, Any]) -> bool | None:
    """facts.reservation.expired; None when nothing is said."""
    reservation = facts.get("reservation")
    expired = reservation.get("expired") if isinstance(reservation, Mapping) else None
    if expired is None or isinstance(expired, bool):
        return expired
    raise TariffError("facts.reservation.expired", f"true or false is needed, not {shown(expired)}")


def _reservation(raw: Any) -> Iterator[_Segment]:
    if raw is not None:
        where = "facts.reservation"
        start, end = _span(read_object(raw, where), where)
        yield _Segment(start, end, RESERVATION, Decimal(0), (None,) * len(LEVELS))


def _segment(raw: Mapping[str, Any], where: str) -> _Segment:
    start, end = _span(raw, where)
    stated = raw.get("activity")
    activity = read_word(stated)
    if activity not in ("CHARGING", "PARKING"):
        raise TariffError(f"{where}.activity", f"CHARGING or PARKING is needed, not {shown(stated)}")
    energy_kwh = read_optional_number(raw.get("kwh"), f"{where}.kwh") or Decimal(0)
    names = [level.lower() for level in LEVELS]
    levels = tuple(read_optional_number(raw.get(name), f"{where}.{name}") for name in names)
    return _Segment(start, end, activity, energy_kwh, levels)


def _span(raw: Mapping[str, Any], where: str) -> tuple[datetime, datetime]:
    start = read_moment(raw.get("start"), f"{where}.start")
    end = read_moment(raw.get("end"), f"{where}.end")
    if end < start:
        raise TariffError(f"{where}.end", "it is before the start")
    if end - start > LONGEST:
        raise TariffError(f"{where}.end", f"it is more than {LONGEST.days} days after the start")
    return start, end


def _pieces(
    segment: _Segment, origin: datetime, energy_kwh: Decimal, cuts: Cuts, zone: ZoneInfo
) -> Iterator[Period]:
    """The segment between its cuts; a cut is a share of the segment between 0 and 1."""
    length_s = Fraction(exact_seconds(segment.end - segment.start))
    before_s = Fraction(exact_seconds(segment.start - origin))
    before_kwh, taken_kwh = Fraction(energy_kwh), Fraction(segment.energy_kwh)
    shares = {Fraction(0), Fraction(1)}
    if length_s:
        for instant in _instants(segment, cuts, zone):
            shares.add(Fraction(exact_seconds(instant - segment.start)) / length_s)
        shares |= {(Fraction(limit) - before_s) / length_s for limit in cuts.elapsed_s}
    if taken_kwh:
        shares |= {(Fraction(limit) - before_kwh) / taken_kwh for limit in cuts.energy_kwh}
    for low, high in pairwise(sorted(share for share in shares if 0 <= share <= 1)):
        at, end = (segment.start + timedelta(microseconds=int(s * length_s * 1_000_000)) for s in (low, high))
        situation = Situation(
            at,
            at.astimezone(zone),
            from_fraction(before_kwh + low * taken_kwh),
            from_fraction(before_s + low * length_s),
            *segment.levels,
        )
        volumes = {TIME_OF[segment.activity]: from_fraction((high - low) * length_s)}
        if taken_kwh:
            volumes["ENERGY"] = from_fraction((high - low) * taken_kwh)
        yield Period(0, situation, end, volumes, segment.activity == RESERVATION)


def _instants(segment: _Segment, cuts: Cuts, zone: ZoneInfo) -> set[datetime]:
    days = (segment.end - segment.start).days + 3
    if days * len(cuts.times_s) > MOST_CUTS:
        raise TariffError("facts", f"more than {MOST_CUTS} times of day at which the price can change")
    return clock_instants(cuts.times_s, segment.start, segment.end, zone)
