"""Tariff and its versions: a session is priced by the version that was valid when it was quoted."""

from typing import ClassVar

from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Party

CONTRACT = " "


def contract_key(stands_for: str) -> str:
    """Key of the contract tariff that stands for a CPO's tariff with this id, or for all others where it is empty.

    Begins with a blank, which no id of a CPO does: what it tells never meets what we agreed with it.
    """
    return f"{CONTRACT}{stands_for.strip().casefold()}"


class Tariff(models.Model):
    """A tariff as its CPO states it now, or a contract tariff that staff keep. Deleted ones stay, with all versions."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="tariffs")
    ocpi_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="ocpi_id, casefolded; see contract_key")
    currency = models.CharField(max_length=3)
    raw = ExactJSONField(default=dict)
    last_updated = models.DateTimeField()
    received_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="tariff_once_per_party")]

    def __str__(self) -> str:
        return self.ocpi_id


class ContractsInForce(models.Manager["ContractTariff"]):
    """Without those that have ended."""

    def get_queryset(self) -> models.QuerySet["ContractTariff"]:
        return super().get_queryset().filter(key__startswith=CONTRACT, deleted_at=None)


class ContractTariff(Tariff):
    """A price agreed with a CPO beside OCPI; counts where the connection's price_source says so. Source: ocpi.md T48."""

    objects: ClassVar[ContractsInForce] = ContractsInForce()  # type: ignore[assignment]

    class Meta:
        proxy = True

    @property
    def stands_for(self) -> str:
        """The CPO's tariff that it takes the place of, casefolded; empty for all that have none of their own."""
        return self.key.removeprefix(CONTRACT)


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
