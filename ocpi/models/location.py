"""Location, Evse, Connector: the CPO's stations as it describes them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Party


class EvseStatus(models.TextChoices):
    AVAILABLE = "AVAILABLE"
    BLOCKED = "BLOCKED"
    CHARGING = "CHARGING"
    INOPERATIVE = "INOPERATIVE"
    OUTOFORDER = "OUTOFORDER"
    PLANNED = "PLANNED"
    REMOVED = "REMOVED"
    RESERVED = "RESERVED"
    UNKNOWN = "UNKNOWN"


class Location(models.Model):
    """A site. raw is the object as received, later PATCHes merged in, without its EVSEs."""

    # Without an index of its own, as those below: the unique one begins with it.
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="locations", db_index=False)
    ocpi_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="ocpi_id, casefolded")
    publish = models.BooleanField(default=True)
    name = models.TextField(blank=True)
    address = models.TextField(blank=True)
    city = models.TextField(blank=True)
    postal_code = models.TextField(blank=True)
    state = models.TextField(blank=True)
    country = models.TextField(blank=True)
    latitude = models.DecimalField(max_digits=10, decimal_places=7)
    longitude = models.DecimalField(max_digits=10, decimal_places=7)
    time_zone = models.CharField(max_length=255, default="UTC")
    is_green_energy = models.BooleanField(default=False)
    raw = ExactJSONField(default=dict)
    last_updated = models.DateTimeField()
    gone_at = models.DateTimeField(
        null=True, blank=True, help_text="missing in the last complete crawl since"
    )
    seen_at = models.DateTimeField(help_text="last received, by push or pull")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="location_once_per_party")]

    def __str__(self) -> str:
        return self.name or self.ocpi_id


class Evse(models.Model):
    """A charging point that serves one vehicle at a time. raw is without its connectors."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="evses", db_index=False)
    uid = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="uid, casefolded")
    evse_id = models.TextField(blank=True)
    status = models.CharField(max_length=12, choices=EvseStatus, default=EvseStatus.UNKNOWN)
    physical_reference = models.TextField(blank=True)
    capabilities = ArrayField(models.TextField(), default=list)
    latitude = models.DecimalField(max_digits=10, decimal_places=7, null=True, blank=True)
    longitude = models.DecimalField(max_digits=10, decimal_places=7, null=True, blank=True)
    raw = ExactJSONField(default=dict)
    last_updated = models.DateTimeField()
    position = models.PositiveIntegerField(default=0, help_text="place in the location's list")

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["location", "key"], name="evse_once_per_location")]
        indexes = [
            models.Index(fields=["key"], name="evse_by_key"),
            models.Index(fields=["evse_id"], name="evse_by_id"),
        ]

    def __str__(self) -> str:
        return self.evse_id or self.uid


class Connector(models.Model):
    """A socket or cable of an EVSE; only one of them is in use at a time."""

    evse = models.ForeignKey(Evse, on_delete=models.CASCADE, related_name="connectors", db_index=False)
    ocpi_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="ocpi_id, casefolded")
    standard = models.TextField()
    format = models.TextField(blank=True)
    power_type = models.TextField(blank=True)
    max_voltage_v = models.IntegerField(default=0)
    max_amperage_a = models.IntegerField(default=0)
    max_electric_power_w = models.BigIntegerField(null=True, blank=True)
    tariff_ids = ArrayField(models.TextField(), default=list)
    raw = ExactJSONField(default=dict)
    last_updated = models.DateTimeField()
    removed = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["evse", "key"], name="connector_once_per_evse")]

    def __str__(self) -> str:
        return f"{self.evse} connector {self.ocpi_id}"
