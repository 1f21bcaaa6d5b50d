"""From the rows of a location, an EVSE and a connector to the columns of an offer.

The rows are instances of the models, or named tuples with the same members (emsp.core.sql.row_type).
"""

from datetime import datetime
from typing import Any

from catalog import mapping
from catalog.hours import opening_hours
from catalog.models import Offer
from catalog.models.offer import MAPPING
from catalog.services.cost_prices import OfferPrice
from emsp.core.sql import row_type
from ocpi.models import Party

OfferRow = row_type(Offer, "id")


def offer_row(
    connector: Any,
    evse: Any,
    location: Any,
    place: dict[str, Any],
    price: OfferPrice,
    *,
    listed: bool,
    offer_id: str,
    fulfillment_id: str,
    at: datetime,
) -> Any:
    """The offer for a connector as it should be. place: what location_columns says of its location."""
    at_evse = mapping.plausible(evse.latitude, evse.longitude)
    return OfferRow(
        listed=listed,
        point=(evse.latitude, evse.longitude) if at_evse else (location.latitude, location.longitude),
        is_green_energy=location.is_green_energy or price.green,
        offer_id=offer_id,
        fulfillment_id=fulfillment_id,
        tariff_id=price.tariff_id,
        cost_price=price.cost_price,
        energy_price=price.energy_price,
        energy_price_odd=price.energy_price_odd,
        price_words=price.price_words,
        price_words_odd=price.price_words_odd,
        mapped_by=MAPPING,
        currency=price.currency,
        price_valid_until=price.valid_until,
        updated_at=at,
        **place,
        **_connector_columns(connector, evse),
    )


def location_columns(location: Any, party: Party) -> dict[str, Any]:
    """The columns that all offers of a location share."""
    text = mapping.search_text(location.name, location.address, location.city, *_operators(location, party))
    return {
        "party_id": location.party_id,
        "location_id": location.id,
        "location_ocpi_id": location.ocpi_id,
        "location_name": location.name,
        "address": location.address,
        "city": location.city,
        "postal_code": location.postal_code,
        "country": location.country,
        "time_zone": location.time_zone,
        "facilities": mapping.facilities(location.raw),
        "opening_hours": opening_hours(location.raw),
        "search_text": text,
    }


def power_of(connector: Any) -> int | None:
    """The connector's power in W, None when its operator's figures do not tell."""
    return mapping.power_w(
        power_type=connector.power_type,
        max_voltage_v=connector.max_voltage_v,
        max_amperage_a=connector.max_amperage_a,
        max_electric_power_w=connector.max_electric_power_w,
    )


def _connector_columns(connector: Any, evse: Any) -> dict[str, Any]:
    power_w = power_of(connector)
    name = mapping.offer_name(
        physical_reference=evse.physical_reference,
        evse_id=evse.evse_id,
        number=evse.position + 1,
        standard=connector.standard,
        power_type=connector.power_type,
        power_w=power_w,
    )
    return {
        "evse_id": evse.id,
        "connector_id": connector.id,
        "status": evse.status,
        "name": name,
        "connector_ocpi_id": connector.ocpi_id,
        "connector_standard": connector.standard,
        "power_type": connector.power_type,
        "power_w": power_w,
    }


def _operators(location: Any, party: Party) -> list[str]:
    """Who runs the station, as the location and as the credentials say it."""
    operator = location.raw.get("operator")
    name = operator.get("name") if isinstance(operator, dict) else None
    return [name, party.name] if isinstance(name, str) else [party.name]
