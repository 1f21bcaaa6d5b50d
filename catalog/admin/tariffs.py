"""Tariffs of the operators with what they mean and what is suspicious about them."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.pricing import TariffError
from catalog.pricing.lint import Severity, lint
from catalog.pricing.words import in_words
from ocpi.admin.mirror import TariffAdmin as MirrorTariffAdmin
from ocpi.models import Tariff

COLOURS = {
    Severity.ERROR: "text-red-600",
    Severity.WARNING: "text-orange-600",
    Severity.HINT: "text-base-500",
}

admin.site.unregister(Tariff)


@admin.register(Tariff)
class TariffAdmin(MirrorTariffAdmin):
    """The mirror's page, and above it the price in words and the findings of the linter."""

    list_display = ("ocpi_id", "party", "words", "last_updated", "deleted_at")
    list_select_related = ("party__connection",)
    readonly_fields = ("words", "findings", *MirrorTariffAdmin.readonly_fields)  # type: ignore[assignment]
    fields = (
        "party",
        "ocpi_id",
        "words",
        "findings",
        "currency",
        "last_updated",
        "received_at",
        "deleted_at",
        "raw_shown",
    )

    @display(description="price")
    def words(self, tariff: Tariff) -> str:
        return price_in_words(tariff)

    @display(description="findings")
    def findings(self, tariff: Tariff) -> SafeString:
        return findings_of(tariff)


def price_in_words(tariff: Tariff) -> str:
    """What it costs, or why that cannot be said."""
    try:
        return in_words(tariff.raw, ocpi_version=tariff.party.connection.version)
    except TariffError as error:
        return f"cannot be priced: {error}"


def findings_of(tariff: Tariff) -> SafeString:
    """What the linter says, each with its severity, its place in the tariff and one sentence."""
    party = tariff.party
    found = lint(tariff.raw, ocpi_version=party.connection.version, country_code=party.country_code)
    rows = ((COLOURS[finding.severity], finding.severity.value, finding.text, finding.path) for finding in found)
    line = '<div><strong class="{}">{}</strong> {} <code class="text-xs">{}</code></div>'
    return format_html_join("", line, rows) or SafeString("nothing suspicious")
