"""How long one CPU needs to price a long session, beside a bare sum over the same volumes. Needs no database."""

import statistics
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.pricing import price_periods
from emsp.bench.figures import Rounds
from emsp.core.wire import moment_text

ROUNDS, REPEATS = 5, 20
PERIODS, PARKING_FROM = 500, 400
START, DAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC), timedelta(days=1)
WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def tariff() -> dict[str, Any]:
    """Six elements, five of them restricted: by time and weekday, at night, by energy, duration and power."""
    elements = [
        (("ENERGY", "0.55", 1), {"start_time": "17:00", "end_time": "21:00", "day_of_week": WORKDAYS}),
        (("ENERGY", "0.25", 1), {"start_time": "23:00", "end_time": "06:00"}),
        (("ENERGY", "0.35", 1), {"max_kwh": Decimal(20)}),
        (("PARKING_TIME", "3", 300), {"min_duration": 7200}),
        (("TIME", "1.2", 60), {"min_power": Decimal(16)}),
        (("ENERGY", "0.45", 1), {}),
    ]
    return {
        "id": "BENCH",
        "currency": "EUR",
        "elements": [
            {
                "price_components": [{"type": kind, "price": Decimal(price), "step_size": step, "vat": 21}],
                "restrictions": restrictions,
            }
            for (kind, price, step), restrictions in elements
        ],
    }


def periods() -> list[dict[str, Any]]:
    """A day from START in PERIODS charging periods: charging at two powers, then parking."""
    starts = [START + DAY * n / PERIODS for n in range(PERIODS + 1)]
    return [
        {
            "start_date_time": moment_text(starts[n]),
            "dimensions": [{"type": kind, "volume": volume} for kind, volume in _volumes(n).items()],
        }
        for n in range(PERIODS)
    ]


def _volumes(number: int) -> dict[str, Decimal]:
    hours = Decimal("0.048")
    if number >= PARKING_FROM:
        return {"PARKING_TIME": hours}
    power_kw = Decimal(11) if number % 2 else Decimal(22)
    energy_kwh = power_kw * hours / 4
    return {"ENERGY": energy_kwh, "TIME": hours, "MIN_POWER": power_kw, "MAX_POWER": power_kw}


def price() -> list[Rounds]:
    """CPU time of the bare sum of the volumes, and of pricing them with everything that belongs to it."""
    used, happened = tariff(), periods()

    def bare() -> Decimal:
        return sum((_taken(period) for period in happened), Decimal(0)) * Decimal("0.35")

    def priced() -> Any:
        return price_periods(used, happened, time_zone="Europe/Amsterdam", end=START + DAY)

    return [
        _rounds(f"floor: sum of {PERIODS} periods", bare),
        _rounds(f"price: {PERIODS} periods, 6 elements", priced),
    ]


def _taken(period: Mapping[str, Any]) -> Decimal:
    return sum((each["volume"] for each in period["dimensions"] if each["type"] == "ENERGY"), Decimal(0))


def _rounds(name: str, act: Callable[[], Any]) -> Rounds:
    act()  # what is loaded once is no part of it
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(REPEATS):
            act()
        found.append((time.process_time() - begun) / REPEATS * 1000)
    return Rounds(name, ROUNDS, min(found), statistics.median(found), max(found))
