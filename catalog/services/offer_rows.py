"""From the rows of a location, an EVSE and a connector to the columns of an offer."""

from typing import Any

from catalog import mapping
from catalog.hours import opening_hours
from catalog.models import Offer
from catalog.models.offer import MAPPING
from catalog.services.cost_prices import OfferPrice
from ocpi.models import Connector, Evse, Location


def offer_row(
    connector: Connector, evse: Evse, location: Location, price: OfferPrice, *, listed: bool
) -> Offer:
    """The offer for a connector as it should be, with fresh ids."""
    at_evse = mapping.plausible(evse.latitude, evse.longitude)
    return Offer(
        listed=listed,
        point=(evse.latitude, evse.longitude) if at_evse else (location.latitude, location.longitude),
        is_green_energy=location.is_green_energy or price.green,
        tariff_id=price.tariff_id,
        cost_price=price.cost_price,
        energy_price=price.energy_price,
        energy_price_odd=price.energy_price_odd,
        price_words=price.price_words,
        price_words_odd=price.price_words_odd,
        mapped_by=MAPPING,
        currency=price.currency,
        price_valid_until=price.valid_until,
        **_location_columns(location),
        **_connector_columns(connector, evse),
    )


def power_of(connector: Connector) -> int | None:
    """The connector's power in W, None when its operator's figures do not tell."""
    return mapping.power_w(
        power_type=connector.power_type,
        max_voltage_v=connector.max_voltage_v,
        max_amperage_a=connector.max_amperage_a,
        max_electric_power_w=connector.max_electric_power_w,
    )


def _location_columns(location: Location) -> dict[str, Any]:
    text = mapping.search_text(location.name, location.address, location.city, *_operators(location))
    return {
        "party_id": location.party_id,
        "location_id": location.pk,
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


def _connector_columns(connector: Connector, evse: Evse) -> dict[str, Any]:
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
        "evse_id": evse.pk,
        "connector_id": connector.pk,
        "status": evse.status,
        "name": name,
        "connector_ocpi_id": connector.ocpi_id,
        "connector_standard": connector.standard,
        "power_type": connector.power_type,
        "power_w": power_w,
    }


def _operators(location: Location) -> list[str]:
    """Who runs the station, as the location and as the credentials say it."""
    operator = location.raw.get("operator")
    name = operator.get("name") if isinstance(operator, dict) else None
    return [name, location.party.name] if isinstance(name, str) else [location.party.name]
