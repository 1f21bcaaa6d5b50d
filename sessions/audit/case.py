"""What is known about one CDR, and the form in which a check says what it found. Pure: no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

from catalog.pricing import Amount, Priced, TariffError
from catalog.pricing.taxes import read_price
from emsp.core.money import WHOLE, to_cents

SECONDS_PER_HOUR = Decimal(3600)
HUNDRED = Decimal(100)
MOST = Decimal(10**10)  # no amount, energy or time of one charge reaches it


class Severity(IntEnum):
    """NOTE changes nothing; CONTEST disputes what the CPO wants; HOLD keeps the bill back: it cannot be true."""

    NOTE = 0
    CONTEST = 1
    HOLD = 2


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in a sentence; ours and theirs are the two values that differ, as text."""

    code: str
    severity: Severity
    sentence: str
    ours: str = ""
    theirs: str = ""


@dataclass(frozen=True)
class Thresholds:
    """How much may differ. amount: in the CDR's currency; *_percent: per cent; power_percent: above full power."""

    amount: Decimal = Decimal("0.01")
    amount_percent: Decimal = Decimal("0.1")
    energy_percent: Decimal = Decimal(2)
    power_percent: Decimal = Decimal(10)
    time_s: Decimal = Decimal(60)
    late_after_h: Decimal = Decimal(72)
    missing_after_h: Decimal = Decimal(24)

    def agree(self, ours: Decimal, theirs: Decimal) -> bool:
        """Whether two amounts are the same but for rounding (ocpi.md 3.4: 0.01 + 0.1 %)."""
        return abs(theirs - ours) <= self.amount + abs(ours) * self.amount_percent / HUNDRED


@dataclass(frozen=True)
class Other:
    """Another CDR of the same CPO that this one may collide with."""

    ocpi_id: str
    start_at: datetime
    end_at: datetime
    energy_kwh: Decimal


@dataclass(frozen=True)
class Case:
    """A CDR with everything that it is checked against. Energy in kWh, moments aware, amounts as the CDR states them.

    raw: the CDR as received. tariff: what it is priced by; None when nothing is known. quoted: whether that is the
    version the order was quoted by, known_tariffs: keys of the CPO's tariffs. session_kwh: None while the session is
    not reported as completed; metered_kwh: its newest reading. overlapping: other CDRs on that connector, credited
    ones left out. already_billed: another CDR of the order counts.
    beside_charge: it is of the reservation alone, a charge followed. quoted_total: 0 where charging is free.
    """

    raw: Mapping[str, Any]
    start_at: datetime
    end_at: datetime
    received_at: datetime
    currency: str
    energy_kwh: Decimal
    excl_vat: Decimal
    incl_vat: Decimal | None
    tariff: Mapping[str, Any] | None = None
    quoted: bool = False
    quoted_currency: str = ""
    quoted_total: Decimal = Decimal(0)
    known_tariffs: frozenset[str] = frozenset()
    time_zone: str = ""
    ocpi_version: str = "2.2.1"
    step_mode: str = "last_dimension"
    session_kwh: Decimal | None = None
    metered_kwh: Decimal = Decimal(0)
    power_w: int | None = None
    overlapping: tuple[Other, ...] = ()
    duplicate_of: str = ""
    order_failed: bool = False
    already_billed: bool = False
    beside_charge: bool = False
    limits: Thresholds = field(default_factory=Thresholds)

    @property
    def span(self) -> timedelta:
        """From start to end, never below zero."""
        return max(self.end_at - self.start_at, timedelta(0))

    def agree(self, ours: Decimal, theirs: Decimal) -> bool:
        """Whether two amounts are the same but for rounding, each to its currency where that has no cents."""
        if self.currency.upper() in WHOLE:
            ours, theirs = to_cents(ours, self.currency), to_cents(theirs, self.currency)
        return self.limits.agree(ours, theirs)

    @property
    def remark(self) -> str:
        """The CPO's own words about the CDR."""
        return str(self.raw.get("remark") or "").strip()


@dataclass(frozen=True)
class Repricing:
    """Our computation. priced is None where no tariff can be read; agreed: whether a rounding rule met their total."""

    priced: Priced | None
    step_mode: str
    agreed: bool
    findings: tuple[str, ...] = ()


def price_of(raw: Mapping[str, Any], name: str) -> Amount | None:
    """A Price member of a CDR, as of any OCPI version (2.1.1: a number); None when it is absent or cannot be read."""
    given = raw.get(name)
    if isinstance(given, Mapping):
        try:
            excl, incl = map(number, read_price(given, name, "2.2.1"))
        except TariffError:
            return None
        return None if excl is None and incl is None else Amount(excl, incl)
    plain = number(given)
    return None if plain is None else Amount(plain, None)


def number(value: Any) -> Decimal | None:
    """A number of a partner's JSON; None when it is not one, or beyond all that can be meant."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() and abs(read) < MOST else None


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list in a partner's JSON; none when it is no list, whatever else is in it left out."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def hours(span: timedelta) -> Decimal:
    """A span in hours."""
    return Decimal(str(span.total_seconds())) / SECONDS_PER_HOUR
