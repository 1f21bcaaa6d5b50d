"""Circuit: whether a partner is called, or left alone because it does not answer."""

from django.db import models


class PartnerKind(models.TextChoices):
    CPO = "CPO", "operator platform"
    BAP = "BAP", "app"


class Circuit(models.Model):
    """What is known of the calls to one partner; a partner that never failed has none. Written by emsp.core.circuits.

    partner: pk of an operator's connection, subscriber id of an app; name: as people know it.
    opened_at: null while it is closed. probe_at: when the next call is let through; while one is under way, when it is
    given up. pause_s: how long it was left alone last. at_commands: of the failures in a row, all were of commands.
    """

    kind = models.CharField(max_length=3, choices=PartnerKind)
    partner = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    failures = models.PositiveIntegerField(default=0, help_text="in a row")
    at_commands = models.BooleanField(default=False, db_default=False)
    opened_at = models.DateTimeField(null=True, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)
    pause_s = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "partner"], name="circuit_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
