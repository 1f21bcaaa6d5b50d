"""Whom we trust, and every message by itself; whole conversations are a page of emsp.backoffice."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from beckn.models import Callback, Rating, Request, Subscriber, SupportRequest
from beckn.services import callbacks, support
from emsp.core.admin import RecordAdmin, masked_json, note
from emsp.core.circuit_pages import CircuitPages
from emsp.core.errors import DomainError
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


class SupportRequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """An answer to the driver, and whether that was all."""

    answer = forms.CharField(
        required=False, max_length=support.WORDS, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}),
        help_text="The driver reads it on the page that the app links to.",
    )  # fmt: skip
    done = forms.BooleanField(
        required=False, label="Resolved", widget=UnfoldBooleanSwitchWidget,
        help_text="What the driver writes afterwards is a new request.",
    )  # fmt: skip

    class Meta:
        model = SupportRequest
        fields = ()

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if self.instance.resolved_at is not None:
            raise forms.ValidationError("This request is resolved already.")
        if not told.get("answer") and not told.get("done") and not self.errors:
            raise forms.ValidationError("Write an answer, or say that it is resolved.")
        return told


@admin.register(SupportRequest)
class SupportRequestAdmin(LeanAdmin):
    """Drivers who want to hear from us. Contact and messages are shown here and nowhere else."""

    form = SupportRequestForm
    deferred = ("contact",)
    list_display = ("id", "order", "standing_label", "created_at", "waiting_since", "resolved_at")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), ("waiting_since", admin.EmptyFieldListFilter))
    list_select_related = ("order",)
    ordering = ("-id",)
    fields = ("order", "contact_shown", "created_at", "standing_label", "messages_shown", "answer", "done")
    readonly_fields = ("order", "contact_shown", "created_at", "standing_label", "messages_shown")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A request that is done takes no answer."""
        open_ = obj is not None and obj.resolved_at is None and self.has_change_permission(request, obj)
        return self.fields if open_ else self.readonly_fields

    @display(description="state", label={"waits for us": "warning", "answered": "info", "resolved": "success"})
    def standing_label(self, wish: SupportRequest) -> str:
        return wish.standing

    @display(description="contact")
    def contact_shown(self, wish: SupportRequest) -> str:
        contact: dict[str, Any] = wish.contact or {}
        return ", ".join(str(value) for value in contact.values())

    @display(description="messages")
    def messages_shown(self, wish: SupportRequest) -> SafeString | str:
        written = [
            (message.by_name if message.by_staff else "driver", f"{message.created_at:%d %b %H:%M} UTC", message.text)
            for message in wish.messages.all()
        ]
        if not written:
            return "none: the driver asked to be reached"
        line = '<p class="mb-3" style="white-space:pre-line;overflow-wrap:anywhere"><strong>{}</strong>, {}\n{}</p>'
        return format_html_join("", line, written)

    def save_model(self, request: HttpRequest, obj: SupportRequest, form: Any, change: bool) -> None:
        """Two people at once: whoever is second is told, and nothing is lost."""
        try:
            if form.cleaned_data.get("answer"):
                support.answer(obj, form.cleaned_data["answer"], by=request.user)
            if form.cleaned_data.get("done"):
                support.resolve(obj)
        except DomainError as refusal:
            self.message_user(request, f"Nothing was sent: {refusal}.", messages.WARNING)
