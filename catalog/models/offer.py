"""Offer: one connector as something to buy, mapped when the CPO's data arrives and read by search."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import SpGistIndex
from django.db import models

from emsp.core.fields import PointField

# Raise it when offers are mapped otherwise than before: those of an earlier mapping are then mapped anew.
MAPPING = 1


def _offer_id() -> str:
    return "con-" + secrets.token_hex(8)


def _evse_id() -> str:
    return "evse-" + secrets.token_hex(8)


class Offer(models.Model):
    """A connector in neutral words. Rows of one location and EVSE repeat what they share, so that search reads one table.

    offer_id and fulfillment_id are ours, opaque and stable; power in W, prices in currency per kWh incl. VAT.
    energy_price is what drivers pay by a price book with an even number (and without any), energy_price_odd by
    one with an odd number: the next book is priced into the column that nobody reads, and its publication
    is one row that changes. cost_price is the operator's. price_words, price_words_odd: the driver's price with all
    that is beside the energy, English and Hindi, a line each; empty where the price per kWh says it all.
    mapped_by: the MAPPING that made the row.
    """

    offer_id = models.CharField(max_length=40, default=_offer_id)
    fulfillment_id = models.CharField(max_length=40, default=_evse_id)
    # Those of the connector, whose foreign keys the database checks; to check them here too takes half of an insert.
    party = models.ForeignKey("ocpi.Party", on_delete=models.CASCADE, related_name="offers", db_constraint=False)
    location = models.ForeignKey("ocpi.Location", on_delete=models.CASCADE, related_name="offers", db_constraint=False)
    evse = models.ForeignKey("ocpi.Evse", on_delete=models.CASCADE, related_name="offers", db_constraint=False)
    connector = models.OneToOneField("ocpi.Connector", on_delete=models.CASCADE, related_name="offer")
    listed = models.BooleanField(default=True, help_text="shown by search")
    point = PointField()
    status = models.CharField(max_length=12, help_text="OCPI EVSE status")
    location_ocpi_id = models.CharField(max_length=255)
    location_name = models.TextField()
    address = models.TextField(blank=True)
    city = models.TextField(blank=True)
    postal_code = models.TextField(blank=True)
    country = models.TextField(blank=True)
    time_zone = models.CharField(max_length=255)
    is_green_energy = models.BooleanField(default=False)
    name = models.TextField()
    connector_ocpi_id = models.CharField(max_length=255)
    connector_standard = models.TextField()
    power_type = models.TextField(blank=True)
    power_w = models.BigIntegerField(null=True, blank=True)
    facilities = ArrayField(models.TextField(), default=list)
    opening_hours = models.TextField(
        blank=True, default="", help_text="Mo-Fr 09:00-18:00, or 24/7; empty: not told"
    )
    search_text = models.TextField(blank=True)
    tariff = models.ForeignKey(
        "ocpi.Tariff", null=True, blank=True, on_delete=models.SET_NULL, related_name="offers"
    )
    cost_price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    energy_price = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    energy_price_odd = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    price_words = models.TextField(blank=True, default="", db_default="")
    price_words_odd = models.TextField(blank=True, default="", db_default="")
    currency = models.CharField(max_length=3, blank=True)
    price_valid_until = models.DateTimeField(null=True, blank=True, db_index=True)
    mapped_by = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["offer_id"], name="offer_id_once")]
        indexes = [
            models.Index(fields=["fulfillment_id"], name="offer_fulfillment"),
            SpGistIndex(fields=["point"], name="offer_point"),
            models.Index(fields=["mapped_by"], name="offer_mapped_by"),
        ]

    def __str__(self) -> str:
        return f"{self.location_name}: {self.name}"
