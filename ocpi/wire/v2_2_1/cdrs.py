"""CDRs module. Source: OCPI 2.2.1, mod_cdrs, object and data type description; ocpi.md 3.4."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpi.wire.reading import Id, Tolerant
from ocpi.wire.v2_2_1.common import CdrToken, Price
from ocpi.wire.v2_2_1.sessions import ChargingPeriod


class CdrLocation(Tolerant):
    """Where it was. Members that nothing here depends on are kept in the raw record only."""

    id: Id
    evse_uid: str = ""
    evse_id: str = ""
    connector_id: str = ""


class Cdr(Tolerant):
    """The bill of a CPO to us: energy in kWh, times in hours, amounts without and with VAT."""

    country_code: str
    party_id: str
    id: Id
    start_date_time: datetime
    end_date_time: datetime
    cdr_token: CdrToken
    auth_method: str
    cdr_location: CdrLocation
    currency: str
    charging_periods: list[ChargingPeriod]
    total_cost: Price
    total_energy: Decimal
    total_time: Decimal
    last_updated: datetime
    session_id: Id | None = None
    authorization_reference: str | None = None
    meter_id: str | None = None
    tariffs: list[Any] = []
    signed_data: Any = None
    total_fixed_cost: Price | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_time: Decimal | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: str | None = None
    invoice_reference_id: str | None = None
    credit: bool = False
    credit_reference_id: Id | None = None
    home_charging_compensation: bool | None = None
