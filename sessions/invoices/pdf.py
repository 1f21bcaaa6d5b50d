"""An invoice or credit note as PDF."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from reportlab.platypus import Flowable

from catalog.books import zone_of
from emsp.core.money import plain
from sessions.documents import columns, gap, pdf, rows, text
from sessions.invoices.places import STATES
from sessions.invoices.taxes import tax_name
from sessions.models import Invoice, InvoiceKind, Order

WORDS = {
    "energy-cost": "Energy",
    "charging-time": "Charging time",
    "parking-fee": "Parking",
    "service-charge": "Service charge",
    "reservation-fee": "Reservation",
    "price-limit": "Minimum or maximum price of the tariff",
    "quote-cap": "Limited to the price quoted",
    "cancellation-fee": "Cancellation fee",
    "credit": "Credit",
    "refund": "Refund",
}
TITLES = {InvoiceKind.INVOICE: "Invoice", InvoiceKind.CREDIT_NOTE: "Credit note"}
MISSING = "–"


def invoice_pdf(invoice: Invoice, *, buyer: Sequence[str] = ()) -> bytes:
    """The document as PDF bytes. buyer: name, address and tax id lines, as the app told them; may be empty."""
    title = f"{_title(invoice)} {invoice.number}"
    name = str(invoice.seller.get("name") or "")
    story = list(_story(invoice, buyer))
    return pdf(story, title=title, author=name, footer=f"{name}  ·  {invoice.number}")


def _title(invoice: Invoice) -> str:
    word = TITLES[InvoiceKind(invoice.kind)]
    return f"Tax {word.lower()}" if invoice.taxes else word


def _story(invoice: Invoice, buyer: Sequence[str]) -> Iterator[Flowable]:
    order = invoice.bill.order
    yield columns(
        [
            [text(_title(invoice), size=20, bold=True), gap(2), text(invoice.number, size=11, quiet=True)],
            [text(line, right=True, bold=not n) for n, line in enumerate(_seller(invoice))],
        ],
        (0.5, 0.5),
    )
    yield gap(6)
    yield columns(
        [
            [text("For", size=8, quiet=True), *(text(line) for line in buyer or [MISSING])],
            [text("Charge", size=8, quiet=True), *(text(line) for line in _charge(order))],
            [text("Document", size=8, quiet=True), *(text(line) for line in _document(invoice, order))],
        ],
        (0.3, 0.4, 0.3),
    )
    yield gap(8)
    head = ("", "Quantity", "Price", f"Amount ({invoice.currency})")
    body = [_line(line) for line in invoice.lines]
    total = ("Total, tax included", "", "", f"{invoice.total:.2f}")
    yield rows(head, [*body, total], (0.46, 0.18, 0.16, 0.2), strong_last=True)
    yield gap(8)
    yield from _taxes(invoice)


def _seller(invoice: Invoice) -> Iterator[str]:
    yield str(invoice.seller.get("name") or MISSING)
    if invoice.seller.get("address"):
        yield str(invoice.seller["address"])
    if invoice.seller.get("tax_id"):
        label = "GSTIN" if tax_name(invoice.currency) == "GST" and invoice.currency == "INR" else "Tax id"
        yield f"{label} {invoice.seller['tax_id']}"


def _charge(order: Order) -> Iterator[str]:
    offer = order.offer
    yield offer.location_name or offer.location_ocpi_id
    place = ", ".join(part for part in (offer.address, offer.city) if part)
    if place:
        yield place
    yield f"operated by {order.party.name}"
    if order.started_at and order.ended_at:
        yield f"{_moment(order.started_at, order)} to {_moment(order.ended_at, order)}"


def _document(invoice: Invoice, order: Order) -> Iterator[str]:
    yield f"issued {_moment(invoice.issued_at, order)}"
    if invoice.corrects:
        yield f"to invoice {invoice.corrects.number}"
    yield f"order {order.reference}"


def _moment(at: datetime, order: Order) -> str:
    return f"{at.astimezone(zone_of(order.offer.time_zone)):%d %b %Y %H:%M %Z}"


def _line(line: dict[str, Any]) -> tuple[str, str, str, str]:
    word = WORDS.get(line["code"], str(line["code"]).replace("-", " ").capitalize())
    quantity = "" if line["unit"] == "session" else f"{plain(Decimal(line['quantity']))} {line['unit']}"
    price = plain(Decimal(line["unit_price"])) if quantity and line.get("unit_price") is not None else ""
    return word, quantity, price, f"{Decimal(line['amount']):.2f}"


def _taxes(invoice: Invoice) -> Iterator[Flowable]:
    """Net, tax and gross by rate; one sentence where the tariff names no tax."""
    if not invoice.taxes:
        words = f"The operator's tariff names no {tax_name(invoice.currency)}; no tax is shown separately."
        yield text(words, size=8, quiet=True)
        return
    place = invoice.taxes[0].get("place")
    if place:
        yield text(f"Place of supply: {place} {STATES[place][0]}", size=8, quiet=True)
    body = [row for tax in invoice.taxes for row in _tax_rows(tax)]
    yield rows(("Tax included", "Net", "Tax", "Gross"), body, (0.46, 0.18, 0.16, 0.2))


def _tax_rows(tax: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    gross = Decimal(tax["net"]) + Decimal(tax["tax"])
    yield f"{tax['name']} {tax['percent']} %", tax["net"], tax["tax"], str(gross)
    for part in tax.get("parts", []):
        yield f"of it {part['name']} {part['percent']} %", "", part["tax"], ""
