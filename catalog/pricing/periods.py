"""Charging periods of a session or CDR as the engine uses them.

Source: ocpi.md 3.3 (ChargingPeriod) and 4.4 steps 2 and 3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from catalog.pricing.errors import TariffError
from catalog.pricing.reading import read_list, read_moment, read_number, read_object, read_word
from catalog.pricing.restrictions import Situation

HOURS = ("TIME", "PARKING_TIME", "RESERVATION_TIME")
PRICED = ("ENERGY", *HOURS)
LEVELS = ("MIN_CURRENT", "MAX_CURRENT", "MIN_POWER", "MAX_POWER")
USED = frozenset({*PRICED, *LEVELS})
# 0.1667 h are 600.12 s: a volume of four decimals is 10 minutes when the timestamps say so.
CLOSE_ENOUGH_S = 2


@dataclass(slots=True)
class Period:
    """One charging period. volumes: ENERGY in kWh, the time dimensions in seconds.

    index: its place in the input. end: None when nothing says where it ends.
    """

    index: int
    situation: Situation
    end: datetime | None
    volumes: dict[str, Decimal]
    is_reservation: bool
    tariff_id: str = ""

    @property
    def has_reservation(self) -> bool:
        """True when time of a reservation is in it."""
        return self.is_reservation or bool(self.volumes.get("RESERVATION_TIME"))


@dataclass(slots=True)
class _Raw:
    index: int
    start: datetime
    dimensions: dict[str, Decimal]
    tariff_id: str


def read_periods(raw: Sequence[Mapping[str, Any]], zone: ZoneInfo, end: datetime | None) -> list[Period]:
    """Periods in the order of time, each with the situation at its start.

    end: of the session; without it the last period lasts as long as its volumes say.
    Raises TariffError naming the member that is wrong.
    """
    read = [_read(item, index) for index, item in enumerate(read_list(raw, "charging_periods"))]
    read.sort(key=lambda period: period.start)
    periods: list[Period] = []
    energy_kwh = Decimal(0)
    begun: dict[bool, datetime] = {}
    for place, item in enumerate(read):
        following = read[place + 1].start if place + 1 < len(read) else end
        volumes = _volumes(item, following)
        is_reservation = _is_reservation(volumes)
        begun.setdefault(is_reservation, item.start)
        levels = item.dimensions.get
        situation = Situation(
            item.start,
            item.start.astimezone(zone),
            energy_kwh,
            exact_seconds(item.start - begun[is_reservation]),
            levels("MIN_CURRENT"),
            levels("MAX_CURRENT"),
            levels("MIN_POWER"),
            levels("MAX_POWER"),
        )
        periods.append(Period(item.index, situation, following, volumes, is_reservation, item.tariff_id))
        if "ENERGY" in volumes:
            energy_kwh += volumes["ENERGY"]
    return periods


def exact_seconds(span: timedelta) -> Decimal:
    """A span in seconds, exact to the microsecond."""
    whole = Decimal(span.days * 86400 + span.seconds)
    return whole + Decimal(span.microseconds).scaleb(-6) if span.microseconds else whole


def _read(raw: Any, index: int) -> _Raw:
    try:
        period = read_object(raw, "")
        start = read_moment(period.get("start_date_time"), ".start_date_time")
        dimensions = _dimensions(read_list(period.get("dimensions"), ".dimensions"))
    except TariffError as error:
        raise TariffError(f"charging_periods[{index}]{error.field}", error.reason) from None
    tariff_id = period.get("tariff_id")
    return _Raw(index, start, dimensions, tariff_id if isinstance(tariff_id, str) else "")


def _dimensions(listed: Sequence[Any]) -> dict[str, Decimal]:
    """Volumes by dimension, as they are stated; a TariffError names the place in the period."""
    dimensions: dict[str, Decimal] = {}
    for place, item in enumerate(listed):
        try:
            dimension = read_object(item, "")
            name = read_word(dimension.get("type"))
            if name not in USED:
                continue
            volume = read_number(dimension.get("volume"), ".volume")
            if volume < 0 and name in HOURS:
                raise TariffError(".volume", "a time cannot be negative")
        except TariffError as error:
            raise TariffError(f".dimensions[{place}]{error.field}", error.reason) from None
        dimensions[name] = volume + dimensions[name] if name in dimensions and name in PRICED else volume
    return dimensions


def _volumes(item: _Raw, following: datetime | None) -> dict[str, Decimal]:
    """Volumes of the priced dimensions, hours as seconds by the duration rule (4.4 step 2)."""
    volumes: dict[str, Decimal] = {}
    for name, volume in item.dimensions.items():
        if name == "ENERGY":
            volumes[name] = volume
        elif name in HOURS:
            volumes[name] = _seconds(volume * 3600, item.start, following)
    return volumes


def _seconds(stated_s: Decimal, start: datetime, following: datetime | None) -> Decimal:
    if following is not None and stated_s:
        # In whole seconds, as OCPI emits moments: parts of a second must not bill a further step.
        measured_s = int(following.timestamp()) - int(start.timestamp())
        if measured_s >= 0 and abs(stated_s - measured_s) <= CLOSE_ENOUGH_S:
            return Decimal(measured_s)
    return stated_s.to_integral_value(ROUND_HALF_UP)


def _is_reservation(volumes: Mapping[str, Decimal]) -> bool:
    if "RESERVATION_TIME" not in volumes:
        return False
    others = [name for name in volumes if name != "RESERVATION_TIME"]
    return not any(volumes[name] for name in others) and bool(volumes["RESERVATION_TIME"] or not others)
