"""Give a bill its invoice, or a credit its note, with the next number of the series.

The number is taken in the transaction that lets the bill count, from a row that stays locked until it ends: what is
rolled back takes no number with it. The order is locked first, then the series; a pulled page of CDRs, one transaction,
keeps the series until its end, and whoever waits for it meanwhile waits no longer than that.
Source: CGST Rules 46(b), 53(1): consecutive, unique for a financial year, at most sixteen characters.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sessions.invoices.places import placed, seller_state, supply_state
from sessions.invoices.taxes import scaled, tax_lines
from sessions.models import Bill, Invoice, InvoiceKind, InvoiceSeries, QuoteKind

JANUARY = 1


@transaction.atomic
def issue(bill: Bill) -> Invoice | None:
    """The document of a bill that counts. None for a credit of what was never invoiced. Asked again: the same one."""
    there = Invoice.objects.filter(bill=bill).first()
    if there:
        return there
    if bill.quote.kind == QuoteKind.CREDIT:
        return _credit_note(bill)
    quote = bill.quote
    return _number(
        Invoice(
            kind=InvoiceKind.INVOICE,
            bill=bill,
            currency=quote.currency,
            total=quote.total,
            lines=quote.lines,
            taxes=_taxes(bill),
        )
    )


def _taxes(bill: Bill) -> list[dict[str, Any]]:
    quote, location = bill.quote, bill.order.offer.location
    taxes = tax_lines(quote.lines, quote.currency)
    if not settings.INVOICE_GST_BY_STATE or quote.currency != "INR":
        return taxes
    return placed(
        taxes,
        seller=seller_state(settings.INVOICE_SELLER_TAX_ID),
        supply=supply_state(
            country=location.country, state=location.state, postal_code=location.postal_code
        ),
    )


def financial_year(at: datetime) -> str:
    """The financial year of a moment: 26-27 when it begins in April, 2026 when it begins in January."""
    local = at.astimezone(ZoneInfo(settings.INVOICE_TIME_ZONE))
    if settings.INVOICE_YEAR_STARTS_IN == JANUARY:
        return str(local.year)
    first = local.year if local.month >= settings.INVOICE_YEAR_STARTS_IN else local.year - 1
    return f"{first % 100:02d}-{(first + 1) % 100:02d}"


def _credit_note(bill: Bill) -> Invoice | None:
    invoice = Invoice.objects.filter(bill__order=bill.order_id, kind=InvoiceKind.INVOICE).first()
    credit = bill.quote.lines[-1]
    amount = Decimal(credit["amount"])
    if invoice is None or not amount:
        return None
    share = amount / invoice.total
    whole = amount == -invoice.total
    lines = (
        [{**line, "amount": str(-Decimal(line["amount"]))} for line in invoice.lines] if whole else [credit]
    )
    return _number(
        Invoice(
            kind=InvoiceKind.CREDIT_NOTE,
            bill=bill,
            corrects=invoice,
            currency=invoice.currency,
            total=amount,
            lines=lines,
            taxes=scaled(invoice.taxes, share),
        )
    )


def _number(invoice: Invoice) -> Invoice:
    """Take the next number and store the document."""
    now = timezone.now()
    year = financial_year(now)
    InvoiceSeries.objects.bulk_create([InvoiceSeries(kind=invoice.kind, year=year)], ignore_conflicts=True)
    series = InvoiceSeries.objects.select_for_update().get(kind=invoice.kind, year=year)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    prefixes = {
        InvoiceKind.INVOICE: settings.INVOICE_PREFIX,
        InvoiceKind.CREDIT_NOTE: settings.CREDIT_NOTE_PREFIX,
    }
    invoice.series, invoice.serial, invoice.issued_at = series, series.last_number, now
    invoice.number = f"{prefixes[InvoiceKind(invoice.kind)]}/{year}/{series.last_number:06d}"
    invoice.seller = {
        "name": settings.INVOICE_SELLER_NAME,
        "address": settings.INVOICE_SELLER_ADDRESS,
        "tax_id": settings.INVOICE_SELLER_TAX_ID,
    }
    invoice.save()
    return invoice
