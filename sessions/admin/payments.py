"""Payments in the back office: policies to set; payments and refunds to look at, a refused refund to try again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from emsp.core.admin import RecordAdmin
from sessions.models import Payment, PaymentNotice, PaymentPolicy, Refund, RefundState
from sessions.services import refunds

COLOURS = {
    "CREATED": "info", "PAID": "success", "FAILED": "danger", "REFUNDED": "warning",
    "REQUESTED": "info", "DONE": "success", "REFUSED": "danger",
}  # fmt: skip


@admin.register(PaymentPolicy)
class PaymentPolicyAdmin(ModelAdmin):
    """Who collects and when. Orders keep the terms that their on_init told."""

    list_display = ("app", "operator", "collected_by", "type", "created_at")
    list_filter = ("collected_by", "type")
    search_fields = ("bap_id", "party__name")
    list_select_related = ("party",)

    @display(description="app", ordering="bap_id")
    def app(self, policy: PaymentPolicy) -> str:
        return policy.bap_id or "every app"

    @display(description="operator", ordering="party")
    def operator(self, policy: PaymentPolicy) -> str:
        return str(policy.party or "every operator")


class RefundInline(TabularInline):
    model = Refund
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "created_at",
        "amount",
        "reason",
        "state",
        "attempts",
        "last_error",
        "done_at",
    )


class NoticeInline(TabularInline):
    model = PaymentNotice
    extra = 0
    can_delete = False
    fields = readonly_fields = ("received_at", "status", "effect", "event_id")


@admin.register(Payment)
class PaymentAdmin(RecordAdmin):
    list_display = (
        "reference",
        "order",
        "amount",
        "currency",
        "state_label",
        "refunded",
        "created_at",
        "paid_at",
    )
    list_filter = ("state", "currency")
    search_fields = ("reference", "gateway_reference", "order__reference")
    list_select_related = ("order",)
    date_hierarchy = "created_at"
    inlines = (NoticeInline, RefundInline)

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, payment: Payment) -> str:
        return str(payment.state)


@admin.register(Refund)
class RefundAdmin(RecordAdmin):
    list_display = (
        "reference",
        "payment",
        "amount",
        "state_label",
        "reason",
        "attempts",
        "last_error",
        "again_by",
        "created_at",
    )
    list_filter = ("state",)
    search_fields = ("reference", "payment__reference", "payment__order__reference")
    list_select_related = ("payment",)
    actions = ("try_again",)

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, refund: Refund) -> str:
        return str(refund.state)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("charging_sessions.change_refund")

    @admin.action(description="Send refused refunds again", permissions=["act"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Refund]) -> None:
        count = sum(refunds.try_again(refund, by=request.user) for refund in rows)  # type: ignore[arg-type]
        waiting = rows.filter(state=RefundState.REFUSED).count()
        more = f" {waiting} wait for a second person to ask for it too." if waiting else ""
        self.message_user(request, f"{count} refund(s) will be sent again.{more}")
