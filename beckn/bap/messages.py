"""Bodies of the requests this app sends, as plain JSON values. Pure. Shapes: beckn.md a.3, e.4."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from beckn.bap.places import Point
from beckn.bap.standing import unpaid
from emsp.core.wire import moment_text

JSON = dict[str, Any]
COUNTRY = {"name": "India", "code": "IND"}
CALLBACKS = {"get_cancellation_reasons": "cancellation_reasons", "get_rating_categories": "rating_categories"}
START, STOP = "start-charging", "stop-charging"


@dataclass(frozen=True)
class Network:
    """Who we are and whom we talk to; the same in every context."""

    domain: str
    version: str
    bap_id: str
    bap_uri: str
    bpp_id: str
    bpp_uri: str


@dataclass(frozen=True)
class Choice:
    """What the driver picked: one item, and the energy in kWh."""

    provider_id: str
    item_id: str
    fulfillment_id: str
    energy_kwh: Decimal


@dataclass(frozen=True)
class Contact:
    """Whom the provider may reach about the order."""

    name: str = ""
    phone: str = ""
    email: str = ""


def callback_of(action: str) -> str:
    """The action that answers action; the two meta calls have no `on_`."""
    return CALLBACKS.get(action, f"on_{action}")


def body(
    network: Network,
    action: str,
    message: JSON | None,
    *,
    transaction_id: str,
    message_id: str,
    city_code: str,
    now: datetime,
    ttl: str,
) -> JSON:
    """The whole request. ttl: ISO 8601 duration from now; message: None for the calls of context only."""
    context = {
        "domain": network.domain,
        "location": {"country": COUNTRY, "city": {"code": city_code}},
        "action": action,
        "version": network.version,
        "bap_id": network.bap_id,
        "bap_uri": network.bap_uri,
        "bpp_id": network.bpp_id,
        "bpp_uri": network.bpp_uri,
        "transaction_id": transaction_id,
        "message_id": message_id,
        "timestamp": moment_text(now, milliseconds=True),
        "ttl": ttl,
    }
    return {"context": context} if message is None else {"context": context, "message": message}


def search(
    point: Point,
    *,
    radius_km: Decimal,
    connector: str = "",
    min_power_kw: int | None = None,
    green_only: bool = False,
) -> JSON:
    """Chargers around point. connector: the RFC's word, `CCS2`; empty for any kind."""
    radius = {"type": "CONSTANT", "value": _plain(radius_km), "unit": "km"}
    location = {"gps": point.gps, "circle": {"gps": point.gps, "radius": radius}}
    fulfillment: JSON = {"type": "CHARGING", "stops": [{"location": location}]}
    wanted = {"connector-type": connector, "min-power": f"{min_power_kw}kW" if min_power_kw else ""}
    entries = [{"descriptor": {"code": code}, "value": value} for code, value in wanted.items() if value]
    if entries:
        fulfillment["tags"] = [{"descriptor": {"code": "connector-specifications"}, "list": entries}]
    intent: JSON = {"fulfillment": fulfillment}
    if green_only:
        intent["category"] = {"descriptor": {"code": "green-tariff"}}
    return {"intent": intent}


def select(choice: Choice) -> JSON:
    """Ask for the price of the choice."""
    return {"order": _order(choice)}


def init(choice: Choice, contact: Contact) -> JSON:
    """Ask for the terms, and (by the provider's policy) hold the charger."""
    return {"order": _order(choice, contact) | {"billing": _billing(contact)}}


def confirm(
    choice: Choice,
    contact: Contact,
    *,
    total: Decimal | None,
    currency: str,
    payments: list[JSON],
    reference: str,
) -> JSON:
    """Agree to the terms of on_init.

    total: the amount shown to the driver, in currency. payments: as on_init brought them; what must be
    paid before charging is marked PAID under reference, the rest goes back as it came.
    """
    order = _order(choice, contact) | {"billing": _billing(contact)}
    if total is not None:
        order["quote"] = {"price": {"currency": currency, "value": format(total, "f")}}
    if payments:
        order["payments"] = [_settled(payment, reference) for payment in payments]
    return {"order": order}


def status(order_id: str) -> JSON:
    """Ask how the order stands."""
    return {"order_id": order_id}


def update(order_id: str, fulfillment_id: str, state: str) -> JSON:
    """Ask to start or stop charging; state is START or STOP."""
    fulfillment: JSON = {"type": "CHARGING", "state": {"descriptor": {"code": state}}}
    if fulfillment_id:
        fulfillment["id"] = fulfillment_id
    order = {"id": order_id, "fulfillments": [fulfillment]}
    return {"update_target": "order.fulfillments[0].state", "order": order}


def cancel(order_id: str, reason_id: str, text: str) -> JSON:
    """Give the order up. reason_id: from the provider's own list; text: the reason in words."""
    return {"order_id": order_id, "cancellation_reason_id": reason_id, "descriptor": {"short_desc": text}}


def rating(fulfillment_id: str, value: int) -> JSON:
    """Rate a charging session, 1 (poor) to 5 (excellent)."""
    return {"ratings": [{"rating_category": "Fulfillment", "id": fulfillment_id, "value": str(value)}]}


def support(order_id: str, contact: Contact) -> JSON:
    """Ask how the provider can be reached about the order."""
    told = {"ref_id": order_id, "callback_phone": contact.phone, "email": contact.email}
    return {"support": {name: value for name, value in told.items() if value}}


def _order(choice: Choice, contact: Contact | None = None) -> JSON:
    measure = {"type": "CONSTANT", "value": _plain(choice.energy_kwh), "unit": "kWh"}
    order: JSON = {
        "provider": {"id": choice.provider_id},
        "items": [{"id": choice.item_id, "quantity": {"selected": {"measure": measure}}}],
    }
    fulfillment: JSON = {"id": choice.fulfillment_id} if choice.fulfillment_id else {}
    if contact:
        fulfillment["customer"] = {"person": {"name": contact.name}, "contact": {"phone": contact.phone}}
    if fulfillment:
        order["fulfillments"] = [fulfillment]
    return order


def _billing(contact: Contact) -> JSON:
    told = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    return {name: value for name, value in told.items() if value}


def _settled(payment: JSON, reference: str) -> JSON:
    if not unpaid(payment):
        return payment
    params = dict(payment.get("params") or {}) | {"transaction_id": reference}
    return payment | {"params": params, "status": "PAID"}


def _plain(value: Decimal) -> str:
    """8.500 as `8.5`, 10 as `10`."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
