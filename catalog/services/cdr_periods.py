"""Charging periods of a CDR whose energy is told in another way than OCPI wants it. Source: ocpi.md T51, 3.4."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

Period = Mapping[str, Any]

WH_PER_KWH = Decimal(1000)
TOLERANCE_KWH = Decimal("0.01")
TOLERANCE_SHARE = Decimal("0.005")


def normalise_periods(
    periods: Sequence[Period], total_energy_kwh: Decimal | None
) -> tuple[list[Period], list[str]]:
    """Periods whose ENERGY volumes are kWh per period, and sentences that say what was done to them.

    Compared with total_energy_kwh, volumes in Wh are divided by 1000, cumulative ones become differences, and
    where there are none, the first charging period takes all. What agrees with nothing, or cannot be read,
    stays as it is.
    """
    readable = periods and all(isinstance(period, Mapping) for period in periods)
    if not readable or not total_energy_kwh or total_energy_kwh < 0:
        return list(periods), []
    stated = [_energy(period) for period in periods]
    volumes = [volume for volume in stated if volume is not None]
    total, told = total_energy_kwh, sum(volumes, Decimal(0))
    if _agree(told, total):
        return list(periods), []
    if told == 0:
        return _all_in_first(periods, total), [
            f"no energy in the charging periods: total_energy {total} kWh used"
        ]
    readings = [
        ([volume / WH_PER_KWH for volume in volumes], "the energy of the charging periods is in Wh"),
        (_differences(volumes), "the energy of the charging periods is cumulative"),
        (
            _differences([volume / WH_PER_KWH for volume in volumes]),
            "the energy of the charging periods is cumulative and in Wh",
        ),
    ]
    for reading, finding in readings:
        if min(reading) >= 0 and _agree(sum(reading, Decimal(0)), total):
            return _replaced(periods, stated, reading), [finding]
    return list(periods), [f"the charging periods hold {told} kWh, total_energy says {total} kWh"]


def one_period(start_at: datetime, energy_kwh: Decimal) -> list[Period]:
    """A session in one charging period that knows nothing but its energy."""
    return [{"start_date_time": start_at, "dimensions": [{"type": "ENERGY", "volume": energy_kwh}]}]


def _agree(told: Decimal, total: Decimal) -> bool:
    return abs(told - total) <= max(TOLERANCE_KWH, abs(total) * TOLERANCE_SHARE)


def _differences(readings: list[Decimal]) -> list[Decimal]:
    return [readings[0], *(after - before for before, after in pairwise(readings))]


def _energy(period: Period) -> Decimal | None:
    """The ENERGY of a period; None when it has none that is a number."""
    found: Decimal | None = None
    for dimension in _dimensions(period):
        if _is_energy(dimension):
            try:
                found = (found or Decimal(0)) + Decimal(str(dimension.get("volume")))
            except InvalidOperation:
                return None
    return found


def _replaced(
    periods: Sequence[Period], stated: list[Decimal | None], volumes: list[Decimal]
) -> list[Period]:
    fresh = iter(volumes)
    return [
        period if energy is None else _with_energy(period, next(fresh))
        for period, energy in zip(periods, stated, strict=True)
    ]


def _all_in_first(periods: Sequence[Period], total: Decimal) -> list[Period]:
    charging = [n for n, period in enumerate(periods) if not _is_reservation(period)]
    first = charging[0] if charging else len(periods) - 1
    return [_with_energy(period, total) if n == first else period for n, period in enumerate(periods)]


def _with_energy(period: Period, energy_kwh: Decimal) -> Period:
    others = [dimension for dimension in _dimensions(period) if not _is_energy(dimension)]
    return {**period, "dimensions": [*others, {"type": "ENERGY", "volume": energy_kwh}]}


def _dimensions(period: Period) -> list[Mapping[str, Any]]:
    listed = period.get("dimensions")
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []


def _is_energy(dimension: Mapping[str, Any]) -> bool:
    return str(dimension.get("type")).strip().upper() == "ENERGY"


def _is_reservation(period: Period) -> bool:
    kinds = {str(dimension.get("type")).strip().upper() for dimension in _dimensions(period)}
    return "RESERVATION_TIME" in kinds and not kinds & {"ENERGY", "TIME", "PARKING_TIME"}
