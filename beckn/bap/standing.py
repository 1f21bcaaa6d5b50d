"""Where an order stands, read from the newest order a callback brought. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from beckn.bap import wire

# The later profile's words (UEI, DEGv1) for the states of beckn.md e.3.
OTHER_WORDS = {
    "ORDER-INITIATED": "RESERVATION",
    "PAYMENT-COMPLETED": "PENDING",
    "CHARGING-START": "ACTIVE",
    "CHARGING-STARTED": "ACTIVE",
    "CHARGING-ENDED": "COMPLETED",
    "ORDER-CANCELLED": "INVALID",
    "CHARGER-ERROR": "INVALID",
}
STATUSES = {"COMPLETED": "COMPLETE"}
PREPAID = frozenset({"PRE-ORDER", "PRE-FULFILLMENT"})


@dataclass(frozen=True)
class BillLine:
    """A line of a quote or bill; quantity_kwh and unit_price only where the provider tells them."""

    title: str
    amount: Decimal | None
    currency: str
    quantity_kwh: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class Standing:
    """An order as the driver needs it. Amounts include tax, energy in kWh, moments aware."""

    order_id: str = ""
    status: str = ""
    state: str = ""
    provider_name: str = ""
    lines: tuple[BillLine, ...] = ()
    total: Decimal | None = None
    currency: str = ""
    quote_id: str = ""
    quote_ttl_s: int | None = None
    wanted_kwh: Decimal | None = None
    delivered_kwh: Decimal | None = None
    power_kw: Decimal | None = None
    soc_percent: Decimal | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    held_until: datetime | None = None
    fee_percent: Decimal | None = None
    fee_amount: Decimal | None = None
    fee_from_state: str = ""
    cancelled_by: str = ""
    cancel_reason: str = ""
    payments: list[dict[str, Any]] = field(default_factory=list)
    receipt_url: str = ""
    receipt_number: str = ""

    @property
    def over(self) -> bool:
        """True when nothing will change any more by itself: billed or cancelled."""
        return self.status in ("COMPLETE", "CANCELLED")

    @property
    def prepaid_due(self) -> bool:
        """True when the terms want the money before charging and it is not paid yet."""
        return any(
            payment.get("type") in PREPAID and payment.get("status") != "PAID" for payment in self.payments
        )

    @property
    def paid(self) -> bool:
        """True when a payment is told as made."""
        return any(payment.get("status") == "PAID" for payment in self.payments)

    @property
    def pay_first_url(self) -> str:
        """Where to pay before charging; empty when nothing is to be paid there first."""
        pages = (page_of(payment) for payment in self.payments if payment.get("type") in PREPAID)
        return next((page for page in pages if page), "")

    @property
    def pay_url(self) -> str:
        """Where to pay now: before or while charging, or once the bill is there; empty when there is nothing to pay."""
        due = (
            payment for payment in self.payments if payment.get("type") != "POST-FULFILLMENT" or self.billed
        )
        return next((page for page in map(page_of, due) if page), "")

    @property
    def billed(self) -> bool:
        """True when the final bill has come."""
        return self.status == "COMPLETE"

    @property
    def unit_price(self) -> Decimal | None:
        """The agreed price of one kWh, from the energy line."""
        return next((line.unit_price for line in self.lines if line.unit_price is not None), None)


def unpaid(payment: dict[str, Any]) -> bool:
    """True for a payment that this app must collect before charging starts."""
    return payment.get("type") in PREPAID and payment.get("status") != "PAID" and not page_of(payment)


def page_of(payment: dict[str, Any]) -> str:
    """The provider's page on which a payment is to be made; empty when it is made, or has no page."""
    url = payment.get("url")
    theirs = str(payment.get("collected_by")).upper() == "BPP" and payment.get("status") != "PAID"
    return url if theirs and isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def standing(document: Any) -> Standing:
    """Read `message.order`.

    Raises WireError naming the path of the member that cannot be read.
    """
    order = wire.read(document, wire.Order)
    fulfillment = order.fulfillments[0] if order.fulfillments else wire.Fulfillment()
    quote = order.quote or wire.Quote()
    ttl = wire.duration(quote.ttl)
    told = wire.tagged(fulfillment.tags, "charging-details")
    receipt = wire.tagged(order.tags, "receipt")
    status = (order.status or "").upper()
    return Standing(
        order_id=order.id or "",
        status=STATUSES.get(status, status),
        state=_ocpi_word(fulfillment),
        provider_name=order.provider.descriptor.name or order.provider.id or "",
        lines=tuple(_line(line) for line in quote.breakup),
        total=wire.number(quote.price.value),
        currency=_currency(quote.price),
        quote_id=quote.id or "",
        quote_ttl_s=int(ttl.total_seconds()) if ttl else None,
        wanted_kwh=_kwh(order, "selected"),
        delivered_kwh=_first(_kwh(order, "allocated"), wire.number(told.get("energy-delivered"))),
        power_kw=wire.number(told.get("power")),
        soc_percent=wire.number(told.get("soc")),
        started_at=_at(fulfillment, {"start"}) or wire.moment(told.get("start-time")),
        ended_at=_at(fulfillment, {"finish", "end"}) or wire.moment(told.get("stop-time")),
        held_until=_held_until(fulfillment),
        payments=order.payments,
        receipt_url=_web(receipt.get("url", "")),
        receipt_number=receipt.get("number", ""),
        **_fee(order),
        **_cancelled(order),
    )


