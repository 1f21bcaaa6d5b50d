"""Tariffs module. Source: OCPI 2.2.1, mod_tariffs, object and data type description; ocpi.md 4.1.

Prices exclude VAT. Whatever decides on a price is exact: a wrong member refuses the tariff, since without
it the tariff would cost something else.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from ocpi.wire.reading import Id, Tolerant
from ocpi.wire.v2_2_1.common import DisplayText, EnergyMix, Price


class PriceComponent(Tolerant):
    """Price per kWh, per hour or once; vat in percent; step_size in Wh or seconds."""

    exact: ClassVar[bool] = True

    type: str
    price: Decimal
    step_size: int
    vat: Decimal | None = None


class TariffRestrictions(Tolerant):
    """When an element applies; all of it must hold. kWh, kW, A and seconds; local times and dates."""

    exact: ClassVar[bool] = True

    start_time: str | None = None
    end_time: str | None = None
    start_date: str | None = None
    end_date: str | None = None
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: list[str] = []
    reservation: str | None = None

    @classmethod
    def lenient(cls, value: Any) -> Any:
        """An empty list stands for an object without members where the language of the sender has one kind of both."""
        return {} if value == [] else value


class TariffElement(Tolerant):
    """Components that share restrictions."""

    exact: ClassVar[bool] = True

    price_components: list[PriceComponent]
    restrictions: TariffRestrictions | None = None


class Tariff(Tolerant):
    """What charging costs."""

    country_code: str
    party_id: str
    id: Id
    currency: str
    elements: list[TariffElement]
    last_updated: datetime
    type: str | None = None
    tariff_alt_text: list[DisplayText] = []
    tariff_alt_url: str | None = None
    min_price: Price | None = None
    max_price: Price | None = None
    start_date_time: datetime | None = None
    end_date_time: datetime | None = None
    energy_mix: EnergyMix | None = None
