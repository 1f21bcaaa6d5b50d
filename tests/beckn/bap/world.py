"""What the scripted BPP sells: three stations in Delhi, and the order messages of one booking."""

from typing import Any

PROVIDER = {"id": "cpo-one.example", "descriptor": {"name": "Yamuna Charge"}}
FREE, BUSY, FAR = "item-free", "item-busy", "item-far"
FULFILLMENT = "evse-1"
ORDER_ID = "ord-1001"


HOURS = {
    "descriptor": {"code": "opening-hours"},
    "list": [{"descriptor": {"code": "weekly"}, "value": "Mo-Fr 09:00-23:00; Sa 10:00-14:00,16:00-20:00"}],
}


PRICE = {
    "descriptor": {"code": "price-details"},
    "list": [
        {"descriptor": {"code": "en"}, "value": "₹18.00/kWh, parking ₹2.00/min after 30 min"},
        {"descriptor": {"code": "hi"}, "value": "₹18.00/kWh, पार्किंग ₹2.00/मिनट 30 मिनट के बाद"},
    ],
}


def connector(item_id: str, location_id: str, *, price: str, kind: str, power: str, status: str, name: str) -> dict:
    told = {"connector-id": "1", "power-type": "DC", "connector-type": kind, "charging-speed": "FAST",
            "power-rating": power, "status": status}
    return {
        "id": item_id,
        "descriptor": {"name": name, "code": "energy"},
        "price": {"currency": "INR/kWH", "value": price},
        "fulfillment_ids": [FULFILLMENT if item_id == FREE else f"evse-of-{item_id}"],
        "location_ids": [location_id],
        "tags": [{
            "descriptor": {"code": "connector-specifications", "name": "Connector Specifications"},
            "list": [{"descriptor": {"code": code}, "value": value} for code, value in told.items()],
        }, *([PRICE] if item_id == FREE else [])],
    }


def location(location_id: str, name: str, gps: str, address: str) -> dict:
    return {"id": location_id, "descriptor": {"name": name}, "gps": gps, "address": address}


def catalogue() -> dict[str, Any]:
    """Two stations near Connaught Place, one of another provider far out."""
    return {
        "descriptor": {"name": "Example eMSP"},
        "providers": [
            {
                **PROVIDER,
                "categories": [{"id": "green", "descriptor": {"code": "green-tariff"}}],
                "locations": [
                    location("LOC-2", "Barakhamba Hub", "28.629500,77.227700", "Barakhamba Road, New Delhi"),
                    location("LOC-1", "Connaught Place Plaza", "28.630500,77.218700", "Inner Circle, New Delhi"),
                ],
                "fulfillments": [{"id": FULFILLMENT, "tags": [HOURS]}],
                "items": [
                    connector(BUSY, "LOC-2", price="21.5", kind="CHAdeMO", power="50kW", status="In Use",
                              name="Bay 1 (DC Fast Charger)"),
                    connector(FREE, "LOC-1", price="18", kind="CCS2", power="30kW", status="Available",
                              name="Bay A (DC Fast Charger)"),
                    connector("item-broken", "LOC-1", price="12", kind="Type 2", power="7.4kW", status="Out of Order",
                              name="Bay B (AC Charger)"),
                ],
            },
            {
                "id": "cpo-two.example",
                "descriptor": {"name": "Aravalli Power"},
                "locations": [location("S", "Saket Court", "28.524400,77.206600", "Press Enclave Marg, New Delhi")],
                "items": [
                    connector(FAR, "S", price="16.25", kind="CCS2", power="120kW", status="Available",
                              name="Hall 1 (DC Rapid Charger)"),
                ],
            },
        ],
    }


def quote(total: str, energy: str, kwh: str, quote_id: str = "quote-1") -> dict[str, Any]:
    measure = {"type": "CONSTANT", "value": kwh, "unit": "kWh"}
    line = {"id": FREE, "price": {"currency": "INR/kWH", "value": "18"}, "quantity": {"selected": {"measure": measure}}}
    return {
        "id": quote_id,
        "price": {"currency": "INR", "value": total},
        "breakup": [
            {"title": "energy-cost", "item": line, "price": {"currency": "INR", "value": energy}},
            {"title": "service-charge", "price": {"currency": "INR", "value": "10.00"}},
        ],
        "ttl": "PT15M",
    }


def order(
    state: str = "",
    *,
    status: str = "",
    order_id: str = "",
    told: dict[str, str] | None = None,
    held: tuple[str, str] | None = None,
    times: tuple[str, str] | None = None,
    priced: dict[str, Any] | None = None,
    payment: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An order document; told: entries of charging-details."""
    fulfillment: dict[str, Any] = {"id": FULFILLMENT, "type": "CHARGING", "stops": [{"type": "start"}]}
    if state:
        fulfillment["state"] = {"descriptor": {"code": state}}
    if held:
        fulfillment["stops"][0]["time"] = {"range": {"start": held[0], "end": held[1]}}
    if times:
        fulfillment["stops"] = [
            {"type": "start", "time": {"timestamp": times[0]}}, {"type": "finish", "time": {"timestamp": times[1]}},
        ]
    if told:
        entries = [{"descriptor": {"code": code}, "value": value} for code, value in told.items()]
        fulfillment["tags"] = [{"descriptor": {"code": "charging-details"}, "list": entries}]
    made: dict[str, Any] = {
        "provider": PROVIDER,
        "items": [{"id": FREE, "quantity": {"selected": {"measure": {"value": "8", "unit": "kWh"}}}}],
        "fulfillments": [fulfillment],
        "quote": priced or quote("154.00", "144.00", "8"),
    }
    if order_id:
        made |= {"id": order_id, "status": status or "ACTIVE"}
    if payment:
        made["payments"] = [payment]
    return made | more


PREPAID = {
    "id": "payment-1", "collected_by": "BPP", "type": "PRE-FULFILLMENT", "status": "NOT-PAID",
    "params": {"amount": "154.00", "currency": "INR"},
}
FEE = [{"fulfillment_state": {"descriptor": {"code": "ACTIVE"}}, "cancellation_fee": {"percentage": "30"}}]
REASONS = [
    {"id": "1", "descriptor": {"name": "The charger is blocked", "code": "CHARGER_BLOCKED"}},
    {"id": "5", "descriptor": {"name": "Plan changed", "code": "PLAN_CHANGED"}},
]


def bill() -> dict[str, Any]:
    """The final order: 4.5 kWh delivered."""
    made = order(
        "COMPLETED", status="COMPLETE", order_id=ORDER_ID, priced=quote("91.00", "81.00", "4.5", "quote-2"),
        told={"energy-delivered": "4.50kWh"}, times=("2026-01-05T10:03:00Z", "2026-01-05T10:41:00Z"),
        payment=PREPAID | {"status": "PAID"},
    )
    made["items"][0]["quantity"]["allocated"] = {"measure": {"value": "4.50", "unit": "kWh"}}
    return made
