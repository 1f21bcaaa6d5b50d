"""Valid messages, as JSON texts: what spoiling starts from."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.developer.guides import examples
from tests.factories import ocpi as factories

BAP_ID, BAP_URI = "bap.tests.example", "http://127.0.0.1:9/bap/energy/v1"
ALWAYS = datetime(2099, 1, 1, tzinfo=UTC)  # a timestamp that does not expire, so that the same input does the same
PERIOD = {"start_date_time": "2026-03-01T09:16:10Z", "dimensions": [
    {"type": "ENERGY", "volume": 10.5}, {"type": "TIME", "volume": 0.75}, {"type": "PARKING_TIME", "volume": 0.25},
    {"type": "MAX_POWER", "volume": 22}, {"type": "RESERVATION_TIME", "volume": 0.1},
], "tariff_id": "T-1"}  # fmt: skip
RESTRICTIONS = {
    "start_time": "17:00", "end_time": "06:00", "start_date": "2026-01-01", "end_date": "2027-01-01", "min_kwh": 1,
    "max_kwh": 50, "min_power": 1.5, "max_power": 350, "min_current": 6, "max_current": 500, "min_duration": 60,
    "max_duration": 36000, "day_of_week": ["MONDAY", "SUNDAY"],
}  # fmt: skip
RICH_TARIFF = factories.tariff_body(
    type="REGULAR", tariff_alt_text=[{"language": "en", "text": "By day"}], tariff_alt_url="https://cpo.example/t",
    min_price={"excl_vat": 1, "incl_vat": 1.18}, max_price={"excl_vat": 900}, start_date_time="2026-01-01T00:00:00Z",
    end_date_time="2027-01-01T00:00:00Z", energy_mix={"is_green_energy": True, "supplier_name": "Sun"},
    elements=[
        {"price_components": [
            {"type": "ENERGY", "price": 18, "vat": 18, "step_size": 1}, {"type": "FLAT", "price": 10, "step_size": 1},
            {"type": "TIME", "price": 60, "vat": 18, "step_size": 300},
            {"type": "PARKING_TIME", "price": 120, "step_size": 60},
        ], "restrictions": RESTRICTIONS},
        {"price_components": [{"type": "TIME", "price": 5, "step_size": 60}],
         "restrictions": {"reservation": "RESERVATION"}},
        {"price_components": [{"type": "ENERGY", "price": 20.5, "vat": 5, "step_size": 1000}]},
    ],
)  # fmt: skip
RICH_LOCATION = factories.location_body(
    publish_allowed_to=[{"uid": "1", "type": "RFID"}], parking_type="ON_STREET", facilities=["CAFE"],
    related_locations=[{"latitude": "28.6", "longitude": "77.2", "name": {"language": "en", "text": "Gate"}}],
    directions=[{"language": "en", "text": "Left"}], operator={"name": "CPA", "website": "https://cpo.example"},
    opening_times={
        "twentyfourseven": False, "regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}],
        "exceptional_closings": [{"period_begin": "2026-12-25T00:00:00Z", "period_end": "2026-12-26T00:00:00Z"}],
    },
    images=[{"url": "https://cpo.example/i.png", "category": "CHARGER", "type": "png", "width": 99, "height": 9}],
    energy_mix={"is_green_energy": True, "energy_sources": [{"source": "SOLAR", "percentage": 100}],
                "environ_impact": [{"category": "CARBON_DIOXIDE", "amount": 0}]},
    evses=[factories.evse_body(coordinates={"latitude": "28.63", "longitude": "77.21"}, status_schedule=[
        {"period_begin": "2026-03-02T00:00:00Z", "period_end": "2026-03-03T00:00:00Z", "status": "INOPERATIVE"},
    ])],
)  # fmt: skip
OBJECTS: dict[str, list[dict[str, Any]]] = {
    "locations": [factories.location_body(), RICH_LOCATION],
    "evses": [factories.evse_body()],
    "connectors": [factories.connector_body()],
    "tariffs": [factories.tariff_body(), RICH_TARIFF, RICH_TARIFF],
    "sessions": [
        factories.session_body(),
        factories.session_body(status="ACTIVE", kwh=4.5, charging_periods=[PERIOD], total_cost={"excl_vat": 81}),
    ],
    "cdrs": [
        factories.cdr_body(),
        factories.cdr_body(tariffs=[RICH_TARIFF], charging_periods=[PERIOD], total_parking_time=0.25, remark="late",
                           total_energy_cost={"excl_vat": 81}, signed_data={"encoding_method": "x"}),
        factories.cdr_body(id="CDR-1-C", credit=True, credit_reference_id="CDR-1"),
    ],
    "credentials": [
        examples.OCPI["Credentials"],
        {"token": "t", "url": "https://cpo.example/v", "party_id": "CPO", "country_code": "IN",
         "business_details": {"name": "B", "logo": {"url": "https://x.example/", "category": "OPERATOR", "type": "png"}}},
    ],
    "results": [
        {"result": "ACCEPTED"},
        {"result": "REJECTED", "timeout": 30, "message": [{"language": "en", "text": "x"}, {"language": "hi", "text": "y"}]},
    ],
    "foreign lists": [
        {"items": [{"id": "L1"}, {"id": "L2"}], "next": "https://cpo.example/feed?after=2"},
        {"data": {"locations": [{"id": "L1"}]}},
        {"content": [{"id": "L1"}], "number": 0, "last": False, "totalElements": 3},
    ],
    "references": [examples.OCPI["LocationReferences"]],
}


@cache
def ocpi(kind: str) -> tuple[str, ...]:
    """Objects of OCPI 2.2.1 of one kind."""
    return tuple(json.dumps(each) for each in OBJECTS[kind])


def sample(**known: str) -> examples.Sample:
    """What the requests of an app name; known: ids of an offer or order that is there."""
    return examples.Sample(**{"bap_id": BAP_ID, "bap_uri": BAP_URI, "moment": ALWAYS} | known)


def requests(action: str, given: examples.Sample) -> tuple[str, ...]:
    """Requests of an app: as the documentation shows them, and with everything that other dialects write."""
    plain = examples.beckn_request(action, given)
    rich = {"context": plain["context"], "message": _rich(action, given)}
    return tuple(json.dumps(each) for each in ([plain, rich] if rich["message"] else [plain]))


ACTIONS = tuple(MESSAGE_TYPES)


def _rich(action: str, given: examples.Sample) -> dict[str, Any] | None:
    tags = [{"descriptor": {"code": "charging-options"}, "list": [
        {"descriptor": {"code": "charging-by"}, "value": "AMOUNT"},
        {"descriptor": {"code": "charging-limit"}, "value": "100"},
        {"descriptor": {"name": "connector-type"}, "value": "CCS2"}, {"descriptor": {"code": "min-power"}, "value": "30 kW"},
    ]}]  # fmt: skip
    times = [
        {"type": "start", "time": {"timestamp": "2099-03-01T09:00:00+05:30"}, "location": {"gps": given.gps}},
        {"type": "end", "time": {"range": {"start": "2099-03-01T09:00:00Z", "end": "2099-03-01T10:00:00Z"}}},
    ]
    if action == "search":
        stop = {"location": {"gps": given.gps, "circle": {"gps": given.gps, "radius": {"value": "5", "unit": "km"}}}}
        return {"intent": {
            "descriptor": {"name": "station"}, "provider": {"id": "p", "descriptor": {"name": "Blue"}},
            "category": {"descriptor": {"code": "green-tariff"}}, "item": {"id": 1, "tags": tags},
            "fulfillment": {"type": "CHARGING", "stops": [stop, *times], "tags": tags}, "tags": tags,
        }}  # fmt: skip
    if action in ("select", "init", "confirm", "update"):
        params = {"transaction_id": "t", "amount": given.total, "currency": "INR"}
        order = {
            "id": given.order_id, "provider": {"id": given.provider_id}, "providers": {"id": given.provider_id},
            "items": [{"id": given.item_id, "tags": tags, "quantity": {"count": 1, "selected": {"count": 1}}}],
            "fulfillments": [{
                "id": given.fulfillment_id, "type": "CHARGING", "stops": times, "tags": tags, "state": "stop-charging",
                "customer": {"person": {"name": "D"}, "contact": {"phone": "+91", "email": "d@app.example"}},
            }],
            "billing": {"name": "D", "phone": "+91", "email": "d@app.example", "state": {"code": "DL"}, "tax_id": "07AAA"},
            "payments": [{"type": "PRE-ORDER", "status": "PAID", "collected_by": "BAP", "params": params}],
            "quote": {"id": "q", "price": {"currency": "INR", "value": given.total}},
        }  # fmt: skip
        return {"order": order} | ({"update_target": "billing,payments,order.fulfillments[0]"} if action == "update" else {})
    others: dict[str, dict[str, Any]] = {
        "status": {"order": {"id": given.order_id}},
        "cancel": {"order_id": given.order_id, "descriptor": {"code": "SOFT_CANCEL", "short_desc": "no time"}},
        "rating": {"ratings": [{"rating_category": "Provider", "id": given.provider_id, "value": 4.5}]},
        "support": {"support": {"order_id": given.order_id, "phone": "+91", "email": "d@app.example"}, "ref_id": "r"},
    }
    return others.get(action)
