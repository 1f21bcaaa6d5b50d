"""The driver's steps, each one request to the provider: search, quote, book, confirm, stop, cancel, rate."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from beckn.bap import messages
from beckn.bap.catalogue import Offer, Station
from beckn.bap.messages import Contact
from beckn.bap.models import Direction, Message, Order, Search
from beckn.bap.services import exchanges
from beckn.bap.stages import Stage
from beckn.bap.standing import Standing, unpaid


def look(search: Search) -> Message:
    """Send a search that was just written."""
    return exchanges.send(
        "search",
        messages.search(
            search.point,
            radius_km=search.radius_km,
            connector=search.connector,
            min_power_kw=search.min_power_kw,
            green_only=search.green_only,
        ),
        transaction_id=str(search.transaction_id),
        city_code=search.city_code,
        driver=search.driver,
        search=search,
    )


def choose(search: Search, station: Station, offer: Offer, energy_kwh: Decimal) -> Order:
    """Book nothing yet: ask for the price of energy_kwh at one connector.

    The first choice goes on in the search's own transaction. Another connector, or one more booking
    after the first was confirmed, opens a transaction of its own: one transaction holds one order.
    """
    facts = {
        "driver": search.driver,
        "search": search,
        "city_code": search.city_code,
        "provider_id": station.provider_id,
        "item_id": offer.item_id,
        "fulfillment_id": offer.fulfillment_id,
        "energy_kwh": energy_kwh,
        "station": _snapshot(station, offer),
    }
    first = str(search.transaction_id)
    order, new = Order.objects.get_or_create(transaction_id=first, defaults=facts)
    open_yet = order.item_id == offer.item_id and order.stage in (Stage.QUOTING, Stage.QUOTED)
    if not new and not open_yet:
        order = Order.objects.create(transaction_id=str(uuid.uuid4()), **facts)
    return quote(order, energy_kwh)


def quote(order: Order, energy_kwh: Decimal) -> Order:
    """Ask for the price of energy_kwh; the order's earlier price no longer counts."""
    order.energy_kwh, order.stage = energy_kwh, Stage.QUOTING
    order.save(update_fields=["energy_kwh", "stage"])
    _send(order, "select", messages.select(order.choice))
    return order


def book(order: Order, contact: Contact) -> Message:
    """Ask for the terms, with the driver's contact, which is kept for the next booking."""
    for row in (order, order.driver):
        row.name, row.phone, row.email = contact.name, contact.phone, contact.email
        row.save(update_fields=["name", "phone", "email"])
    return _send(order, "init", messages.init(order.choice, contact), ttl=exchanges.TTL_BINDING)


def confirm(order: Order) -> Message:
    """Agree to the terms as shown. What must be paid before charging is marked paid: a sandbox payment."""
    terms = order.standing
    message = messages.confirm(
        order.choice,
        order.contact,
        total=terms.total,
        currency=terms.currency,
        payments=terms.payments,
        reference=payment_reference(order),
    )
    return _once(order, "confirm", message)


def payment_reference(order: Order) -> str:
    """The made-up proof of a sandbox payment; the same for the same order."""
    return f"sandbox-{str(order.pk)[:8]}"


def start(order: Order) -> Message:
    """Ask the charger to start, where confirming did not."""
    message = messages.update(order.bpp_order_id, order.fulfillment_id, messages.START)
    return _send(order, "update", message, ttl=exchanges.TTL_BINDING)


def stop(order: Order) -> Message:
    """Ask the charger to stop."""
    message = messages.update(order.bpp_order_id, order.fulfillment_id, messages.STOP)
    return _send(order, "update", message, ttl=exchanges.TTL_BINDING)


def refresh(order: Order) -> Message:
    """Ask how the order stands."""
    return _send(order, "status", messages.status(order.bpp_order_id))


def ask_reasons(order: Order) -> Message:
    """Ask which reasons for cancelling the provider knows."""
    return _send(order, "get_cancellation_reasons", None)


def cancel(order: Order, reason_id: str, text: str) -> Message:
    """Give the order up."""
    message = messages.cancel(order.bpp_order_id, reason_id, text)
    return _send(order, "cancel", message, ttl=exchanges.TTL_BINDING)


def rate(order: Order, value: int) -> Message:
    """Rate the session, 1 to 5."""
    order.rating = value
    order.save(update_fields=["rating"])
    return _send(order, "rating", messages.rating(order.fulfillment_id or order.bpp_order_id, value))


def ask_support(order: Order) -> Message:
    """Ask how the provider can be reached about the order."""
    return _send(order, "support", messages.support(order.bpp_order_id, order.contact))


def pays_now(order: Order) -> bool:
    """True when confirming marks a payment as made."""
    return any(unpaid(payment) for payment in order.standing.payments)


def price_valid_until(order: Order, stands: Standing) -> datetime | None:
    """When the quoted price ends; None when the provider names no end."""
    if order.document_at is None or stands.quote_ttl_s is None:
        return None
    return order.document_at + timedelta(seconds=stands.quote_ttl_s)


def heard_within(order: Order, seconds: int) -> bool:
    """True when the provider told how the order stands, or was asked to, in the last seconds."""
    since = timezone.now() - timedelta(seconds=seconds)
    asked = order.messages.filter(action="status", direction=Direction.SENT, created_at__gt=since)
    return bool(order.document_at and order.document_at > since) or asked.exists()


def _once(order: Order, action: str, message: messages.JSON) -> Message:
    """Send it unless it is on its way or was granted: two clicks are one request."""
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=order.pk)
        earlier = exchanges.latest(order, action)
        if earlier and (earlier.waiting or earlier.answered):
            return earlier.request
        kept = exchanges.keep(action, message, ttl=exchanges.TTL_BINDING, **_ends(order))
    return exchanges.deliver(kept)


def _send(
    order: Order, action: str, message: messages.JSON | None, ttl: str = exchanges.TTL_QUICK
) -> Message:
    return exchanges.send(action, message, ttl=ttl, **_ends(order))


def _ends(order: Order) -> dict[str, Any]:
    return {
        "transaction_id": order.transaction_id,
        "city_code": order.city_code,
        "driver": order.driver,
        "order": order,
    }


def _snapshot(station: Station, offer: Offer) -> dict[str, str | None]:
    """What pages and receipts say of the place, as the catalogue told it."""
    return {
        "key": station.key,
        "name": station.name,
        "address": station.address,
        "provider": station.provider_name,
        "latitude": str(station.point.latitude),
        "longitude": str(station.point.longitude),
        "charger": offer.name,
        "connector": offer.connector,
        "power_kw": None if offer.power_kw is None else str(offer.power_kw),
    }
