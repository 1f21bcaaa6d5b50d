"""Examples of what we send to apps: small, and with no member that a real message does not have."""

from typing import Any

from emsp.developer.guides.examples import Sample, beckn_request

CHARGING = {"descriptor": {"code": "ACTIVE", "name": "Charging"}}
PRICE = {"currency": "INR", "value": "118.00"}


def beckn_callback(callback: str, sample: Sample) -> dict[str, Any]:
    """A whole callback, in answer to the sample's request."""
    context = beckn_request("search", sample)["context"] | {"action": callback}
    return {"context": context, "message": _message(callback, sample)}


def _message(callback: str, sample: Sample) -> Any:
    if callback == "on_search":
        return {"catalog": {"descriptor": {"name": "eMSP"}, "providers": [_provider(sample)]}}
    others: dict[str, Any] = {
        "on_track": {"tracking": {"url": "https://emsp.example/track/reference", "status": "active"}},
        "on_rating": {"feedback_form": {"form": {"url": "https://emsp.example/feedback/reference"}}},
        "on_support": {"support": {"ref_id": sample.order_id, "phone": "+911800000000", "email": "support@emsp.example"}},
        "cancellation_reasons": {
            "cancellation_reasons": [{"id": "5", "descriptor": {"code": "CHANGE-OF-PLAN", "name": "Change of plan"}}]
        },
        "rating_categories": ["Order"],
        "return_reasons": [],
    }  # fmt: skip
    return others[callback] if callback in others else {"order": _order(callback, sample)}


def _provider(sample: Sample) -> dict[str, Any]:
    return {
        "id": sample.provider_id,
        "descriptor": {"name": "Blue Charge"},
        "locations": [{"id": "LOC-1", "gps": sample.gps}],
        "fulfillments": [{"id": sample.fulfillment_id, "type": "CHARGING"}],
        "items": [_item(sample)],
    }


def _item(sample: Sample) -> dict[str, Any]:
    price = {"currency": "INR/kWH", "value": "23.60"}
    return {"id": sample.item_id, "price": price, "fulfillment_ids": [sample.fulfillment_id]}


def _order(callback: str, sample: Sample) -> dict[str, Any]:
    quote = {"price": PRICE, "breakup": [{"title": "energy-cost", "price": PRICE}]}
    order: dict[str, Any] = {
        "provider": {"id": sample.provider_id},
        "items": [_item(sample)],
        "fulfillments": [{"id": sample.fulfillment_id, "type": "CHARGING"}],
        "quote": quote,
    }
    if callback == "on_select":
        return order
    params = {"amount": "118.00", "currency": "INR"}
    order["payments"] = [{"type": "POST-FULFILLMENT", "status": "NOT-PAID", "params": params}]
    if callback == "on_init":
        return order
    order |= {"id": sample.order_id, "status": "CANCELLED" if callback == "on_cancel" else "ACTIVE"}
    if callback == "on_cancel":
        order["cancellation"] = {"cancelled_by": "CONSUMER"}
    else:
        order["fulfillments"][0]["state"] = CHARGING
    return order
