"""Token: how a driver is known to CPOs. TokenCopy: what one of them has of it. Authorization: that we said yes to one."""

from django.db import models

from emsp.core.fields import ExactJSONField
from ocpi.models.connection import Connection, Party


class TokenType(models.TextChoices):
    RFID = "RFID", "RFID card or tag"
    APP_USER = "APP_USER", "app user"


class Whitelist(models.TextChoices):
    """When a CPO may say yes without asking us (OCPI 2.2.1, mod_tokens, WhitelistType)."""

    ALWAYS = "ALWAYS", "always, without asking us"
    ALLOWED = "ALLOWED", "allowed: the operator decides whether it asks"
    ALLOWED_OFFLINE = "ALLOWED_OFFLINE", "only while we cannot be reached"
    NEVER = "NEVER", "never: the operator asks us each time"


class Token(models.Model):
    """A token of ours. APP_USER tokens belong to a driver, recognised by driver_hash only."""

    uid = models.CharField(max_length=36)
    type = models.CharField(max_length=12, choices=TokenType, default=TokenType.APP_USER)
    contract_id = models.CharField(max_length=36)
    issuer = models.CharField(max_length=64)
    valid = models.BooleanField(default=True)
    whitelist = models.CharField(max_length=16, choices=Whitelist, default=Whitelist.NEVER)
    language = models.CharField(max_length=2, default="en")
    driver_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    blocked_reason = models.CharField(max_length=200, blank=True, help_text="for staff; no operator hears it")
    created_at = models.DateTimeField(auto_now_add=True)
    last_updated = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["uid", "type"], name="token_once")]

    def __str__(self) -> str:
        return f"{self.type} …{self.uid[-4:]}"


class CopyState(models.TextChoices):
    WAITING = "WAITING", "to be pushed"
    SAME = "SAME", "as ours"
    DIFFERS = "DIFFERS", "differs"
    MISSING = "MISSING", "not known there"
    FAILED = "FAILED", "push failed"
    NOT_OFFERED = "NOT_OFFERED", "operator takes no pushes"


class TokenCopy(models.Model):
    """A token as one platform has it, and the outbox of pushes to it.

    due_at: when to push next; null when nothing is to be pushed. check_at: when to read it there next.
    pushed, seen: what we sent last, what it gave last: valid, whitelist, contract_id, issuer, language, last_updated.
    """

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="copies")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="token_copies")
    state = models.CharField(max_length=11, choices=CopyState, default=CopyState.WAITING)
    due_at = models.DateTimeField(null=True, blank=True)
    check_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    pushed = ExactJSONField(null=True, blank=True)
    pushed_at = models.DateTimeField(null=True, blank=True)
    seen = ExactJSONField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "token at an operator"
        verbose_name_plural = "tokens at operators"
        ordering = ["token", "connection"]
        constraints = [models.UniqueConstraint(fields=["token", "connection"], name="token_copy_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="token_copy_due"),
            models.Index(fields=["check_at"], condition=models.Q(check_at__isnull=False), name="token_copy_check"),
        ]

    def __str__(self) -> str:
        return f"{self.token} at {self.connection}"


class Authorization(models.Model):
    """One ALLOWED answer; the CPO may carry its reference on the session it starts."""

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="authorizations")
    party = models.ForeignKey(Party, null=True, on_delete=models.SET_NULL)
    reference = models.CharField(max_length=36, unique=True)
    location_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reference
