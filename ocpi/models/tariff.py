"""Tariff and its versions: a session is priced by the version that was valid when it was quoted."""

from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Party


class Tariff(models.Model):
    """A tariff as its CPO states it now. Deleted ones stay, with all their versions."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="tariffs")
    ocpi_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="ocpi_id, casefolded")
    currency = models.CharField(max_length=3)
    raw = ExactJSONField(default=dict)
    last_updated = models.DateTimeField()
    received_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="tariff_once_per_party")]

    def __str__(self) -> str:
        return self.ocpi_id


class TariffVersion(models.Model):
    """What a tariff said from received_at on, until the next version."""

    tariff = models.ForeignKey(Tariff, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    raw = ExactJSONField()
    last_updated = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_once")]

    def __str__(self) -> str:
        return f"{self.tariff} version {self.number}"
