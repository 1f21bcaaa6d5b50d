"""Command: an outbox row for what we ask of a charge point, and the state machine of its answers."""

import secrets

from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Party


def _uid() -> str:
    return secrets.token_hex(20)


class CommandKind(models.TextChoices):
    RESERVE_NOW = "RESERVE_NOW"
    CANCEL_RESERVATION = "CANCEL_RESERVATION"
    START_SESSION = "START_SESSION"
    STOP_SESSION = "STOP_SESSION"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR"
    CHECK_EVSE = "CHECK_EVSE", "our own: read the EVSE at the CPO; no OCPI command is sent"


class CommandState(models.TextChoices):
    """CREATED → SENT → AWAITING_RESULT → SUCCEEDED | FAILED | TIMED_OUT (ocpi.md 3.6).

    UNKNOWN: the request may or may not have reached the CPO; it is treated as AWAITING_RESULT.
    """

    CREATED = "CREATED"
    SENT = "SENT"
    AWAITING_RESULT = "AWAITING_RESULT"
    UNKNOWN = "UNKNOWN"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    TAKEN_BACK = "TAKEN_BACK", "reservation cancelled by the CPO after it had been accepted"


FINAL_STATES = frozenset(
    {
        CommandState.SUCCEEDED,
        CommandState.FAILED,
        CommandState.TIMED_OUT,
        CommandState.TAKEN_BACK,
    }
)


class Command(models.Model):
    """One command. The row is committed before the request leaves; uid is the end of its response_url."""

    uid = models.CharField(max_length=64, unique=True, default=_uid, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="commands")
    kind = models.CharField(max_length=20, choices=CommandKind)
    state = models.CharField(max_length=16, choices=CommandState, default=CommandState.CREATED, db_index=True)
    order_reference = models.CharField(
        max_length=36,
        blank=True,
        db_index=True,
        help_text="order this belongs to; authorization_reference at the CPO",
    )
    body = ExactJSONField(default=dict, help_text="as sent, without response_url")
    asked_under = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), editable=False,
        help_text="ids of the message that led to it, for logs and traces",
    )
    check_evse_first = models.BooleanField(default=False, help_text="read the EVSE at the CPO before sending")
    location_id = models.CharField(max_length=255, blank=True)
    evse_uid = models.CharField(max_length=255, blank=True)
    reservation_expires_at = models.DateTimeField(null=True, blank=True)
    response = models.CharField(max_length=32, blank=True, help_text="synchronous CommandResponse")
    result = models.CharField(
        max_length=32,
        blank=True,
        help_text="CommandResult, or why there is none: CPO_UNREACHABLE, HTTP_401, OCPI_2003 …",
    )
    message = models.CharField(max_length=512, blank=True)
    due_at = models.DateTimeField(db_index=True, help_text="when a worker should look at it next")
    leased_until = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["created_at"], name="command_created")]
        constraints = [
            # The promise of design.md §5 in the database itself: never two START_SESSION for one order.
            models.UniqueConstraint(
                fields=["order_reference"],
                condition=models.Q(kind="START_SESSION"),
                name="one_start_per_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid[:8]}"
