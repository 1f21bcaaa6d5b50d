"""From OCPI's Location, EVSE and Connector to the columns of our rows."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from ocpi.models import Connector, Evse, Location
from ocpi.wire import scalars, vocabulary
from ocpi.wire.v2_2_1.locations import GeoLocation
from ocpi.wire.v2_2_1.trees import ConnectorNode, EvseNode, LocationNode, time_zone

SEVEN_PLACES = Decimal("0.0000001")


def location_columns(node: LocationNode) -> dict[str, Any]:
    """The columns of a Location row, all but its identity and what the mirror itself keeps."""
    value = node.value
    return {
        "publish": value.publish,
        "name": value.name or "",
        "address": value.address,
        "city": value.city,
        "postal_code": value.postal_code or "",
        "state": value.state or "",
        "country": vocabulary.country_alpha_3(value.country),
        "latitude": _degrees(value.coordinates.latitude),
        "longitude": _degrees(value.coordinates.longitude),
        "time_zone": time_zone(value.time_zone),
        "is_green_energy": value.energy_mix is not None and value.energy_mix.is_green_energy,
        "raw": scalars.storable(node.raw),
    }


def evse_columns(node: EvseNode) -> dict[str, Any]:
    """The columns of an Evse row, all but its identity and place."""
    value = node.value
    coordinates = value.coordinates if value.coordinates and _on_globe(value.coordinates) else None
    return {
        "evse_id": value.evse_id or "",
        "status": vocabulary.evse_status(value.status),
        "physical_reference": value.physical_reference or "",
        "capabilities": vocabulary.capabilities(value.capabilities),
        "latitude": _degrees(coordinates.latitude) if coordinates else None,
        "longitude": _degrees(coordinates.longitude) if coordinates else None,
        "raw": scalars.storable(node.raw),
    }


def connector_columns(node: ConnectorNode) -> dict[str, Any]:
    """The columns of a Connector row, all but its identity and place."""
    value = node.value
    power_w = value.max_electric_power
    return {
        "standard": vocabulary.connector_standard(value.standard),
        "format": vocabulary.connector_format(value.format),
        "power_type": vocabulary.power_type(value.power_type),
        "max_voltage_v": value.max_voltage,
        "max_amperage_a": value.max_amperage,
        "max_electric_power_w": power_w if power_w is not None and power_w >= 0 else None,
        "tariff_ids": list(dict.fromkeys(value.tariff_ids)),
        "removed": False,
        "raw": scalars.storable(node.raw),
    }


def own_last_updated(row: Location | Evse | Connector) -> Any:
    """last_updated that the CPO gave this object itself; the column may be later, raised by a child."""
    return said_at(row.raw.get("last_updated"), row.last_updated)


def said_at(own: Any, column: datetime) -> datetime:
    """The moment that an object's last_updated, as received, names; that of its column where it names none."""
    try:
        return scalars.moment(own)
    except ValueError:
        return column


def assign(row: Model, columns: dict[str, Any]) -> tuple[bool, bool]:
    """Set the columns. Says whether anything changed, and whether anything but last_updated did (T36)."""
    changed = material = False
    for name, value in columns.items():
        before = getattr(row, name)
        if before == value:
            continue
        setattr(row, name, value)
        changed = True
        material = material or (_differ(before, value) if name == "raw" else name != "last_updated")
    return changed, material


def _differ(before: dict[str, Any], after: dict[str, Any]) -> bool:
    def content(raw: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in raw.items() if name != "last_updated"}

    return content(before) != content(after)


def _degrees(value: Decimal) -> Decimal:
    return value.quantize(SEVEN_PLACES)


def _on_globe(value: GeoLocation) -> bool:
    return abs(value.latitude) <= 90 and abs(value.longitude) <= 180


