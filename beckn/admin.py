"""Whom we trust, and every message by itself; whole conversations are a page of emsp.backoffice."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from beckn.models import Callback, Rating, Request, Subscriber, SupportRequest
from beckn.services import callbacks
from emsp.core.admin import RecordAdmin, masked_json, note
from emsp.core.circuit_pages import CircuitPages
from emsp.core.wire import load_json

COLOURS = {
    "DELIVERED": "success",
    "PENDING": "warning",
    "REFUSED": "danger",
    "DEAD": "danger",
    "SUPERSEDED": "default",
}


class LeanAdmin(ModelAdmin):
    """Leaves out of its queries what lists do not show: large, and to be decrypted row by row."""

    deferred: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer(*self.deferred)


@admin.register(Subscriber)
class SubscriberAdmin(CircuitPages, ModelAdmin):
    """Participants whose signatures we accept."""

    actions_detail = ("close_circuit",)

    list_display = ("subscriber_id", "type", "unique_key_id", "status", "valid_until", "local")
    list_filter = ("type", "status", "local")
    search_fields = ("subscriber_id", "url")
    readonly_fields = ("circuit", "local", "fetched_at", "created_at")


@admin.register(Request)
class RequestAdmin(RecordAdmin, LeanAdmin):
    deferred = ("body",)
    list_display = ("action", "bap_id", "state", "order", "transaction_id", "received_at", "answered_in")
    list_filter = ("action", "state", "bap_id")
    search_fields = ("transaction_id", "message_id", "order__reference")
    list_select_related = ("order",)
    date_hierarchy = "received_at"
    exclude = ("body",)
    readonly_fields = ("body_shown",)

    @display(description="body, masked")
    def body_shown(self, request: Request) -> SafeString:
        return masked_json(request.body)

    @display(description="answered in")
    def answered_in(self, request: Request) -> str:
        if request.answered_at is None:
            return ""
        return f"{(request.answered_at - request.received_at).total_seconds() * 1000:.0f} ms"


@admin.register(Callback)
class CallbackAdmin(RecordAdmin, LeanAdmin):
    deferred = ("body",)
    list_display = (
        "action",
        "bap_id",
        "state_label",
        "attempts",
        "last_status",
        "order",
        "created_at",
        "sent_at",
        "error_code",
        "last_error",
    )
    list_filter = ("action", "state", "bap_id")
    search_fields = ("transaction_id", "message_id", "order__reference")
    list_select_related = ("order",)
    date_hierarchy = "created_at"
    actions = ("send_again",)
    exclude = ("body",)
    readonly_fields = ("body_shown",)

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, callback: Callback) -> str:
        return str(callback.state)

    @display(description="body, masked")
    def body_shown(self, callback: Callback) -> SafeString:
        return masked_json(load_json(bytes(callback.body)))

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("beckn.change_callback")

    @admin.action(description="Send again", permissions=["act"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Callback]) -> None:
        for callback in chosen:
            callbacks.send_again(callback)
            note(request, callback, "Sent again.")
        self.message_user(request, f"{len(chosen)} callback(s) will be sent again.")


@admin.register(Rating)
class RatingAdmin(RecordAdmin):
    list_display = ("category", "value", "rated_id", "order", "comment", "created_at")
    list_filter = ("category", "value")


@admin.register(SupportRequest)
class SupportRequestAdmin(LeanAdmin):
    """Drivers who want to hear from us. The contact is shown here and nowhere else."""

    deferred = ("contact",)
    list_display = ("id", "order", "created_at", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    fields = ("order", "contact_shown", "created_at", "resolved_at")
    readonly_fields = ("order", "contact_shown", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @display(description="contact")
    def contact_shown(self, wish: SupportRequest) -> str:
        contact: dict[str, Any] = wish.contact or {}
        return ", ".join(str(value) for value in contact.values())
