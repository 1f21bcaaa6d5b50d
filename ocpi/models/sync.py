"""How far each module of a party was read, the objects that could not be stored, and who mended them."""

from django.conf import settings
from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Connection


class SyncState(models.Model):
    """Per connection and module: high-water mark of last_updated, and how the last runs went."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sync_states")
    module = models.CharField(max_length=16)
    high_water_at = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_complete_at = models.DateTimeField(null=True, blank=True)
    last_full_at = models.DateTimeField(null=True, blank=True)
    running_until = models.DateTimeField(null=True, blank=True)
    full_wanted = models.BooleanField(default=True, help_text="the next run reads everything")
    stored = models.PositiveIntegerField(default=0)
    parked = models.PositiveIntegerField(default=0)
    run_objects = models.PositiveIntegerField(default=0, help_text="read so far, in the last or present run")
    run_total = models.PositiveIntegerField(
        null=True, blank=True, help_text="how many the peer says there are to be read in that run"
    )
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "module"], name="sync_once_per_module")]

    def __str__(self) -> str:
        return f"{self.connection} {self.module}"


class ParkedObject(models.Model):
    """An object that could not be stored, kept with its reason while the rest of its page went on."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="parked_objects")
    module = models.CharField(max_length=16)
    ocpi_id = models.CharField(max_length=255, blank=True)
    reason = models.CharField(max_length=500)
    raw = ExactJSONField()
    first_seen_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "module", "ocpi_id"], name="parked_once")
        ]
        indexes = [models.Index(fields=["id"], condition=models.Q(resolved_at=None), name="parked_open")]

    def __str__(self) -> str:
        return f"{self.module} {self.ocpi_id}"


class ParkedRetry(models.Model):
    """One try of staff to store a parked object, as it was or edited. Never changed."""

    parked = models.ForeignKey(ParkedObject, on_delete=models.CASCADE, related_name="retries")
    before = ExactJSONField()
    tried = ExactJSONField()
    outcome = models.CharField(max_length=500, blank=True, help_text="why it was refused; empty: it was stored")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, help_text="stays when the account goes")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "parked retries"

    def __str__(self) -> str:
        return f"{self.parked} by {self.by_name}"
