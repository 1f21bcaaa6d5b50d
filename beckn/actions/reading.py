"""What an order of an app means: which offer, how much, what price it saw, who the driver is."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from beckn.errors import Refusal
from beckn.models import Transaction
from beckn.wire.v1_1_0 import Item, OrderIn, decimal_of, text_of
from beckn.wire.v1_1_0.moments import moment_of
from catalog.models import Offer
from emsp.core import crypto
from sessions.services import drivers
from sessions.services.quoting import MAX_ENERGY_KWH, Wish

ITEMS = "message.order.items"
KWH_PER_UNIT = {"kwh": Decimal(1), "wh": Decimal("0.001"), "mwh": Decimal(1000)}


def offer_of(order: OrderIn) -> Offer:
    """The one offer that is ordered.

    Raises Refusal: 30001 unknown provider, 30004 unknown item, 40000 two charging items (beckn.md a.7).
    A wrong fulfilment id is advisory when one item is ordered: the item says which EVSE.
    """
    item = one_item(order)
    provider = order.provider or order.providers
    provider_id, item_id = text_of(provider and provider.id), text_of(item.id)
    if not item_id:
        raise Refusal("30004", "the item has no id", path=f"{ITEMS}[0].id")
    offer = Offer.objects.select_related("party__connection", "evse").filter(offer_id=item_id).first()
    if provider_id and not (offer and offer.party.provider_id == provider_id):
        if not Offer.objects.filter(party__provider_id=provider_id).exists():
            raise Refusal("30001", "this provider is not known here", path="message.order.provider.id")
        raise Refusal("30004", "this provider has no such item", path=f"{ITEMS}[0].id")
    if offer is None:
        raise Refusal("30004", "this item is not known here", path=f"{ITEMS}[0].id")
    if item.add_ons or order.add_ons:
        raise Refusal("30007", "no add-ons are offered", path=f"{ITEMS}[0].add_ons")
    if order.offers:
        raise Refusal("30006", "no special offers are known here", path="message.order.offers")
    return offer


def one_item(order: OrderIn) -> Item:
    """The charging item. Raises Refusal when there is none, or more than one."""
    items = order.items or []
    if not items:
        raise Refusal("30004", "the order names no item", path=ITEMS)
    if len({text_of(item.id) for item in items}) > 1:
        raise Refusal("40000", "one charging item can be ordered at a time", path=ITEMS)
    return items[0]


def wish_of(order: OrderIn, offer: Offer) -> Wish:
    """How much is wanted: kWh, money, a time slot at the charger's power, or nothing said (beckn.md e.4 Quantity)."""
    item = one_item(order)
    start_at, end_at = _slot(order)
    energy_kwh, amount = _measured(item, offer)
    if energy_kwh is None and amount is None:
        amount = _charging_options(item)
    estimated_kwh = None
    if start_at and end_at and end_at > start_at and offer.power_w:
        hours = Decimal(str((end_at - start_at).total_seconds())) / 3600
        estimated_kwh = min((hours * offer.power_w / 1000).quantize(Decimal("0.01")), MAX_ENERGY_KWH)
    return Wish(energy_kwh=energy_kwh, amount=amount, start_at=start_at, estimated_kwh=estimated_kwh)


def _measured(item: Item, offer: Offer) -> tuple[Decimal | None, Decimal | None]:
    """(energy in kWh, amount of money) from quantity.selected.measure; a count is a number of sessions."""
    quantity = item.quantity
    if quantity is None:
        return None, None
    count = quantity.count if quantity.count is not None else (quantity.selected and quantity.selected.count)
    if count is not None and decimal_of(count, f"{ITEMS}[0].quantity.count") != 1:
        raise Refusal("40002", "one session can be ordered at a time", path=f"{ITEMS}[0].quantity.count")
    measure = quantity.selected.measure if quantity.selected else None
    if measure is None or measure.value is None:
        return None, None
    path = f"{ITEMS}[0].quantity.selected.measure"
    value, unit = decimal_of(measure.value, f"{path}.value"), (measure.unit or "kWh").strip().casefold()
    if value <= 0:
        raise Refusal("30000", "the quantity must be above 0", path=f"{path}.value")
    if unit in KWH_PER_UNIT:
        return value * KWH_PER_UNIT[unit], None
    if unit == offer.currency.casefold():
        return None, value
    raise Refusal("30000", "the unit must be kWh, Wh or the currency", path=f"{path}.unit")


