"""ConformanceRun: one examination of a partner's platform, with what each check found."""

from django.db import models

from emsp.core.fields import ExactJSONField


class RunKind(models.TextChoices):
    CPO = "cpo", "operator (OCPI)"
    BAP = "bap", "app (Beckn)"


class RunState(models.TextChoices):
    QUEUED = "QUEUED", "waiting for a worker"
    RUNNING = "RUNNING", "under way"
    DONE = "DONE", "done"
    BROKEN = "BROKEN", "could not be carried out"


class ConformanceRun(models.Model):
    """checks: list of {id, title, verdict, detail, problems}; verdict is passed, failed, warning or skipped.

    Neither tokens nor keys nor bodies of messages are kept.
    """

    kind = models.CharField(max_length=3, choices=RunKind)
    target = models.CharField(max_length=255, help_text="CC-PID of an operator, subscriber id of an app")
    with_commands = models.BooleanField(default=False, help_text="may start a charge")
    state = models.CharField(max_length=7, choices=RunState, default=RunState.QUEUED)
    step = models.CharField(max_length=120, blank=True, help_text="the check under way")
    checks = ExactJSONField(default=list)
    reason = models.CharField(max_length=300, blank=True, help_text="why it could not be carried out")
    leased_until = models.DateTimeField(null=True, blank=True, help_text="its worker is taken for dead after that")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.target} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def passed(self) -> bool:
        """Done, and no check failed."""
        return self.state == RunState.DONE and not any(row["verdict"] == "failed" for row in self.checks)

    def count(self, verdict: str) -> int:
        """How many checks ended so."""
        return sum(row["verdict"] == verdict for row in self.checks)
