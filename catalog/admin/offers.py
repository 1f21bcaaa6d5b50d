"""What is on offer, as search sees it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.books import in_force, rule_for
from catalog.models import Offer
from emsp.core.admin import RecordAdmin
from emsp.core.money import plain


@admin.register(Offer)
class OfferAdmin(RecordAdmin):
    list_display = (
        "location_name",
        "name",
        "party",
        "status",
        "listed",
        "connector_standard",
        "power_kw",
        "cost_price",
        "price_shown",
        "currency",
        "tariff",
    )
    list_filter = ("listed", "status", "connector_standard", "party")
    search_fields = ("location_name", "location_ocpi_id", "offer_id", "fulfillment_id", "city")
    list_select_related = ("party", "tariff")
    readonly_fields = ("price_shown", "price_rule")
    exclude = ("energy_price", "energy_price_odd", "search_text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        """One look at the book in force for all rows of the page."""
        self._is_odd = in_force().is_odd
        return super().get_queryset(request)  # type: ignore[no-any-return]

    @display(description="price per kWh")
    def price_shown(self, offer: Offer) -> str:
        price = offer.energy_price_odd if self._is_odd else offer.energy_price
        return "" if price is None else plain(price)

    @display(description="price rule")
    def price_rule(self, offer: Offer) -> SafeString:
        """Which rule applies now to an app without rules of its own, and why."""
        book, chosen = rule_for(offer, at=timezone.now(), sold_through="", currency=offer.currency)
        told = f"Version {book.number} is in force." if book.number else "No price book is in force."
        return format_html_join("", "<div>{}</div>", ((sentence,) for sentence in (told, *chosen.why)))

    @display(description="power, kW", ordering="power_w")
    def power_kw(self, offer: Offer) -> str:
        return f"{offer.power_w / 1000:g}" if offer.power_w else ""
