"""CPO platforms: how they are, and how they want to be spoken to."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from emsp.core.circuit_pages import CircuitPages
from emsp.core.tls import read_client_cert
from ocpi.admin.forms import ConnectionForm
from ocpi.admin.handshakes import HandshakePages
from ocpi.admin.pulls import PullPages
from ocpi.models import Connection, Party, SyncState
from ocpi.services import connection_settings, pulls

HEALTH = {"good": "success", "failing": "danger", "silent": "warning"}


class PartyInline(TabularInline):
    model = Party
    extra = 0
    can_delete = False
    fields = ("country_code", "party_id", "name", "provider_id", "active")
    readonly_fields = ("country_code", "party_id")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The column's name is told to who cannot see it above the field."""
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if made is not None:
            made.widget.attrs["aria-label"] = str(db_field.verbose_name)
        return made

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
class ConnectionAdmin(HandshakePages, PullPages, CircuitPages, ModelAdmin):
    """CPO platforms: register, pull, see how they are. A token can be set by a handshake, never read back."""

    form = ConnectionForm
    list_display = ("name", "status", "health", "parties", "version", "last_ok_at", "last_error")
    list_filter = ("status",)
    search_fields = ("name", "parties__party_id", "parties__name")
    inlines = (PartyInline, SyncInline)
    actions = ("pull_now", "pull_everything")
    actions_list = ("register_cpo", "invite_cpo")
    actions_detail = (
        "sync_state",
        {"title": "Registration", "items": ["register_again", "rotate_token", "end_registration"]},
        "close_circuit",
    )
    fieldsets = (
        (None, {"fields": ("name", "status", "versions_url", "version", "token_hint", "endpoints_shown")}),
        (
            "Requests that we send",
            {
                "description": "How this CPO wants to be spoken to. A registration finds out the encoding by itself.",
                "fields": (
                    "auth_encoding",
                    "trailing_slash",
                    "send_routing_headers",
                    "push_app_tokens",
                    "always_send_connector_id",
                ),
            },
        ),
        (
            "Limits and access",
            {
                "description": "How fast it may be asked, how long it may take, and what it wants to see of us.",
                "fields": (
                    "rate_limit",
                    "connect_timeout_s",
                    "read_timeout_s",
                    "command_timeout_s",
                    "client_cert",
                    "tls_client_cert",
                    "forget_client_cert",
                ),
            },
        ),
        (
            "News that it sends",
            {
                "description": "How strict we are with what it pushes. Loosen only what its log shows to be needed.",
                "fields": ("check_last_updated", "lenient_patch", "is_hub", "cdr_url_alias", "feed_adapter"),
            },
        ),
        (
            "Pulls and prices",
            {
                "description": "How much is asked for at once, where prices come from, and by which reading of OCPI "
                "its CDRs round.",
                "fields": ("page_limit", "max_range_days", "price_source", "step_mode"),
            },
        ),
        ("Health", {"fields": ("circuit", "registered_at", "last_ok_at", "last_error_at", "last_error")}),
    )
    readonly_fields = (
        "status",
        "versions_url",
        "version",
        "token_hint",
        "endpoints_shown",
        "circuit",
        "client_cert",
        "registered_at",
        "last_ok_at",
        "last_error_at",
        "last_error",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a CPO comes by registration or invitation

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # unregister keeps what orders refer to

    def save_model(self, request: HttpRequest, obj: Connection, form: ConnectionForm, change: bool) -> None:
        connection_settings.save(obj, form.changed_settings())

    def get_urls(self) -> list[URLPattern]:
        return [*self.handshake_urls(), *self.pull_urls(), *super().get_urls()]

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

    @display(description="client certificate")
    def client_cert(self, connection: Connection) -> str:
        """Whose it is and until when; nothing of what it is made of."""
        if not connection.tls_client_cert:
            return "none"
        cert = read_client_cert(connection.tls_client_cert)
        ended = "ended" if cert.ends_at < timezone.now() else "ends"
        return f"{cert.subject}, {ended} {cert.ends_at:%Y-%m-%d}"

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
            pulls.request_pull(connection, full=full)
        self.message_user(
            request, f"{len(connections)} CPO(s) will be pulled; the sync page of each shows how far it got."
        )
