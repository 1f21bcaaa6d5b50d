"""An order as apps see it, from draft to final bill. Source: beckn.md e.3, e.4."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from beckn.models import Transaction
from beckn.render import catalog, echo, words
from beckn.render.payments import payments
from beckn.render.quote import measure, quotation
from beckn.render.receipt import receipt_tag
from catalog.stations import Operator
from emsp.core.money import plain
from emsp.core.wire import moment_text
from sessions import selectors
from sessions.models import Order, Quote
from sessions.selectors import Meter
from sessions.states import DRAFTS, OrderState

HELD = frozenset({OrderState.RESERVING, OrderState.RESERVED, OrderState.CONFIRMED})


def draft(order: Order) -> dict[str, Any]:
    """on_select: what it would cost."""
    quote = order.quote
    return {
        "type": "DRAFT",
        "provider": catalog.provider(Operator.of(order.party)),
        "items": [_item(order, quote)],
        "fulfillments": [catalog.fulfillment(order.offer)],
        "quote": quotation(quote) if quote else {},
    }


def order(order: Order, conversation: Transaction) -> dict[str, Any]:
    """on_init while it is a draft; the whole order from confirm on."""
    bill, meter = selectors.current_bill(order), selectors.meter_of(order)
    quote = selectors.price_told(order, bill)
    is_draft = order.state in DRAFTS
    made: dict[str, Any] = (
        {"type": "DRAFT"}
        if is_draft
        else {
            "id": str(order.reference),
            "status": words.ORDER_STATUS[OrderState(order.state)],
            "type": "DEFAULT",
        }
    )
    made["provider"] = catalog.provider(Operator.of(order.party))
    made["items"] = [_item(order, quote, meter)]
    if conversation.billing and (billing := echo.billing(conversation.billing)):
        made["billing"] = billing
    made["fulfillments"] = [_fulfillment(order, conversation, meter)]
    if quote:
        made["quote"] = quotation(quote)
    made["payments"] = payments(order, conversation, quote, bill)
    made["cancellation_terms"] = cancellation_terms()
    if order.cancelled_by:
        made["cancellation"] = _cancellation(order)
    if not is_draft:
        made["created_at"] = _text(order.confirmed_at or order.created_at)
        made["updated_at"] = _text(order.updated_at)
        if receipt := receipt_tag(order):
            made["tags"] = [receipt]
    return made


def _item(order: Order, quote: Quote | None, meter: Meter | None = None) -> dict[str, Any]:
    made = catalog.item(order.offer)
    if order.quote:
        if order.quote.unit_price is not None:
            made["price"] = catalog.energy_price(plain(order.quote.unit_price), order.quote.currency)
        made["quantity"] = {"selected": measure(order.quote.energy_kwh)}
        if meter and meter.ended_at:
            made["quantity"]["allocated"] = measure(order.energy_kwh)
    return made


def _fulfillment(order: Order, conversation: Transaction, meter: Meter | None) -> dict[str, Any]:
    made: dict[str, Any] = {"id": order.offer.fulfillment_id, "type": "CHARGING"}
    state = OrderState.RESERVING if selectors.is_being_reserved(order) else OrderState(order.state)
    told = words.FULFILLMENT_STATE.get(state)
    if told:
        made["state"] = {
            "descriptor": {"code": told[0], "name": told[1]},
            "updated_at": _text(order.updated_at),
            "updated_by": settings.BECKN_SUBSCRIBER_ID,
        }
    if order.state == OrderState.CHARGING:
        made["tracking"] = True
    if conversation.customer and (customer := echo.customer(conversation.customer)):
        made["customer"] = customer
    made["stops"] = _stops(order, meter)
    if meter:
        made["tags"] = [_charging_details(meter)]
    return made


def _stops(order: Order, meter: Meter | None) -> list[dict[str, Any]]:
    begin: dict[str, Any] = {"type": "start"} | catalog.stop(order.offer)
    if meter and meter.started_at:
        begin["time"] = {"timestamp": _text(meter.started_at)}
    elif order.reserved_until and order.state in HELD:
        begin["time"] = {"range": {"start": _text(order.updated_at), "end": _text(order.reserved_until)}}
    if not meter or not meter.ended_at:
        return [begin]
    return [
        begin,
        {"type": "finish"} | catalog.stop(order.offer) | {"time": {"timestamp": _text(meter.ended_at)}},
    ]


def _charging_details(meter: Meter) -> dict[str, Any]:
    values: list[tuple[str, str, str]] = [
        ("energy-delivered", "Energy Delivered", f"{plain(meter.energy_kwh)}kWh")
    ]
    if meter.started_at:
        values.append(("start-time", "Start Time", _text(meter.started_at)))
    if meter.ended_at:
        values.append(("stop-time", "Stop Time", _text(meter.ended_at)))
    readings: list[tuple[str, str, Decimal | None, str]] = [
        ("power", "Power", meter.power_kw, "kW"),
        ("current", "Current", meter.current_a, "A"),
        ("soc", "Soc", meter.soc_percent, "%"),
    ]
    if not meter.ended_at:
        values += [
            (code, name, plain(value) + unit) for code, name, value, unit in readings if value is not None
        ]
    return words.tag_group("charging-details", "Charging Details", values)


def cancellation_terms() -> list[dict[str, Any]]:
    """Free before charging; a share of the quote from then on."""
    return [
        {
            "fulfillment_state": {"descriptor": {"code": "ACTIVE"}},
            "cancellation_fee": {"percentage": plain(Decimal(settings.CANCELLATION_FEE_PERCENT))},
        }
    ]


def _cancellation(order: Order) -> dict[str, Any]:
    reason: dict[str, Any] = {"descriptor": {"name": order.cancel_reason or "cancelled"}}
    if order.failure:
        reason["descriptor"]["code"] = order.failure
    if order.cancel_reason_id:
        reason["id"] = order.cancel_reason_id
    return {"time": _text(order.updated_at), "cancelled_by": order.cancelled_by, "reason": reason}


def _text(moment: datetime) -> str:
    return moment_text(moment, milliseconds=True)
