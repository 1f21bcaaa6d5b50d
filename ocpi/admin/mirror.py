"""What CPOs reported and what we asked of them: to be looked at, not changed."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet, Window
from django.db.models.functions import Lead
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from emsp.core.admin import RecordAdmin, masked_json
from ocpi.models import (
    Cdr,
    Command,
    Connector,
    Evse,
    Location,
    Session,
    Tariff,
    TariffVersion,
)


class EvseInline(TabularInline):
    model = Evse
    extra = 0
    can_delete = False
    fields = readonly_fields = ("uid", "evse_id", "status", "last_updated")


@admin.register(Location)
class LocationAdmin(RecordAdmin):
    list_display = ("__str__", "ocpi_id", "party", "city", "publish", "last_updated", "gone_at")
    list_filter = ("party", "publish")
    search_fields = ("ocpi_id", "name", "city", "address")
    inlines = (EvseInline,)
    exclude = ("raw",)
    readonly_fields = ("raw_shown",)

    @display(description="as received")
    def raw_shown(self, location: Location) -> SafeString:
        return masked_json(location.raw)


@admin.register(Connector)
class ConnectorAdmin(RecordAdmin):
    list_display = ("__str__", "standard", "power_type", "max_electric_power_w", "tariff_ids", "removed")
    list_filter = ("standard", "removed")
    search_fields = ("ocpi_id", "evse__uid", "evse__location__name")
    exclude = ("raw",)


class VersionInline(TabularInline):
    model = TariffVersion
    extra = 0
    can_delete = False
    fields = readonly_fields = ("number", "last_updated", "valid_from", "valid_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TariffVersion]:
        following = Window(Lead("received_at"), partition_by="tariff", order_by="number")
        return super().get_queryset(request).annotate(next_at=following).select_related("tariff")  # type: ignore[no-any-return]

    @display(description="valid from")
    def valid_from(self, version: TariffVersion) -> str:
        return _moment(version.received_at)

    @display(description="until")
    def valid_until(self, version: TariffVersion) -> str:
        """The next version, or the end of the tariff, ends it."""
        end_at = getattr(version, "next_at", None) or version.tariff.deleted_at
        return _moment(end_at) if end_at else "in force"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


@admin.register(Tariff)
class TariffAdmin(RecordAdmin):
    list_display = ("ocpi_id", "party", "currency", "last_updated", "deleted_at")
    list_filter = ("party", "currency")
    search_fields = ("ocpi_id",)
    inlines = (VersionInline,)
    exclude = ("raw",)
    readonly_fields = ("raw_shown",)

    @display(description="as received")
    def raw_shown(self, tariff: Tariff) -> SafeString:
        return masked_json(tariff.raw)


@admin.register(Session)
class SessionAdmin(RecordAdmin):
    list_display = ("ocpi_id", "party", "status", "energy_kwh", "start_at", "end_at", "quarantine")
    list_filter = ("status", "party")
    search_fields = ("ocpi_id", "authorization_reference", "evse_uid")
    exclude = ("raw",)
    readonly_fields = ("raw_shown",)

    @display(description="as received")
    def raw_shown(self, session: Session) -> SafeString:
        return masked_json(session.raw)


@admin.register(Cdr)
class CdrAdmin(RecordAdmin):
    list_display = (
        "ocpi_id",
        "party",
        "total_energy_kwh",
        "total_cost_incl_vat",
        "currency",
        "credit",
        "received_at",
        "quarantine",
    )
    list_filter = ("party", "credit", "currency")
    search_fields = ("ocpi_id", "session_id", "authorization_reference")
    exclude = ("raw",)
    readonly_fields = ("raw_shown",)

    @display(description="as received")
    def raw_shown(self, cdr: Cdr) -> SafeString:
        return masked_json(cdr.raw)


@admin.register(Command)
class CommandAdmin(RecordAdmin):
    list_display = (
        "kind",
        "state",
        "response",
        "result",
        "party",
        "evse_uid",
        "order_reference",
        "created_at",
        "finished_at",
    )
    list_filter = ("kind", "state", "party")
    search_fields = ("order_reference", "evse_uid", "location_id")
    exclude = ("body", "uid")
    readonly_fields = ("body_shown",)

    @display(description="body, masked")
    def body_shown(self, command: Command) -> SafeString:
        return masked_json(command.body)
