"""The car at the plug: how much it takes, and what happens while simulated time passes."""

import hashlib
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from ocpi.simulator.network import Spot, zone_of
from ocpi.simulator.pricing import seconds_to_change
from ocpi.simulator.store import Charge, Step
from ocpi.simulator.values import Json, number

HOUR_S = 3600
TAPER_FROM_PERCENT = 80
TAPER_SHARE = Decimal("0.4")
STAYS_WHEN_FULL_S = 900
WH = Decimal("0.001")


class Car(NamedTuple):
    """What a battery holds and takes."""

    battery_kwh: Decimal
    ac_kw: Decimal
    dc_kw: Decimal


CARS = (
    Car(Decimal("30.2"), Decimal("7.2"), Decimal(50)),
    Car(Decimal("40.5"), Decimal("7.2"), Decimal(50)),
    Car(Decimal("60.5"), Decimal(11), Decimal(110)),
    Car(Decimal("77.4"), Decimal(11), Decimal(150)),
)


def plugged_in(session_id: str, token_uid: str, spot: Spot, connector: Json, tariff: Json | None) -> Charge:
    """A charge about to begin. A token always drives the same car; how full it is depends on the session."""
    car = CARS[_pick(token_uid, len(CARS))]
    soc_percent = Decimal(10 + _pick(session_id, 21))
    direct = connector.get("power_type", "DC") == "DC"
    power_kw = min(car.dc_kw if direct else car.ac_kw, _power_kw(connector))
    full_kwh = (car.battery_kwh * (100 - soc_percent) / 100).quantize(WH)
    taper_kwh = (car.battery_kwh * (TAPER_FROM_PERCENT - soc_percent) / 100).quantize(WH)
    return Charge(
        session_id=session_id,
        tariff=tariff,
        time_zone=zone_of(spot.location),
        battery_kwh=car.battery_kwh,
        soc_percent=soc_percent,
        power_kw=power_kw,
        taper_power_kw=power_kw * TAPER_SHARE if direct else power_kw,
        taper_kwh=taper_kwh,
        full_kwh=full_kwh,
    )


def advance(charge: Charge, seconds: int) -> list[Step]:
    """Let simulated seconds pass for an active charge; gives the steps they made, added to charge.steps.

    A step ends where the tariff may change, where the battery slows the charge down, and where it is full.
    When the car has left before the seconds are over, the rest is dropped: see has_left.
    """
    made = []
    while seconds > 0 and not has_left(charge):
        step = _parked(charge, seconds) if charge.kwh >= charge.full_kwh else _charging(charge, seconds)
        charge.elapsed_s += step.seconds
        charge.kwh += step.kwh
        charge.parked_s += step.seconds if step.kind == "PARKING" else 0
        seconds -= step.seconds
        made.append(step)
    charge.steps += made
    return made


def has_left(charge: Charge) -> bool:
    """Whether the battery is full and the driver has driven away."""
    return charge.parked_s >= STAYS_WHEN_FULL_S


def _charging(charge: Charge, seconds: int) -> Step:
    slowed = charge.kwh >= charge.taper_kwh
    power_kw = charge.taper_power_kw if slowed else charge.power_kw
    goal_kwh = (charge.full_kwh if slowed else charge.taper_kwh) - charge.kwh
    to_goal_s = math.ceil(goal_kwh * HOUR_S / power_kw)
    seconds = min([seconds, to_goal_s, *_to_change(charge, power_kw)])
    kwh = goal_kwh if seconds == to_goal_s else (power_kw * seconds / HOUR_S).quantize(WH)
    kwh = min(kwh, goal_kwh)
    filled = charge.soc_percent + (charge.kwh + kwh) * 100 / charge.battery_kwh
    return Step(
        start=simulated_now(charge),
        seconds=seconds,
        kind="CHARGING",
        kwh=kwh,
        power_kw=power_kw,
        soc_percent=number(filled, 1),
    )


def _parked(charge: Charge, seconds: int) -> Step:
    left_s = STAYS_WHEN_FULL_S - charge.parked_s
    seconds = min([seconds, left_s, *_to_change(charge, Decimal(0))])
    return Step(
        start=simulated_now(charge),
        seconds=seconds,
        kind="PARKING",
        power_kw=Decimal(0),
        soc_percent=Decimal(100),
    )


def _to_change(charge: Charge, power_kw: Decimal) -> Iterator[int]:
    if charge.tariff is None or charge.started_at is None:
        return
    so_far = Step(
        start=charge.started_at, seconds=charge.elapsed_s, kind="CHARGING", kwh=charge.kwh, power_kw=power_kw
    )
    seconds = seconds_to_change(charge.tariff, simulated_now(charge), charge.time_zone, so_far)
    if seconds is not None:
        yield seconds


def simulated_now(charge: Charge) -> datetime:
    """How far the time of an active charge has come; at more than real speed this is in the future."""
    if charge.started_at is None:
        raise ValueError("the charge has not begun")
    return charge.started_at + timedelta(seconds=charge.elapsed_s)


def _power_kw(connector: Json) -> Decimal:
    """What a connector delivers: its stated power, else voltage x current x phases. Source: ocpi.md §3.1."""
    stated = Decimal(str(connector.get("max_electric_power") or 0))
    phases = {"AC_3_PHASE": 3, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2}.get(connector.get("power_type", ""), 1)
    volts, amperes = connector.get("max_voltage") or 230, connector.get("max_amperage") or 16
    computed = Decimal(str(volts)) * Decimal(str(amperes)) * phases
    return max(stated or computed, Decimal(1000)) / 1000


def _pick(text: str, count: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % count
