"""Invoices and credit notes: a list with their PDFs."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from emsp.core.admin import RecordAdmin
from sessions.invoices.links import receipt_path
from sessions.models import Invoice, InvoiceSeries


@admin.register(Invoice)
class InvoiceAdmin(RecordAdmin):
    list_display = ("number", "kind", "order", "total", "currency", "corrects", "issued_at", "pdf")
    list_filter = ("kind", "series", "currency", "bill__order__party")
    search_fields = ("number", "bill__order__reference")
    list_select_related = ("bill__order", "corrects", "series")
    date_hierarchy = "issued_at"

    @display(description="order")
    def order(self, invoice: Invoice) -> str:
        return str(invoice.bill.order)

    @display(description="PDF")
    def pdf(self, invoice: Invoice) -> SafeString:
        return format_html('<a href="{}" target="_blank">Download</a>', receipt_path(invoice))


@admin.register(InvoiceSeries)
class InvoiceSeriesAdmin(RecordAdmin):
    list_display = ("kind", "year", "last_number")
