"""CPO platforms: register, pull, see how they are."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from emsp.core.wakeup import wake
from ocpi import tasks
from ocpi.admin.forms import InviteForm, RegisterForm
from ocpi.models import (
    Connection,
    Party,
    SyncState,
)
from ocpi.services import registration
from ocpi.services.registration_steps import RegistrationFailed, Step

HEALTH = {"good": "success", "failing": "danger", "silent": "warning"}


class PartyInline(TabularInline):
    model = Party
    extra = 0
    can_delete = False
    fields = ("country_code", "party_id", "name", "provider_id", "active")
    readonly_fields = ("country_code", "party_id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SyncInline(TabularInline):
    model = SyncState
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "module",
        "high_water_at",
        "last_complete_at",
        "last_full_at",
        "stored",
        "parked",
        "error",
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Connection)
class ConnectionAdmin(ModelAdmin):
    """CPO platforms: register, pull, see how they are. A token can be set by a handshake, never read back."""

    list_display = ("name", "status", "health", "parties", "version", "last_ok_at", "last_error")
    list_filter = ("status",)
    search_fields = ("name", "parties__party_id", "parties__name")
    inlines = (PartyInline, SyncInline)
    actions = ("pull_now", "pull_everything")
    actions_list = ("register_cpo", "invite_cpo")
    actions_detail = ("pull_this", "rotate_token", "unregister")
    fieldsets = (
        (None, {"fields": ("name", "status", "versions_url", "version", "token_hint", "endpoints_shown")}),
        (
            "How it wants to be spoken to",
            {
                "fields": (
                    "auth_encoding",
                    "trailing_slash",
                    "check_last_updated",
                    "lenient_patch",
                    "push_app_tokens",
                    "is_hub",
                    "page_limit",
                    "step_mode",
                )
            },
        ),
        ("Health", {"fields": ("registered_at", "last_ok_at", "last_error_at", "last_error")}),
    )
    readonly_fields = (
        "status",
        "versions_url",
        "version",
        "token_hint",
        "endpoints_shown",
        "registered_at",
        "last_ok_at",
        "last_error_at",
        "last_error",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a CPO comes by registration or invitation

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # unregister keeps what orders refer to

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("register/", view(self.register_view), name="ocpi_connection_register"),
            path("invite/", view(self.invite_view), name="ocpi_connection_invite"),
            *super().get_urls(),
        ]

    @display(description="health", label=HEALTH)
    def health(self, connection: Connection) -> str:
        if connection.last_error_at and (
            not connection.last_ok_at or connection.last_error_at > connection.last_ok_at
        ):
            return "failing"
        return "good" if connection.last_ok_at else "silent"

    @display(description="parties")
    def parties(self, connection: Connection) -> str:
        return ", ".join(f"{p.country_code}-{p.party_id}" for p in connection.parties.all())

    @display(description="token we send")
    def token_hint(self, connection: Connection) -> str:
        return f"…{connection.outgoing_token[-4:]}" if connection.outgoing_token else "none"

    @display(description="endpoints")
    def endpoints_shown(self, connection: Connection) -> SafeString:
        rows = ((e.get("identifier"), e.get("role", ""), e.get("url")) for e in connection.endpoints)
        return format_html_join("", "<div>{} {}: <code>{}</code></div>", rows) or SafeString("none yet")

    @admin.action(description="Pull changes now", permissions=["change"])
    def pull_now(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        self._pull(request, connections, full=False)

    @admin.action(description="Pull everything now", permissions=["change"])
    def pull_everything(self, request: HttpRequest, connections: QuerySet[Connection]) -> None:
        self._pull(request, connections, full=True)

    def _pull(self, request: HttpRequest, connections: QuerySet[Connection], *, full: bool) -> None:
        for connection in connections:
            if full:
                connection.sync_states.update(full_wanted=True)
            wake(tasks.pull_connection, connection.pk)
        self.message_user(
            request, f"{len(connections)} CPO(s) will be pulled; the sync table shows how far it got."
        )

    @action(description="Pull now", icon="sync", permissions=["change"])
    def pull_this(self, request: HttpRequest, object_id: int) -> HttpResponse:
        self._pull(request, Connection.objects.filter(pk=object_id), full=True)
        return redirect(reverse("admin:ocpi_connection_change", args=[object_id]))

    @action(description="Rotate token", icon="key", permissions=["change"])
    def rotate_token(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._talk(request, object_id, registration.rotate, "Both tokens were changed.")

    @action(description="Unregister", icon="link_off", permissions=["change"])
    def unregister(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._talk(
            request, object_id, registration.unregister, "Unregistered; stations and orders are kept."
        )

    def _talk(self, request: HttpRequest, object_id: int, act: Any, done: str) -> HttpResponse:
        connection = Connection.objects.get(pk=object_id)
        try:
            act(connection)
            self.message_user(request, done)
        except RegistrationFailed as error:
            self.message_user(request, str(error), level=messages.ERROR)
        return redirect(reverse("admin:ocpi_connection_change", args=[object_id]))

    @action(description="Register a CPO", icon="add_link", permissions=["change"])
    def register_cpo(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse("admin:ocpi_connection_register"))

    @action(description="Invite a CPO", icon="mail", permissions=["change"])
    def invite_cpo(self, request: HttpRequest) -> HttpResponse:
        return redirect(reverse("admin:ocpi_connection_invite"))

    def register_view(self, request: HttpRequest) -> HttpResponse:
        """The wizard: we start the handshake and show the outcome of each step."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form, failure, connection = RegisterForm(request.POST or None), "", None
        steps: list[Step] = []
        if request.method == "POST" and form.is_valid():
            try:
                connection = registration.register(
                    form.cleaned_data["name"],
                    form.cleaned_data["versions_url"],
                    form.cleaned_data["token_a"],
                    report=steps.append,
                )
            except RegistrationFailed as error:
                failure = str(error)
        context = {
            **self.admin_site.each_context(request),
            "title": "Register a CPO",
            "form": form,
            "steps": steps,
            "failure": failure,
            "connection": connection,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/ocpi/register.html", context)

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Make a token A for a CPO that starts the handshake, and show it once."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form, token = InviteForm(request.POST or None), ""
        if request.method == "POST" and form.is_valid():
            token = registration.invite(form.cleaned_data["name"])
        context = {
            **self.admin_site.each_context(request),
            "title": "Invite a CPO",
            "form": form,
            "token": token,
            "versions_url": f"{settings.OCPI_EMSP_URL}/versions",
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/ocpi/invite.html", context)
