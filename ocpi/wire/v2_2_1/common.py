"""Types that several modules share. Source: OCPI 2.2.1, types and mod_locations."""

from decimal import Decimal
from typing import Any, ClassVar

from ocpi.wire.reading import Id, Tolerant


class DisplayText(Tolerant):
    """Text for people; bare text is read as English (T44)."""

    language: str
    text: str

    @classmethod
    def lenient(cls, value: Any) -> Any:
        return {"language": "en", "text": value} if isinstance(value, str) else value


class Price(Tolerant):
    """An amount of money; a bare number is read as excluding VAT, as in 2.1.1."""

    exact: ClassVar[bool] = True

    excl_vat: Decimal
    incl_vat: Decimal | None = None

    @classmethod
    def lenient(cls, value: Any) -> Any:
        return value if isinstance(value, dict | list | bool) else {"excl_vat": value}


class Image(Tolerant):
    """A picture by its address."""

    url: str
    category: str
    type: str
    thumbnail: str | None = None
    width: int | None = None
    height: int | None = None


class BusinessDetails(Tolerant):
    """Who runs something."""

    name: str
    website: str | None = None
    logo: Image | None = None


class EnergySource(Tolerant):
    """A share of the energy, in percent."""

    source: str
    percentage: Decimal


class EnvironmentalImpact(Tolerant):
    """Waste or carbon dioxide, in g per kWh."""

    category: str
    amount: Decimal


class EnergyMix(Tolerant):
    """Where the energy comes from."""

    is_green_energy: bool
    energy_sources: list[EnergySource] = []
    environ_impact: list[EnvironmentalImpact] = []
    supplier_name: str | None = None
    energy_product_name: str | None = None


class CdrToken(Tolerant):
    """Whose customer charges. Only uid is needed to recognise a driver of ours."""

    uid: Id
    country_code: str = ""
    party_id: str = ""
    type: str = ""
    contract_id: str = ""


class CdrDimension(Tolerant):
    """A quantity: kWh for ENERGY, hours for TIME, PARKING_TIME and RESERVATION_TIME."""

    exact: ClassVar[bool] = True

    type: str
    volume: Decimal
