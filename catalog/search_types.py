"""What a driver looks for, and what search tells of an offer that fits."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.models import Offer


@dataclass(frozen=True)
class SearchWish:
    """What a driver looks for. None, empty and False mean: no matter.

    latitude, longitude: degrees; without them everything listed is found, in order of location.
    connector_standards: OCPI's spelling (catalog.mapping.connector_standards); power in W.
    text: free text that narrows the result where it fits and is ignored where nothing fits.
    sold_through: the app that asks; price rules for it alone then count in what it is shown.
    limit_per_location: so that a depot with hundreds of connectors leaves room for its neighbours; those
    that are free come before the others.
    """

    latitude: Decimal | None = None
    longitude: Decimal | None = None
    radius_m: int = 10_000
    connector_standards: frozenset[str] | None = None
    min_power_w: int | None = None
    max_power_w: int | None = None
    provider_ids: frozenset[str] | None = None
    text: str | None = None
    green_only: bool = False
    available_only: bool = False
    fulfillment_ids: frozenset[str] | None = None
    offer_ids: frozenset[str] | None = None
    location_ids: frozenset[int] | None = None
    sold_through: str = ""
    limit_locations: int = 60
    limit_per_location: int = 40


@dataclass(slots=True)
class FoundOffer:
    """What search tells of an Offer, named as there; a plain object, because a model instance costs ten times as much.

    point: latitude and longitude in degrees. distance_m: None without a place to measure from. party: with its
    name, provider_id and business_details; more of it costs a query.
    """

    pk: int
    offer_id: str
    fulfillment_id: str
    party_id: int
    location_id: int
    evse_id: int
    tariff_id: int | None
    status: str
    location_ocpi_id: str
    location_name: str
    address: str
    city: str
    postal_code: str
    country: str
    time_zone: str
    opening_hours: str
    is_green_energy: bool
    name: str
    connector_ocpi_id: str
    connector_standard: str
    power_type: str
    power_w: int | None
    currency: str
    cost_price: Decimal | None
    latitude: float
    longitude: float
    energy_price: Decimal | None
    price_words: str
    distance_m: float | None
    party: Any

    @property
    def point(self) -> tuple[float, float]:
        """As Offer has it."""
        return self.latitude, self.longitude


AnyOffer = Offer | FoundOffer
