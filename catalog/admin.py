"""What is on offer, as search sees it."""

from django.contrib import admin
from unfold.decorators import display

from catalog.models import Offer
from emsp.core.admin import RecordAdmin


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
        "energy_price",
        "currency",
        "tariff",
    )
    list_filter = ("listed", "status", "connector_standard", "party")
    search_fields = ("location_name", "location_ocpi_id", "offer_id", "fulfillment_id", "city")
    list_select_related = ("party", "tariff")

    @display(description="power, kW", ordering="power_w")
    def power_kw(self, offer: Offer) -> str:
        return f"{offer.power_w / 1000:g}" if offer.power_w else ""
