"""What a charge costs by its tariff: the simulator's own small calculator, for its sessions and CDRs.

Written from the OCPI text and sharing nothing with catalog.pricing, so that the two can check each other.
Amounts are exact fractions until the very end.
Source: OCPI 2.2.1-d2, mod_tariffs, Tariff object and its classes; mod_cdrs, step_size.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from ocpi.simulator.store import Step
from ocpi.simulator.values import Json, number

HUNDRED = 100
TIME_KINDS = {"CHARGING": "TIME", "PARKING": "PARKING_TIME", "RESERVATION": "TIME"}
BUCKETS = {"ENERGY": "energy", "TIME": "time", "PARKING_TIME": "parking", "FLAT": "fixed"}


@dataclass
class Amount:
    """Money without and with VAT, exact."""

    excl_vat: Fraction = Fraction(0)
    incl_vat: Fraction = Fraction(0)

    def add(self, excl_vat: Fraction, vat_percent: Fraction) -> None:
        """Add a cost that carries so much VAT."""
        self.excl_vat += excl_vat
        self.incl_vat += excl_vat * (1 + vat_percent / HUNDRED)

    def price(self) -> Json:
        """As an OCPI Price: four decimals, half up."""
        return {"excl_vat": _four(self.excl_vat), "incl_vat": _four(self.incl_vat)}


@dataclass
class Bill:
    """The cost of a session by dimension, and in total after min_price and max_price."""

    energy: Amount = field(default_factory=Amount)
    time: Amount = field(default_factory=Amount)
    parking: Amount = field(default_factory=Amount)
    reservation: Amount = field(default_factory=Amount)
    fixed: Amount = field(default_factory=Amount)
    total: Amount = field(default_factory=Amount)


@dataclass
class _Item:
    """A quantity (Wh, seconds or 1) at the price of a component; unit: how many make the priced unit."""

    bucket: str
    quantity: Fraction
    component: Json
    unit: int


@dataclass(frozen=True)
class Moment:
    """What restrictions look at, at the start of a step. local: wall clock at the station."""

    local: datetime
    kwh: Decimal
    elapsed_s: int
    power_kw: Decimal | None


def check(tariff: Json) -> None:
    """Whether the tariff can be computed with at all.

    Raises KeyError, TypeError or ValueError when it is not what OCPI requires of it.
    """
    if not isinstance(tariff["currency"], str):
        raise TypeError("currency is not text")
    for element in tariff["elements"]:
        for component in element["price_components"]:
            _exact(component["price"]), _exact(component.get("vat") or 0), component["type"].upper()
            int(component.get("step_size") or 0)
        for name, rule in _rules(element).items():
            if name in ("start_time", "end_time"):
                datetime.strptime(rule.replace("24:00", "00:00"), "%H:%M")
            elif name.startswith(("min_", "max_")):
                _exact(rule)
    for name in ("min_price", "max_price"):
        _exact((tariff.get(name) or {}).get("excl_vat") or 0)


def bill(tariff: Json, steps: Sequence[Step], time_zone: str, *, expired: bool = False) -> Bill:
    """What the steps of one session cost.

    expired: the reservation was never used, so that RESERVATION_EXPIRES elements apply.
    The tariff must have passed check.
    """
    items = list(_items(tariff, steps, time_zone, expired))
    _round_up_last(items, ("energy",))
    last_time = [item.bucket for item in items if item.bucket in ("time", "parking") and item.unit > 1][-1:]
    _round_up_last(items, tuple(last_time))
    _round_up_last(items, ("reservation",))
    made = Bill()
    for item in items:
        cost = item.quantity * _exact(item.component["price"]) / item.unit
        vat = _exact(item.component.get("vat") or 0)
        getattr(made, item.bucket).add(cost, vat)
        made.total.add(cost, vat)
    if any(step.kind != "RESERVATION" for step in steps) or not expired:
        _bound(made.total, tariff)
    return made


def choice(tariff: Json, moment: Moment) -> tuple[int | None, ...]:
    """Which element gives the price of each dimension; charging steps that agree may be one period."""
    return tuple(_element(tariff, kind, moment, ("",))[0] for kind in BUCKETS)


def moments(steps: Sequence[Step], time_zone: str) -> Iterator[tuple[Step, Moment]]:
    """Each step with what restrictions look at when it begins."""
    zone, kwh, first = ZoneInfo(time_zone), Decimal(0), None
    for step in steps:
        if first is None and step.kind != "RESERVATION":
            first = step.start
        elapsed_s = round((step.start - first).total_seconds()) if first else 0
        yield step, Moment(step.start.astimezone(zone), kwh, elapsed_s, step.power_kw)
        kwh += step.kwh


def _items(tariff: Json, steps: Sequence[Step], time_zone: str, expired: bool) -> Iterator[_Item]:
    flats: set[str] = set()
    for step, moment in moments(steps, time_zone):
        reserved = step.kind == "RESERVATION"
        uses = _uses(reserved, expired)
        for use in uses:
            flat = _element(tariff, "FLAT", moment, (use,))[1]
            if flat is not None and use not in flats:
                flats.add(use)
                yield _Item("reservation" if reserved else "fixed", Fraction(1), flat, 1)
        energy = _element(tariff, "ENERGY", moment, uses)[1]
        if energy is not None and step.kwh:
            yield _Item("energy", _exact(step.kwh) * 1000, energy, 1000)
        kind = TIME_KINDS[step.kind]
        time = _element(tariff, kind, moment, uses)[1]
        if time is not None and step.seconds:
            yield _Item("reservation" if reserved else BUCKETS[kind], Fraction(step.seconds), time, 3600)


def _uses(reserved: bool, expired: bool) -> tuple[str, ...]:
    """Values of `restrictions.reservation` that may price a step, the preferred first; '' is charging.

    FLATs of all of them are due, TIME only of the first that has one.
    """
    if not reserved:
        return ("",)
    return ("RESERVATION_EXPIRES", "RESERVATION") if expired else ("RESERVATION",)


def _element(
    tariff: Json, kind: str, moment: Moment, uses: tuple[str, ...]
) -> tuple[int | None, Json | None]:
    """The first element, in order, with a component of that kind whose restrictions all hold.

    uses: see _uses.
    """
    for use in uses:
        for index, element in enumerate(tariff["elements"]):
            rules = _rules(element)
            if rules.get("reservation", "") != use or not _holds(rules, moment):
                continue
            for component in element["price_components"]:
                if component["type"] == kind:
                    return index, component
    return None, None


def _rules(element: Json) -> Json:
    """The restrictions of an element that say something; files from the field hold nulls and empty lists."""
    rules = element.get("restrictions") or {}
    return {name: rule for name, rule in rules.items() if rule not in (None, [], "")}


def _holds(rules: Json, moment: Moment) -> bool:
    at, day = moment.local.strftime("%H:%M"), moment.local.date().isoformat()
    weekday = moment.local.strftime("%A").upper()
    begin, end = rules.get("start_time", "00:00"), rules.get("end_time", "24:00")
    end = "24:00" if end == "00:00" else end
    in_hours = begin <= at < end if begin <= end else at >= begin or at < end
    return (
        in_hours
        and rules.get("start_date", day) <= day < rules.get("end_date", "9999-12-31")
        and _within(rules, "kwh", moment.kwh)
        and _within(rules, "duration", Decimal(moment.elapsed_s))
        and (moment.power_kw is None or _within(rules, "power", moment.power_kw))
        and weekday in rules.get("day_of_week", [weekday])
    )


def _within(rules: Json, what: str, value: Decimal) -> bool:
    low, high = rules.get(f"min_{what}"), rules.get(f"max_{what}")
    return (low is None or _exact(value) >= _exact(low)) and (high is None or _exact(value) < _exact(high))


def _round_up_last(items: list[_Item], buckets: tuple[str, ...]) -> None:
    """Bill whole steps: what is missing to the next multiple of the last step_size goes to the last item."""
    counted = [item for item in items if item.bucket in buckets and item.unit > 1]
    if not counted:
        return
    step_size = int(counted[-1].component.get("step_size") or 0)
    if step_size > 0:
        total = sum((item.quantity for item in counted), Fraction(0))
        counted[-1].quantity += math.ceil(total / step_size) * step_size - total


def _bound(total: Amount, tariff: Json) -> None:
    for name, pick in (("min_price", max), ("max_price", min)):
        for basis in ("excl_vat", "incl_vat"):
            limit = (tariff.get(name) or {}).get(basis)
            if limit is not None:
                setattr(total, basis, pick(getattr(total, basis), _exact(limit)))


def _exact(value: object) -> Fraction:
    return Fraction(str(value))


def _four(value: Fraction) -> Decimal:
    scaled = math.floor(value * 10_000 + Fraction(1, 2))
    return number(Decimal(scaled).scaleb(-4))


def seconds_to_change(tariff: Json, at: datetime, time_zone: str, charged: Step) -> int | None:
    """How long from `at` until another element may apply; None: never by time or energy.

    charged: the session so far: its seconds, its kwh and its present power_kw.
    A change by energy is the first whole second at which the limit is reached.
    Source: ocpi.md §4.5, split at every instant where the set of chosen components can change.
    """
    zone, found = ZoneInfo(time_zone), []
    for element in tariff["elements"]:
        rules = _rules(element)
        clock = {rules[name] for name in ("start_time", "end_time") if name in rules}
        if clock or {"start_date", "end_date", "day_of_week"} & rules.keys():
            found += [_seconds_to_clock(at, zone, text) for text in clock | {"00:00"}]
        for name in ("min_duration", "max_duration"):
            found.append(int(rules.get(name, 0)) - charged.seconds)
        if charged.power_kw:
            missing = [_exact(rules.get(name, 0)) - _exact(charged.kwh) for name in ("min_kwh", "max_kwh")]
            found += [math.ceil(kwh * 3600 / _exact(charged.power_kw)) for kwh in missing]
    return min((seconds for seconds in found if seconds > 0), default=None)


def _seconds_to_clock(at: datetime, zone: ZoneInfo, text: str) -> int:
    """Elapsed seconds until the wall clock next shows HH:MM; daylight saving taken into account."""
    local = at.astimezone(zone)
    hours, minutes = divmod(int(text[:2]) % 24 * 60 + int(text[3:5]), 60)
    target = local.replace(hour=hours, minute=minutes, second=0, microsecond=0)
    if target.timestamp() <= at.timestamp():
        target = (target + timedelta(days=1)).replace(hour=hours, minute=minutes)
    return math.ceil(target.timestamp() - at.timestamp())
