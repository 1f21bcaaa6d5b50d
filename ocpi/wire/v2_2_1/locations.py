"""Locations module. Source: OCPI 2.2.1, mod_locations, object and data type description."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from ocpi.wire.reading import Id, Tolerant
from ocpi.wire.v2_2_1.common import BusinessDetails, DisplayText, EnergyMix, Image


class GeoLocation(Tolerant):
    """WGS 84 coordinates in degrees; text on the wire, numbers are read too."""

    latitude: Decimal
    longitude: Decimal


class AdditionalGeoLocation(Tolerant):
    """Coordinates of something near, such as an entrance."""

    latitude: Decimal
    longitude: Decimal
    name: DisplayText | None = None


class PublishTokenType(Tolerant):
    """Whom an unpublished location may be shown to."""

    uid: str | None = None
    type: str | None = None
    visual_number: str | None = None
    issuer: str | None = None
    group_id: str | None = None


class RegularHours(Tolerant):
    """Opening hours of one weekday, Monday is 1; local time HH:MM."""

    weekday: int
    period_begin: str
    period_end: str


class ExceptionalPeriod(Tolerant):
    """An exception to the regular hours."""

    period_begin: datetime
    period_end: datetime


class Hours(Tolerant):
    """When a location is open."""

    twentyfourseven: bool
    regular_hours: list[RegularHours] = []
    exceptional_openings: list[ExceptionalPeriod] = []
    exceptional_closings: list[ExceptionalPeriod] = []


class StatusSchedule(Tolerant):
    """A status planned for a time to come."""

    period_begin: datetime
    status: str
    period_end: datetime | None = None


class Connector(Tolerant):
    """A socket or cable. Voltage in V (line to neutral for AC_3_PHASE), current in A, power in W."""

    id: Id
    standard: str
    format: str
    power_type: str
    max_voltage: int
    max_amperage: int
    last_updated: datetime
    max_electric_power: int | None = None
    tariff_ids: list[Id] = []
    terms_and_conditions: str | None = None


class Evse(Tolerant):
    """A charging point for one vehicle at a time. Its connectors are read one by one, see ocpi.wire.trees."""

    uid: Id
    status: str
    last_updated: datetime
    evse_id: str | None = None
    status_schedule: list[StatusSchedule] = []
    capabilities: list[str] = []
    connectors: list[Any] = []
    floor_level: str | None = None
    coordinates: GeoLocation | None = None
    physical_reference: str | None = None
    directions: list[DisplayText] = []
    parking_restrictions: list[str] = []
    images: list[Image] = []


class Location(Tolerant):
    """A site with its EVSEs. These are read one by one, see ocpi.wire.trees."""

    country_code: str
    party_id: str
    id: Id
    publish: bool
    address: str
    city: str
    country: str
    coordinates: GeoLocation
    time_zone: str
    last_updated: datetime
    publish_allowed_to: list[PublishTokenType] = []
    name: str | None = None
    postal_code: str | None = None
    state: str | None = None
    related_locations: list[AdditionalGeoLocation] = []
    parking_type: str | None = None
    evses: list[Any] = []
    directions: list[DisplayText] = []
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: list[str] = []
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: list[Image] = []
    energy_mix: EnergyMix | None = None
