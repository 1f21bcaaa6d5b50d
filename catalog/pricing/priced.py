"""What pricing a session gives: amounts, items and sentences that explain them."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.pricing.taxes import side_names
from catalog.pricing.wording import money_text


class Amount(NamedTuple):
    """Money of one tariff currency, not rounded to cents.

    excl_vat: excluding VAT (2.3.0: before taxes). incl_vat: including VAT (2.3.0: after taxes).
    None: cannot be known from the tariff (2.1.1, and 2.3.0 without a tax rate).
    """

    excl_vat: Decimal | None
    incl_vat: Decimal | None


class Item(NamedTuple):
    """One dimension of one charging period at one price.

    dimension: ENERGY, TIME, PARKING_TIME, RESERVATION_TIME, FLAT or RESERVATION_FLAT.
    quantity, billed_quantity: kWh, hours, or 1 for a FLAT; billed is after step_size.
    price_*: per kWh, hour or session; vat in percent, None when the component has none.
    element, period: places in the tariff's elements and in the charging periods, counted from 0.
    start: of the period, aware UTC.
    """

    dimension: str
    quantity: Decimal
    billed_quantity: Decimal
    price_excl_vat: Decimal | None
    vat: Decimal | None
    price_incl_vat: Decimal | None
    amount: Amount
    element: int
    period: int
    start: datetime


@dataclass(frozen=True, slots=True)
class Priced:
    """The cost of a session.

    total: after min_price and max_price. energy, time, parking, reservation, fixed: before them.
    adjustment: total minus the sum of the items, not zero only where min_price or max_price acted.
    billed: energy_kwh, time_s, parking_s, reservation_s after step_size, 0 where nothing was priced.
    explanation: sentences, in the order of the computation.
    Where all are known, amounts of items + adjustment == total, exactly.
    """

    currency: str
    ocpi_version: str
    items: list[Item]
    total: Amount
    energy: Amount
    time: Amount
    parking: Amount
    reservation: Amount
    fixed: Amount
    adjustment: Amount
    billed: dict[str, Decimal]
    explanation: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The costs with the names of an OCPI CDR, amounts as text with two to four decimals.

        Rounded half up to four decimals; null where the amount is not known.
        """
        names = side_names(self.ocpi_version)
        parts = {
            "total_cost": self.total,
            "total_energy_cost": self.energy,
            "total_time_cost": self.time,
            "total_parking_cost": self.parking,
            "total_reservation_cost": self.reservation,
            "total_fixed_cost": self.fixed,
        }
        costs: dict[str, Any] = {
            part: {
                name: None if side is None else money_text(side)
                for name, side in zip(names, (amount.excl_vat, amount.incl_vat), strict=True)
            }
            for part, amount in parts.items()
        }
        return {**costs, "explanation": list(self.explanation)}


@dataclass(frozen=True, slots=True)
class EnergyPrice:
    """The price of a kWh for a session that begins at one instant.

    None in a price: cannot be known from the tariff. vat in percent.
    valid_until: aware UTC, the next instant at which another component applies; None if never.
    """

    price_excl_vat: Decimal | None
    price_incl_vat: Decimal | None
    vat: Decimal | None
    valid_until: datetime | None
    currency: str
    element: int
