"""What our check of each CDR found, what staff decided about it, and CDRs that do not come."""

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from emsp.core.fields import ExactJSONField


class Verdict(models.TextChoices):
    ACCEPT = "ACCEPT", "accept"
    CONTEST = "CONTEST", "contest"
    HOLD = "HOLD", "hold"


class Decision(models.TextChoices):
    ACCEPTED = "ACCEPTED", "accepted"
    CONTESTED = "CONTESTED", "contested"
    RELEASED = "RELEASED", "bill released"


def _limit(help_text: str) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=f"{help_text}; empty: the default of the settings",
    )


class AuditPolicy(models.Model):
    """How much a CPO's CDRs may differ before they are contested. What is empty is as the settings say."""

    party = models.OneToOneField("ocpi.Party", on_delete=models.CASCADE, related_name="audit_policy")
    amount = _limit("difference of an amount, in the CDR's currency")
    amount_percent = _limit("and per cent of our amount on top")
    energy_percent = _limit("difference from the session's energy, in per cent")
    power_percent = _limit("energy above what the connector's power can deliver, in per cent")
    time_s = _limit("difference of a time, in seconds")
    late_after_h = _limit("hours from the end of a charge after which its CDR is late")
    missing_after_h = _limit("hours from the end of a charge after which its CDR is asked for")

    class Meta:
        verbose_name_plural = "audit policies"

    def __str__(self) -> str:
        return f"audit policy of {self.party}"


class CdrAudit(models.Model):
    """One CDR, priced by us and checked.

    findings: [{code, severity, sentence, ours, theirs}], the gravest first. differences: the lines of the costs,
    [{part, ours, theirs, difference, sentence}]. Amounts as text; None where a side does not tell.
    with_vat: whether both sides were compared including VAT. step_mode: the rounding that agreed best.
    """

    cdr = models.OneToOneField("ocpi.Cdr", on_delete=models.PROTECT, related_name="audit")
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, on_delete=models.PROTECT, related_name="audits"
    )
    connector = models.CharField(max_length=255, blank=True, help_text="CPO, EVSE and connector, casefolded")
    start_at = models.DateTimeField(help_text="of the charge, for finding CDRs that overlap")
    credited = models.BooleanField(default=False, help_text="a credit CDR took it back whole")
    verdict = models.CharField(max_length=8, choices=Verdict, db_index=True)
    decision = models.CharField(
        max_length=10, choices=Decision, blank=True, db_index=True, help_text="the newest of staff"
    )
    step_mode = models.CharField(max_length=16, blank=True)
    with_vat = models.BooleanField(default=False)
    our_total = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    cpo_total = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    findings = ExactJSONField(default=list)
    differences = ExactJSONField(default=list)
    explanation = ExactJSONField(default=list)
    tariff = ExactJSONField(default=dict, help_text="the tariff it was priced by, frozen")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "CDR audit"
        ordering = ["-id"]
        indexes = [models.Index(fields=["connector", "start_at"], name="audit_by_connector")]

    def __str__(self) -> str:
        return f"audit of {self.cdr}"

    @property
    def disputed(self) -> bool:
        """Whether the CPO's amount is not taken as owed: contested, or found wrong and not yet accepted or credited."""
        if self.credited or self.decision == Decision.ACCEPTED:
            return False
        return self.decision == Decision.CONTESTED or self.verdict != Verdict.ACCEPT

    def sentence(self, severity: str) -> str:
        """The first finding of this severity; empty when there is none."""
        return next((str(each["sentence"]) for each in self.findings if each["severity"] == severity), "")


class CdrDecision(models.Model):
    """Who decided what about a CDR, when and why. Never changed."""

    audit = models.ForeignKey(CdrAudit, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=10, choices=Decision)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, help_text="stays when the account goes")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.decision} by {self.by_name}"


class MissingCdr(models.Model):
    """A charge that ended and whose CDR has not come: asked for, then raised for staff, then settled."""

    order = models.OneToOneField(
        "charging_sessions.Order", on_delete=models.CASCADE, related_name="missing_cdr"
    )
    asked_at = models.DateTimeField(help_text="when the CPO's CDRs were pulled for it")
    raised_at = models.DateTimeField(null=True, blank=True, help_text="when it became a matter for staff")
    settled_at = models.DateTimeField(null=True, blank=True, help_text="when the CDR came after all")

    class Meta:
        verbose_name = "missing CDR"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"CDR of {self.order}"
