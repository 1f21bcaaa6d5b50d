"""When a tariff element applies: one check per restriction, judged against a situation.

Source: ocpi.md 4.1 (TariffRestrictions) and 4.4 step 3.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from catalog.pricing.wording import clock_text, number_text

DAY_S = 86400
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

# restriction -> what it is compared with, and the unit of both
BOUNDS = {
    "min_kwh": ("energy_kwh", "kWh"),
    "max_kwh": ("energy_kwh", "kWh"),
    "min_current": ("min_current", "A"),
    "max_current": ("max_current", "A"),
    "min_power": ("min_power", "kW"),
    "max_power": ("max_power", "kW"),
    "min_duration": ("elapsed_s", "s"),
    "max_duration": ("elapsed_s", "s"),
}


@dataclass(slots=True)
class Situation:
    """Where a session stands at one instant.

    at: aware UTC; local: the same on the wall clock of the location. energy_kwh: taken before that instant.
    elapsed_s: seconds since the session (for a reservation: the reservation) began.
    Currents in A summed over the phases, powers in kW, None when the charging period does not say.
    """

    at: datetime
    local: datetime
    energy_kwh: Decimal = Decimal(0)
    elapsed_s: Decimal | int = 0
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None


@dataclass(slots=True)
class Cuts:
    """Where the answer of checks can change: seconds of the local day, seconds elapsed, kWh taken, dates."""

    times_s: set[int] = field(default_factory=set)
    elapsed_s: set[Decimal] = field(default_factory=set)
    energy_kwh: set[Decimal] = field(default_factory=set)
    dates: set[date] = field(default_factory=set)


class Check(Protocol):
    """One restriction of an element."""

    @property
    def is_local(self) -> bool:
        """True when the wall clock of the location matters."""

    def holds(self, now: Situation) -> bool:
        """True when the restriction allows the element to apply."""

    def reason(self, now: Situation) -> str:
        """Why it does not hold, as a part of a sentence."""

    def mark(self, cuts: Cuts) -> None:
        """Add where the answer can change."""

    def covers(self, other: "Check") -> bool:
        """True when this one surely holds whenever the other does."""


@dataclass(frozen=True, slots=True)
class Window:
    """start_time, end_time: start <= local time of day < end, over midnight when end < start."""

    start_s: int = 0
    end_s: int = DAY_S
    is_local: bool = True

    def holds(self, now: Situation) -> bool:
        clock_s = now.local.hour * 3600 + now.local.minute * 60 + now.local.second
        if self.end_s < self.start_s:
            return clock_s >= self.start_s or clock_s < self.end_s
        return self.start_s <= clock_s < self.end_s

    def reason(self, now: Situation) -> str:
        window = f"{clock_text(self.start_s)}-{clock_text(self.end_s)}"
        return f"local time {now.local:%H:%M} is outside {window}"

    def mark(self, cuts: Cuts) -> None:
        cuts.times_s |= {self.start_s % DAY_S, self.end_s % DAY_S}

    def covers(self, other: Check) -> bool:
        if not isinstance(other, Window) or self.end_s == self.start_s:
            return False
        mine, its = ((w.end_s - w.start_s) % DAY_S or DAY_S for w in (self, other))
        return mine == DAY_S or (other.start_s - self.start_s) % DAY_S + its <= mine


@dataclass(frozen=True, slots=True)
class Dates:
    """start_date, end_date: start <= local date < end."""

    start: date = date.min
    end: date = date.max
    is_local: bool = True

    def holds(self, now: Situation) -> bool:
        return self.start <= now.local.date() < self.end

    def reason(self, now: Situation) -> str:
        if now.local.date() < self.start:
            return f"{now.local:%Y-%m-%d} is before start_date {self.start}"
        return f"{now.local:%Y-%m-%d} is not before end_date {self.end}"

    def mark(self, cuts: Cuts) -> None:
        cuts.times_s.add(0)
        cuts.dates |= {self.start, self.end}

    def covers(self, other: Check) -> bool:
        return isinstance(other, Dates) and self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Weekdays:
    """day_of_week: the local weekday is one of these (Monday is 0)."""

    days: frozenset[int]
    is_local: bool = True

    def holds(self, now: Situation) -> bool:
        return now.local.weekday() in self.days

    def reason(self, now: Situation) -> str:
        listed = ", ".join(WEEKDAYS[day] for day in sorted(self.days))
        return f"{WEEKDAYS[now.local.weekday()]} is not one of {listed}"

    def mark(self, cuts: Cuts) -> None:
        cuts.times_s.add(0)

    def covers(self, other: Check) -> bool:
        return isinstance(other, Weekdays) and other.days <= self.days


@dataclass(frozen=True, slots=True)
class Bound:
    """min_* (at least) or max_* (below) of energy, duration, current or power. Unknown values hold."""

    name: str
    limit: Decimal
    subject: str
    unit: str
    is_minimum: bool
    is_local: bool = False

    def value(self, now: Situation) -> Decimal | int | None:
        """What the limit is compared with; None when the charging period does not say."""
        value: Decimal | int | None = getattr(now, self.subject)
        return value

    def holds(self, now: Situation) -> bool:
        value = self.value(now)
        if value is None:
            return True
        return value >= self.limit if self.is_minimum else value < self.limit

    def reason(self, now: Situation) -> str:
        value = self.value(now)
        stated = "unknown" if value is None else f"{number_text(value)} {self.unit}"
        relation = "below" if self.is_minimum else "not below"
        return f"{stated} is {relation} {self.name} {number_text(self.limit)} {self.unit}"

    def mark(self, cuts: Cuts) -> None:
        if self.subject == "energy_kwh":
            cuts.energy_kwh.add(self.limit)
        elif self.subject == "elapsed_s":
            cuts.elapsed_s.add(self.limit)

    def covers(self, other: Check) -> bool:
        if not isinstance(other, Bound) or other.name != self.name:
            return False
        return other.limit >= self.limit if self.is_minimum else other.limit <= self.limit
