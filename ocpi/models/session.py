"""Session and Cdr: what the CPO reports of a charge, and its bill to us."""

import uuid
from decimal import Decimal

from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Party
from ocpi.wire.v2_2_1.periods import only_reserved


class Session(models.Model):
    """A charging session as the CPO reports it. raw holds the object with its charging_periods."""

    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="sessions")
    ocpi_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="ocpi_id, casefolded")
    status = models.CharField(max_length=16)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField(null=True, blank=True)
    energy_kwh = models.DecimalField(max_digits=14, decimal_places=4, default=0)
    currency = models.CharField(max_length=3, blank=True)
    token_uid = models.CharField(max_length=255, blank=True, db_index=True)
    authorization_reference = models.CharField(max_length=255, blank=True, db_index=True)
    location_id = models.CharField(max_length=255, blank=True)
    evse_uid = models.CharField(max_length=255, blank=True)
    connector_id = models.CharField(max_length=255, blank=True)
    raw = ExactJSONField(default=dict)
    last_updated = models.DateTimeField()
    received_at = models.DateTimeField()
    quarantine = models.CharField(max_length=200, blank=True, help_text="why staff should look at it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="session_once_per_party")]

    def __str__(self) -> str:
        return self.ocpi_id

    @property
    def is_spent_reservation(self) -> bool:
        """Whether it is over and was of a reservation only: where a charge followed, that is a session of its own.

        A CPO may also go on with the same session; then it was active once. Source: ocpi.md 3.3.
        """
        if self.status not in ("COMPLETED", "INVALID") or self.energy_kwh > 0:
            return False
        told = set(self.updates.values_list("status", flat=True))
        return "ACTIVE" not in told and ("RESERVATION" in told or only_reserved(self.raw.get("charging_periods")))


class SessionUpdate(models.Model):
    """What one news of a session said. cost: the operator's so far, incl. VAT where it is told. Never changed."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="updates")
    status = models.CharField(max_length=16)
    energy_kwh = models.DecimalField(max_digits=14, decimal_places=4)
    cost = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    last_updated = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.session} {self.status}"


class Cdr(models.Model):
    """A charge detail record, never changed after it was received. public_id is its name in our URL."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    party = models.ForeignKey(Party, on_delete=models.CASCADE, related_name="cdrs")
    ocpi_id = models.CharField(max_length=255)
    key = models.CharField(max_length=255, help_text="ocpi_id, casefolded")
    session_id = models.CharField(max_length=255, blank=True, db_index=True)
    authorization_reference = models.CharField(max_length=255, blank=True, db_index=True)
    token_uid = models.CharField(max_length=255, blank=True, db_index=True)
    evse_uid = models.CharField(max_length=255, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total_energy_kwh = models.DecimalField(max_digits=14, decimal_places=4)
    total_cost_excl_vat = models.DecimalField(max_digits=14, decimal_places=4)
    total_cost_incl_vat = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    credit = models.BooleanField(default=False)
    credit_reference_id = models.CharField(max_length=255, blank=True, db_index=True)
    raw = ExactJSONField()
    body_hash = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    quarantine = models.CharField(max_length=200, blank=True, help_text="why staff should look at it")

    class Meta:
        verbose_name = "CDR"
        constraints = [models.UniqueConstraint(fields=["party", "key"], name="cdr_once_per_party")]

    def __str__(self) -> str:
        return self.ocpi_id

    @property
    def total_cost(self) -> Decimal:
        """What the CPO charges, in currency: including VAT where it tells that, else what it tells."""
        return self.total_cost_excl_vat if self.total_cost_incl_vat is None else self.total_cost_incl_vat

    @property
    def is_of_reservation(self) -> bool:
        """Whether it is of a reservation only: no energy, and no time but that of the reservation (ocpi.md 3.4)."""
        return not self.total_energy_kwh and only_reserved(self.raw.get("charging_periods"))
