"""Examples of messages: as an app and an operator would send them to a demo."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from emsp.core.wire import moment_text


@dataclass(frozen=True)
class Sample:
    """What the examples name: an app, a place to search at, and what on_search offered there."""

    bap_id: str = "app.example"
    bap_uri: str = "http://127.0.0.1:9000/beckn"
    gps: str = "28.630400,77.217700"
    provider_id: str = "provider-id-of-on_search"
    item_id: str = "item-id-of-on_search"
    fulfillment_id: str = "fulfillment-id-of-on_search"
    order_id: str = "order-id-of-on_confirm"
    total: str = "118.00"
    transaction_id: str = "6d1f0f0a-52c3-4c6e-9a0e-0f6a4f0e7d11"
    moment: datetime | None = None


def beckn_request(action: str, sample: Sample | None = None) -> dict[str, Any]:
    """A whole request of an app; its timestamp is that of the sample, by default now."""
    sample = sample or Sample()
    context = {
        "domain": settings.BECKN_DOMAINS[0],
        "location": {"country": {"code": "IND"}, "city": {"code": "std:011"}},
        "action": action,
        "version": "1.1.0",
        "bap_id": sample.bap_id,
        "bap_uri": sample.bap_uri,
        "bpp_id": settings.BECKN_SUBSCRIBER_ID,
        "bpp_uri": settings.BECKN_URI,
        "transaction_id": sample.transaction_id,
        "message_id": str(uuid.uuid5(uuid.UUID(sample.transaction_id), action)),
        "timestamp": moment_text(sample.moment or datetime.now(UTC), milliseconds=True),
        "ttl": "PT30S",
    }
    message = _message(action, sample)
    return {"context": context} | ({} if message is None else {"message": message})


def _message(action: str, sample: Sample) -> dict[str, Any] | None:
    if action == "search":
        radius = {"type": "CONSTANT", "value": "10", "unit": "km"}
        stop = {"location": {"circle": {"gps": sample.gps, "radius": radius}}}
        return {"intent": {"fulfillment": {"type": "CHARGING", "stops": [stop]}}}
    if action in ("select", "init", "confirm"):
        return {"order": _order(action, sample)}
    others: dict[str, dict[str, Any]] = {
        "update": {
            "update_target": "order.fulfillments[0].state",
            "order": {
                "id": sample.order_id,
                "fulfillments": [
                    {"id": sample.fulfillment_id, "state": {"descriptor": {"code": "stop-charging"}}}
                ],
            },
        },
        "status": {"order_id": sample.order_id},
        "track": {"order_id": sample.order_id},
        "cancel": {"order_id": sample.order_id, "cancellation_reason_id": "5"},
        "rating": {"ratings": [{"rating_category": "Order", "id": sample.order_id, "value": "5"}]},
        "support": {"support": {"ref_id": sample.order_id}},
    }
    return others.get(action)


def _order(action: str, sample: Sample) -> dict[str, Any]:
    measure = {"type": "CONSTANT", "value": "5", "unit": "kWh"}
    order: dict[str, Any] = {
        "provider": {"id": sample.provider_id},
        "items": [{"id": sample.item_id, "quantity": {"selected": {"measure": measure}}}],
        "fulfillments": [{"id": sample.fulfillment_id}],
    }
    if action != "select":
        order["billing"] = {"name": "Driver", "email": "driver@app.example", "phone": "+910000000000"}
    if action == "confirm":
        order["quote"] = {"price": {"currency": "INR", "value": sample.total}}
    return order


STAMP = "2026-03-01T08:00:00Z"
_PARTY = {"country_code": "IN", "party_id": "CPO"}
_CONNECTOR = {
    "id": "1", "standard": "IEC_62196_T2_COMBO", "format": "CABLE", "power_type": "DC", "max_voltage": 500,
    "max_amperage": 60, "max_electric_power": 30000, "tariff_ids": ["T-1"], "last_updated": STAMP,
}  # fmt: skip
_EVSE = {
    "uid": "E-1", "evse_id": "IN*CPO*E1", "status": "AVAILABLE", "connectors": [_CONNECTOR],
    "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"], "last_updated": STAMP,
}  # fmt: skip
_TOKEN = {"country_code": "IN", "party_id": "EMS", "uid": "A1B2C3D4E5F6", "type": "APP_USER", "contract_id": "C-1"}
_TARIFF = _PARTY | {
    "id": "T-1", "currency": "INR", "last_updated": STAMP,
    "elements": [{"price_components": [{"type": "ENERGY", "price": 18, "vat": 18, "step_size": 1}]}],
}  # fmt: skip
_PERIOD = {"start_date_time": "2026-03-01T09:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 4.5}]}
_CHARGE = _PARTY | {
    "start_date_time": "2026-03-01T09:00:00Z", "cdr_token": _TOKEN, "auth_method": "COMMAND",
    "authorization_reference": "order-id-of-on_confirm", "currency": "INR", "charging_periods": [_PERIOD],
    "last_updated": "2026-03-01T09:31:00Z",
}  # fmt: skip

OCPI: dict[str, dict[str, Any]] = {
    "Connector": _CONNECTOR,
    "Evse": _EVSE,
    "Location": _PARTY | {
        "id": "LOC-1", "publish": True, "name": "Example Station", "address": "1 Example Road",
        "city": "New Delhi", "country": "IND", "time_zone": "Asia/Kolkata", "evses": [_EVSE],
        "coordinates": {"latitude": "28.630400", "longitude": "77.217700"}, "last_updated": STAMP,
    },
    "Tariff": _TARIFF,
    "Session": _CHARGE | {
        "id": "S-1", "kwh": 4.5, "location_id": "LOC-1", "evse_uid": "E-1", "connector_id": "1",
        "status": "ACTIVE",
    },
    "Cdr": _CHARGE | {
        "id": "CDR-1", "session_id": "S-1", "end_date_time": "2026-03-01T09:30:00Z",
        "cdr_location": {"id": "LOC-1", "evse_uid": "E-1", "evse_id": "IN*CPO*E1", "connector_id": "1"},
        "total_cost": {"excl_vat": 81, "incl_vat": 95.58}, "total_energy": 4.5, "total_time": 0.5,
    },
    "CommandResult": {"result": "ACCEPTED"},
    "LocationReferences": {"location_id": "LOC-1", "evse_uids": ["E-1"]},
    "Credentials": {
        "token": "a-token-that-you-made", "url": "https://cpo.example/ocpi/versions",
        "roles": [_PARTY | {"role": "CPO", "business_details": {"name": "Blue Charge"}}],
    },
}  # fmt: skip
