"""Sessions module. Source: OCPI 2.2.1, mod_sessions, object and data type description; ocpi.md 3.3."""

from datetime import datetime
from decimal import Decimal

from ocpi.wire.reading import Id, Tolerant
from ocpi.wire.v2_2_1.common import CdrDimension, CdrToken, Price


class ChargingPeriod(Tolerant):
    """A part of a session with one set of conditions; it ends where the next one begins."""

    start_date_time: datetime
    dimensions: list[CdrDimension]
    tariff_id: Id | None = None


class Session(Tolerant):
    """A charging session as the CPO sees it. kwh and total_cost are totals so far."""

    country_code: str
    party_id: str
    id: Id
    start_date_time: datetime
    kwh: Decimal
    cdr_token: CdrToken
    auth_method: str
    location_id: Id
    evse_uid: str
    connector_id: str
    currency: str
    status: str
    last_updated: datetime
    end_date_time: datetime | None = None
    authorization_reference: str | None = None
    meter_id: str | None = None
    charging_periods: list[ChargingPeriod] = []
    total_cost: Price | None = None