def _charging_options(item: Item) -> Decimal | None:
    """charging-by AMOUNT, charging-limit 100: the form of live UEI apps."""
    values = tag_values(item.tags, "charging-options")
    if values.get("charging-by", "").upper() != "AMOUNT" or "charging-limit" not in values:
        return None
    amount = decimal_of(values["charging-limit"], f"{ITEMS}[0].tags")
    if amount <= 0:
        raise Refusal("30000", "the amount must be above 0", path=f"{ITEMS}[0].tags")
    return amount


def _slot(order: OrderIn) -> tuple[datetime | None, datetime | None]:
    start_at = end_at = None
    for fulfillment in order.fulfillments or []:
        for number, stop in enumerate(fulfillment.stops or []):
            path = f"message.order.fulfillments[0].stops[{number}].time"
            if stop.time is None:
                continue
            if stop.time.range:
                start_at = start_at or moment_of(stop.time.range.start, path)
                end_at = end_at or moment_of(stop.time.range.end, path)
            elif (stop.type or "start").lower() == "start":
                start_at = start_at or moment_of(stop.time.timestamp, path)
            else:
                end_at = end_at or moment_of(stop.time.timestamp, path)
    return start_at, end_at


def tag_values(groups: Any, *group_codes: str) -> dict[str, str]:
    """{code: value} of tag groups; groups without a descriptor count too (f 5). Codes in lower case."""
    values: dict[str, str] = {}
    for group in groups or []:
        code = ((group.descriptor and (group.descriptor.code or group.descriptor.name)) or "").casefold()
        if group_codes and code and code not in group_codes:
            continue
        for tag in group.entries or []:
            name = (tag.descriptor and (tag.descriptor.code or tag.descriptor.name)) or ""
            if name:
                values[name.strip().casefold()] = text_of(tag.value)
    return values


def stated_price(order: OrderIn) -> tuple[Decimal | None, str]:
    """The total and currency the app says the order costs; (None, "") when it says nothing."""
    price = order.quote.price if order.quote else None
    if price is None or price.value is None or price.value == "":
        return None, ""
    return decimal_of(price.value, "message.order.quote.price.value"), price.currency or ""


def stated_quote_id(order: OrderIn) -> str:
    """The id of the quote the app means; empty when it names none."""
    return text_of(order.quote and order.quote.id)


def remember_driver(conversation: Transaction, order: OrderIn) -> str:
    """Keep billing and customer as sent; gives the hash by which this driver is known, empty without contact data."""
    fields = []
    if order.billing:
        conversation.billing = order.billing
        fields.append("billing")
    customer = next((f.customer for f in order.fulfillments or [] if f.customer), None)
    if customer:
        conversation.customer = customer
        fields.append("customer")
    if fields:
        conversation.save(update_fields=fields)
    return driver_hash(conversation)


def driver_hash(conversation: Transaction) -> str:
    """One driver = one app and one billing contact (design.md §8, tokens)."""
    billing = conversation.billing or {}
    customer = conversation.customer or {}
    contact = customer.get("contact") if isinstance(customer.get("contact"), dict) else {}
    for known in (
        billing.get("phone"),
        billing.get("number"),
        billing.get("email"),
        (contact or {}).get("phone"),
        (contact or {}).get("email"),
    ):
        if found := contact_hashes(conversation.bap_id, text_of(known)):
            return drivers.known_as(found)
    return ""


def contact_hashes(bap_id: str, contact: str) -> list[str]:
    """By what a driver of this app with this phone number or mail address is known, under the present key and earlier
    ones; empty without one."""
    text = "".join(contact.split()).casefold()
    return crypto.keyed_hashes(f"{bap_id}|{text}") if text else []
