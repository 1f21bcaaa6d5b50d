"""OCPI sessions and CDRs from what happened at the plug, priced by the simulator's own calculator.

Source: OCPI 2.2.1, mod_sessions, Session object; mod_cdrs, CDR object and ChargingPeriod class.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from emsp.core.wire import moment_text
from ocpi.simulator.network import NOT_KNOWN_YET, Spot, zone_of
from ocpi.simulator.pricing import Amount, Bill, bill, choice, moments
from ocpi.simulator.store import Step
from ocpi.simulator.values import Json, number

HOUR_S = 3600
TIME_DIMENSION = {"CHARGING": "TIME", "PARKING": "PARKING_TIME", "RESERVATION": "RESERVATION_TIME"}
COSTS = {
    "energy": "total_energy_cost",
    "time": "total_time_cost",
    "parking": "total_parking_cost",
    "reservation": "total_reservation_cost",
    "fixed": "total_fixed_cost",
}


def session_periods(steps: Sequence[Step], tariff: Json | None) -> list[Json]:
    """The steps as ChargingPeriods of a Session: with power and state of charge."""
    return [_period(step, tariff, live=True) for step in steps]


def running_cost(
    steps: Sequence[Step], tariff: Json | None, time_zone: str, *, expired: bool = False
) -> Json | None:
    """Session.total_cost so far; None when there is no tariff to compute it by."""
    made = _bill(tariff, steps, time_zone, expired=expired)
    return made.total.price() if made else None


def cdr(
    cdr_id: str,
    session: Json,
    spot: Spot,
    steps: Sequence[Step],
    tariff: Json | None,
    *,
    last_updated: str,
    expired: bool = False,
) -> Json:
    """The CDR of an ended session. Its cost is that of its own charging periods, step for step.

    steps: all of the session, in order, at least one. expired: a reservation that was never used.
    """
    zone = zone_of(spot.location)
    merged = _merged(steps, tariff, zone)
    made = _bill(tariff, merged, zone, expired=expired)
    copied = ("country_code", "party_id", "cdr_token", "auth_method", "authorization_reference", "currency")
    record: Json = {name: session[name] for name in copied if name in session}
    record |= {
        "id": cdr_id,
        "session_id": session["id"],
        "start_date_time": moment_text(merged[0].start),
        "end_date_time": moment_text(end_of(merged)),
        "cdr_location": _cdr_location(spot, session["connector_id"]),
        "tariffs": [tariff] if tariff else [],
        "charging_periods": [_period(step, tariff, live=False) for step in merged],
        "total_cost": (made.total if made else Amount()).price(),
        "total_energy": number(sum((step.kwh for step in merged), Decimal(0))),
        "total_time": _hours(sum(step.seconds for step in merged if step.kind != "RESERVATION")),
        "last_updated": last_updated,
    }
    parked_s = sum(step.seconds for step in merged if step.kind == "PARKING")
    if parked_s:
        record["total_parking_time"] = _hours(parked_s)
    return {**record, **_costs(made)}


def end_of(steps: Sequence[Step]) -> datetime:
    """When the last step ended."""
    return steps[-1].start + timedelta(seconds=steps[-1].seconds)


def prices_reservations(tariff: Json | None) -> bool:
    """Whether a tariff has elements for reservations."""
    elements = (tariff or {}).get("elements") or []
    return any((element.get("restrictions") or {}).get("reservation") for element in elements)


def reservation_step(start: datetime, end: datetime) -> Step:
    """The time an EVSE was held, in real seconds."""
    return Step(start=start, seconds=max(0, round((end - start).total_seconds())), kind="RESERVATION")


def _bill(tariff: Json | None, steps: Sequence[Step], zone: str, *, expired: bool = False) -> Bill | None:
    return bill(tariff, steps, zone, expired=expired) if tariff else None


def _merged(steps: Sequence[Step], tariff: Json | None, zone: str) -> list[Step]:
    """Join neighbours that every component of the tariff treats alike, as a CDR does."""
    made: list[Step] = []
    last: object = None
    for step, moment in moments(steps, zone):
        alike = (step.kind, choice(tariff, moment) if tariff else None, _by_power(tariff) and step.power_kw)
        if made and alike == last and end_of(made) == step.start:
            joined = made[-1]
            seconds, kwh = joined.seconds + step.seconds, joined.kwh + step.kwh
            made[-1] = msgspec.structs.replace(joined, seconds=seconds, kwh=kwh)
        else:
            made.append(msgspec.structs.replace(step))
        last = alike
    return made


def _by_power(tariff: Json | None) -> bool:
    rules = [element.get("restrictions") or {} for element in (tariff or {}).get("elements") or []]
    return any(rule.get(name) is not None for rule in rules for name in ("min_power", "max_power"))


def _period(step: Step, tariff: Json | None, *, live: bool) -> Json:
    dimensions: list[Json] = []
    if step.kind == "CHARGING":
        dimensions.append({"type": "ENERGY", "volume": number(step.kwh)})
    dimensions.append({"type": TIME_DIMENSION[step.kind], "volume": _hours(step.seconds)})
    if live and step.power_kw is not None:
        dimensions.append({"type": "POWER", "volume": number(step.power_kw)})
    if live and step.soc_percent is not None:
        dimensions.append({"type": "STATE_OF_CHARGE", "volume": step.soc_percent})
    if not live and _by_power(tariff) and step.power_kw is not None:
        for name in ("MIN_POWER", "MAX_POWER"):
            dimensions.append({"type": name, "volume": number(step.power_kw)})
    period: Json = {"start_date_time": moment_text(step.start), "dimensions": dimensions}
    return {**period, "tariff_id": tariff["id"]} if tariff else period


def _costs(made: Bill | None) -> Json:
    amounts = {name: getattr(made, bucket) for bucket, name in COSTS.items()} if made else {}
    return {name: amount.price() for name, amount in amounts.items() if amount.excl_vat}


def _cdr_location(spot: Spot, connector_id: str) -> Json:
    location, connector = spot.location, spot.connector(connector_id)
    copied = ("id", "name", "address", "city", "postal_code", "state", "country", "coordinates")
    return {
        **{name: location[name] for name in copied if name in location},
        "evse_uid": str(spot.evse["uid"]),
        "evse_id": spot.evse.get("evse_id") or NOT_KNOWN_YET,
        "connector_id": str(connector["id"]),
        "connector_standard": connector.get("standard", NOT_KNOWN_YET),
        "connector_format": connector.get("format", NOT_KNOWN_YET),
        "connector_power_type": connector.get("power_type", NOT_KNOWN_YET),
    }


def _hours(seconds: int) -> Decimal:
    return number(Decimal(seconds) / HOUR_S)
