"""Case: something that stands still. CaseNote: its history. CaseNotice: outbox of mails and webhook calls about it."""

import uuid

from django.conf import settings
from django.db import models

from emsp.core.fields import ExactJSONField


class CaseKind(models.TextChoices):
    START_WITHOUT_SESSION = "START_WITHOUT_SESSION", "start accepted, no session"
    SESSION_PENDING = "SESSION_PENDING", "session stays pending"
    SESSION_SILENT = "SESSION_SILENT", "charging, no news"
    CDR_MISSING = "CDR_MISSING", "charge ended, no CDR"
    CDR_UNMATCHED = "CDR_UNMATCHED", "CDR of no order"
    CALLBACK_DEAD = "CALLBACK_DEAD", "message to the app given up"
    CPO_DOWN = "CPO_DOWN", "operator does not answer"
    DRIVER_WAITS = "DRIVER_WAITS", "a driver waits for an answer"
    RESERVATION_UNUSED = "RESERVATION_UNUSED", "reserved, driver did not come"


class CaseState(models.TextChoices):
    OPEN = "OPEN", "open"
    ASSIGNED = "ASSIGNED", "assigned"
    RESOLVED = "RESOLVED", "resolved"


class Case(models.Model):
    """One occurrence of one condition of one subject.

    subject: `model:pk` of what it is about. tried: [{at, text}], what was done without a person. condition_over_at:
    when what it is about ended; a case that staff resolved before that is not opened again meanwhile.
    """

    kind = models.CharField(max_length=24, choices=CaseKind)
    subject = models.CharField(max_length=40, editable=False)
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="cases"
    )
    session = models.ForeignKey(
        "ocpi.Session", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    cdr = models.ForeignKey(
        "ocpi.Cdr", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="CDR"
    )
    callback = models.ForeignKey(
        "beckn.Callback", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    support_request = models.ForeignKey(
        "beckn.SupportRequest", null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    connection = models.ForeignKey(
        "ocpi.Connection", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=8, choices=CaseState, default=CaseState.OPEN)
    summary = models.CharField(max_length=300)
    tried = ExactJSONField(default=list)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases"
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    condition_over_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolution = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=models.Q(condition_over_at=None),
                name="case_one_per_occurrence",
            ),
            models.CheckConstraint(
                condition=models.Q(state="RESOLVED") | models.Q(condition_over_at=None),
                name="case_open_while_condition_lasts",
            ),
            models.CheckConstraint(
                condition=models.Q(state="RESOLVED", resolved_at__isnull=False)
                | (~models.Q(state="RESOLVED") & models.Q(resolved_at=None)),
                name="case_resolved_with_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-opened_at"], name="case_by_state"),
            models.Index(fields=["support_request"], name="case_support_request"),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}: {CaseKind(self.kind).label}"


class CaseNote(models.Model):
    """What somebody wrote or did about a case; by_name is empty where nobody did. Never changed."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    text = models.CharField(max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True, help_text="stays when the account goes")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class NoticeChannel(models.TextChoices):
    MAIL = "MAIL", "mail"
    WEBHOOK = "WEBHOOK", "webhook"


class NoticeEvent(models.TextChoices):
    OPENED = "OPENED", "opened"
    RESOLVED = "RESOLVED", "resolved"


class NoticeState(models.TextChoices):
    PENDING = "PENDING", "to be sent"
    SENT = "SENT", "sent"
    DEAD = "DEAD", "given up"


class CaseNotice(models.Model):
    """Outbox: one mail or webhook call. body is what is signed and sent, without a word about a driver."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notices")
    event = models.CharField(max_length=8, choices=NoticeEvent)
    channel = models.CharField(max_length=7, choices=NoticeChannel)
    body = ExactJSONField()
    state = models.CharField(max_length=7, choices=NoticeState, default=NoticeState.PENDING)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(help_text="given up after this moment")
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "event", "channel"], name="case_notice_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="PENDING"), name="case_notice_due"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.event} of case {self.case_id}"