def _ocpi_word(fulfillment: wire.Fulfillment) -> str:
    return OTHER_WORDS.get(fulfillment.state_code, fulfillment.state_code)


def _web(url: str) -> str:
    """The address when a browser may be sent there, else nothing."""
    return url if url.startswith(("https://", "http://")) else ""


def _line(line: wire.Line) -> BillLine:
    item = line.item or wire.LineItem()
    measure = item.quantity.selected.measure if item.quantity and item.quantity.selected else None
    return BillLine(
        title=line.title or "",
        amount=wire.number(line.price.value),
        currency=_currency(line.price),
        quantity_kwh=wire.number(measure.value) if measure else None,
        unit_price=wire.number(item.price.value) if item.price else None,
    )


def _currency(price: wire.Price) -> str:
    return (price.currency or "").split("/")[0].strip()


def _kwh(order: wire.Order, kind: str) -> Decimal | None:
    for item in order.items:
        amount: wire.Amount | None = getattr(item.quantity, kind, None)
        if amount and amount.measure:
            return wire.number(amount.measure.value)
    return None


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _at(fulfillment: wire.Fulfillment, kinds: set[str]) -> datetime | None:
    for stop in fulfillment.stops:
        if (stop.type or "").lower() in kinds and stop.time:
            return wire.moment(stop.time.timestamp)
    return None


def _held_until(fulfillment: wire.Fulfillment) -> datetime | None:
    for stop in fulfillment.stops:
        if stop.time and stop.time.range and stop.time.range.end:
            return wire.moment(stop.time.range.end)
    return None


def _fee(order: wire.Order) -> dict[str, Any]:
    for term in order.cancellation_terms:
        if term.cancellation_fee:
            amount = term.cancellation_fee.amount
            return {
                "fee_percent": wire.number(term.cancellation_fee.percentage),
                "fee_amount": wire.number(amount.value) if amount else None,
                "fee_from_state": _ocpi_word(wire.Fulfillment(state=term.fulfillment_state)),
            }
    return {}


def _cancelled(order: wire.Order) -> dict[str, Any]:
    if order.cancellation is None:
        return {}
    reason = order.cancellation.reason
    return {
        "cancelled_by": (order.cancellation.cancelled_by or "").upper(),
        "cancel_reason": (reason.descriptor.name or reason.descriptor.code or "") if reason else "",
    }
