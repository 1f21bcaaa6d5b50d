"""Orders with their history, prices and bills."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from emsp.core.admin import RecordAdmin
from emsp.core.errors import DomainError
from emsp.core.money import plain
from sessions.models import Bill, Order, OrderEvent, PaymentProof, Quote
from sessions.services import stopping
from sessions.services.stopping import PROVIDER, Reason

COLOURS = {
    "QUOTED": "info",
    "RESERVING": "info",
    "AGREED": "info",
    "RESERVED": "info",
    "CONFIRMED": "info",
    "STARTING": "warning",
    "CHARGING": "primary",
    "ENDED": "warning",
    "BILLED": "success",
    "CANCELLED": "danger",
    "FAILED": "danger",
    "EXPIRED": "default",
}


class EventInline(TabularInline):
    model = OrderEvent
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "from_state", "to_state", "reason")


class QuoteInline(TabularInline):
    model = Quote
    fk_name = "order"
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "created_at",
        "kind",
        "energy_kwh",
        "amount_ordered",
        "lines_shown",
        "total",
        "cost_total",
        "currency",
        "rule_shown",
        "expires_at",
    )

    @display(description="lines")
    def lines_shown(self, quote: Quote) -> SafeString:
        return lines_of(quote)

    @display(description="price rule")
    def rule_shown(self, quote: Quote) -> str:
        """The version of the price book and why its rule was taken."""
        return f"version {quote.rule['version']}: {quote.rule['why'][0]}" if quote.rule else "passed through"


class BillInline(TabularInline):
    model = Bill
    extra = 0
    can_delete = False
    fields = readonly_fields = ("created_at", "cdr", "quote", "cpo_total", "dispute", "held")


class ProofInline(TabularInline):
    model = PaymentProof
    extra = 0
    can_delete = False
    verbose_name_plural = "payments that the app proved"
    fields = readonly_fields = ("created_at", "reference", "amount")


def lines_of(quote: Quote) -> SafeString:
    """A quote's lines, one below the other."""
    rows = (
        (line["code"], plain(Decimal(line["quantity"])), line["unit"], line["amount"]) for line in quote.lines
    )
    return format_html_join("", "<div>{}: {} {} = <strong>{}</strong></div>", rows) or SafeString("–")


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    list_display = (
        "reference",
        "state_label",
        "offer",
        "party",
        "energy_kwh",
        "told",
        "sold_through",
        "created_at",
    )
    list_filter = ("state", "party", "sold_through")
    search_fields = ("reference", "offer__location_name", "offer__fulfillment_id", "session__ocpi_id")
    list_select_related = ("offer", "party", "quote")
    date_hierarchy = "created_at"
    inlines = (EventInline, QuoteInline, BillInline, ProofInline)
    actions = ("stop_charging", "cancel_order")
    fieldsets = (
        (
            None,
            {"fields": ("reference", "state", "offer", "party", "sold_through", "conversation", "commands")},
        ),
        ("Charge", {"fields": ("energy_kwh", "session", "token", "quote", "fee")}),
        (
            "Times",
            {
                "fields": (
                    "created_at",
                    "reserved_until",
                    "confirmed_at",
                    "start_accepted_at",
                    "started_at",
                    "stop_requested_at",
                    "stop_accepted_at",
                    "ended_at",
                    "updated_at",
                )
            },
        ),
        (
            "If it went wrong",
            {"fields": ("failure", "cancelled_by", "cancel_reason", "cancel_reason_id", "stop_failure")},
        ),
    )
    readonly_fields = ("reference", "conversation", "commands", "created_at", "updated_at")

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, order: Order) -> str:
        return str(order.state)

    @display(description="quoted")
    def told(self, order: Order) -> str:
        return f"{order.quote.total} {order.quote.currency}" if order.quote else ""

    @display(description="messages of this order")
    def conversation(self, order: Order) -> SafeString:
        url = reverse("admin:beckn_transaction_changelist")
        return format_html('<a class="underline" href="{}?order__id__exact={}">conversation</a>', url, order.pk)

    @display(description="commands to the charge point")
    def commands(self, order: Order) -> SafeString:
        url = reverse("admin:ocpi_command_changelist")
        return format_html('<a class="underline" href="{}?q={}">commands</a>', url, order.reference)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Stop and cancel need the permission to change orders, though their rows cannot be edited."""
        return request.user.has_perm("charging_sessions.change_order")

    @admin.action(description="Stop charging", permissions=["act"])
    def stop_charging(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        self._each(request, orders, stopping.stop, "STOP_SESSION was sent")

    @admin.action(description="Cancel for the driver, as provider", permissions=["act"])
    def cancel_order(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        reason = Reason(text="cancelled by the service provider")
        self._each(
            request, orders, lambda order: stopping.cancel(order, by=PROVIDER, reason=reason), "cancelled"
        )

    def _each(self, request: HttpRequest, orders: QuerySet[Order], act: Any, done: str) -> None:
        for order in orders:
            try:
                act(order)
                self.message_user(request, f"{order}: {done}.")
            except DomainError as refusal:
                self.message_user(request, f"{order}: {refusal}.", level=messages.WARNING)


@admin.register(Bill)
class BillAdmin(RecordAdmin):
    """Bills as they are; a held one is released on the page of its CDR audit, with a reason."""

    list_display = ("order", "cdr", "quote", "cpo_total", "dispute", "held", "created_at")
    list_filter = (("dispute", admin.EmptyFieldListFilter), ("held", admin.EmptyFieldListFilter))
    search_fields = ("order__reference", "cdr__ocpi_id")
    list_select_related = ("order", "cdr", "quote")
