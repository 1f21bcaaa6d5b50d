"""A rule of the price book: for which sales it is meant, and what it does to a cost."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

HUNDRED = Decimal(100)
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class Kind(StrEnum):
    """What a rule makes of the operator's price."""

    PASS_THROUGH = "PASS_THROUGH"
    MARKUP = "MARKUP"
    FLAT = "FLAT"


@dataclass(frozen=True, slots=True)
class Terms:
    """How a rule turns a cost into a price.

    markup_percent: on every line. markup_per_kwh, energy_price (FLAT), service_fee: excluding VAT, in currency;
    vat_percent is added to them. floor_per_kwh, cap_per_kwh: bounds of the price per kWh, including VAT.
    currency: empty when there is no amount of our own.
    """

    kind: str = Kind.PASS_THROUGH
    currency: str = ""
    vat_percent: Decimal = Decimal(0)
    markup_percent: Decimal | None = None
    markup_per_kwh: Decimal | None = None
    energy_price: Decimal | None = None
    floor_per_kwh: Decimal | None = None
    cap_per_kwh: Decimal | None = None
    service_fee: Decimal | None = None

    def with_vat(self, amount: Decimal) -> Decimal:
        """An amount of our own including VAT, not rounded."""
        return amount * (1 + self.vat_percent / HUNDRED)

    def as_snapshot(self) -> dict[str, str]:
        """The terms as a quote keeps them: decimals as text, what is not set left out."""
        return {name: str(value) for name, value in asdict(self).items() if value not in (None, "")}

    @classmethod
    def from_snapshot(cls, kept: dict[str, str]) -> "Terms":
        """The terms that a quote kept."""
        texts = ("kind", "currency")
        known = {field.name for field in fields(cls)}
        values: dict[str, Any] = {
            name: value if name in texts else Decimal(value) for name, value in kept.items() if name in known
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Sale:
    """What is being sold, through whom and when. sold_through: BAP id, empty for a price shown to every app.

    local: the moment on the wall clock of the location; power in W, None when it is not known.
    """

    party_id: int
    location_id: int
    connector_standard: str
    power_w: int | None
    currency: str
    local: datetime
    sold_through: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """For which sales a rule is meant; None and empty fit everything.

    Power: min_power_w <= power < max_power_w. The window is local time, over midnight when it ends before it
    starts; its weekday is that of the moment itself (Monday is 0).
    """

    party_id: int | None = None
    location_id: int | None = None
    sold_through: str = ""
    connector_standard: str = ""
    min_power_w: int | None = None
    max_power_w: int | None = None
    weekdays: tuple[int, ...] = ()
    start_time: time | None = None
    end_time: time | None = None
    effective_from: datetime | None = None
    effective_until: datetime | None = None

    @property
    def has_power(self) -> bool:
        return self.min_power_w is not None or self.max_power_w is not None

    @property
    def has_window(self) -> bool:
        return bool(self.weekdays) or self.start_time is not None or self.end_time is not None

    def misfit(self, sale: Sale) -> str | None:
        """Why the rule is not meant for this sale, as part of a sentence; None when it is."""
        return self.misfit_of_place(sale) or self.misfit_of_time(sale.local)

    def misfit_of_place(self, sale: Sale) -> str | None:
        """The part of it that does not change with time."""
        if self.location_id is not None and self.location_id != sale.location_id:
            return "it is for another location"
        if self.sold_through and self.sold_through != sale.sold_through:
            return f"it is for {self.sold_through} only"
        if self.party_id is not None and self.party_id != sale.party_id:
            return "it is for another operator"
        if self.connector_standard and self.connector_standard != sale.connector_standard:
            return f"the connector is not {self.connector_standard}"
        if self.has_power and not self._in_band(sale.power_w):
            return "the power is outside its band"
        return None

    def misfit_of_time(self, local: datetime) -> str | None:
        """The part that depends on the moment; local is aware, on the wall clock of the location."""
        if self.effective_from is not None and local < self.effective_from:
            return f"it begins at {self.effective_from:%Y-%m-%d %H:%M}"
        if self.effective_until is not None and local >= self.effective_until:
            return f"it ended at {self.effective_until:%Y-%m-%d %H:%M}"
        if self.weekdays and local.weekday() not in self.weekdays:
            return f"{DAYS[local.weekday()]} is not one of its days"
        return None if self._in_window(local.time()) else "the local time is outside its window"

    def _in_band(self, power_w: int | None) -> bool:
        if power_w is None:
            return False
        above = self.min_power_w is None or power_w >= self.min_power_w
        return above and (self.max_power_w is None or power_w < self.max_power_w)

    def _in_window(self, clock: time) -> bool:
        if self.start_time is None and self.end_time is None:
            return True
        start, end = self.start_time or time(), self.end_time or time()
        if end == time():  # midnight at the end is the end of the day
            return clock >= start
        return start <= clock < end if start < end else clock >= start or clock < end


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a version of the price book. The higher priority wins among equally specific rules."""

    id: int
    name: str
    match: Match
    terms: Terms
    priority: int = 0
