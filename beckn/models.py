"""OwnKey (who we are), Subscriber (whom we trust), Request (inbox), Callback (outbox), Transaction (a conversation)."""

from django.conf import settings
from django.db import models

from emsp.core.circuits import Partner
from emsp.core.fields import EncryptedBinaryField, EncryptedJSONField, EncryptedTextField, ExactJSONField
from emsp.core.models import PartnerKind


def app_partner(bap_id: str) -> Partner:
    """Whom the circuit of the callbacks to an app is about."""
    return Partner(PartnerKind.BAP, bap_id, bap_id)


def with_value(field: str, *, name: str) -> models.Index:
    """An index of the rows that have a value there: most have none, and each index makes a row slower to write."""
    return models.Index(fields=[field], condition=models.Q(**{f"{field}__isnull": False}), name=name)


class SubscriberType(models.TextChoices):
    BAP = "BAP", "BAP: consumer app"
    BPP = "BPP", "BPP: provider platform"
    BG = "BG", "BG: gateway"


class SubscriberStatus(models.TextChoices):
    INITIATED = "INITIATED"
    UNDER_SUBSCRIPTION = "UNDER_SUBSCRIPTION"
    SUBSCRIBED = "SUBSCRIBED"
    EXPIRED = "EXPIRED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    INVALID_SSL = "INVALID_SSL"


class Subscriber(models.Model):
    """A participant's key: trusted by us by hand (local), or found in the registry and cached.

    public_key is the raw Ed25519 key in base64, 32 bytes.
    """

    subscriber_id = models.CharField(max_length=255)
    unique_key_id = models.CharField(max_length=255)
    type = models.CharField(max_length=3, choices=SubscriberType)
    url = models.CharField(max_length=500)
    public_key = models.CharField(max_length=64)
    status = models.CharField(max_length=20, choices=SubscriberStatus, default=SubscriberStatus.SUBSCRIBED)
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    local = models.BooleanField(default=True, help_text="entered here; off: copied from the registry")
    fetched_at = models.DateTimeField(null=True, blank=True, help_text="when the registry said so")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscriber_id", "unique_key_id"], name="subscriber_key_once"),
        ]

    def __str__(self) -> str:
        return self.subscriber_id

    @property
    def partner(self) -> Partner:
        """Whom the circuit of its callbacks is about."""
        return app_partner(self.subscriber_id)


class OwnKey(models.Model):
    """A key pair of ours, for signing and for the registry's challenge; there are two while one takes over from the other.

    signing_private_key, encryption_private_key: base64 of 32 bytes; empty once retired. signs_from: null while it is only
    announced; the newest moment of those that are not retired says which one signs.
    """

    unique_key_id = models.CharField(max_length=255, unique=True)
    signing_public_key = models.CharField(max_length=64)
    encryption_public_key = models.CharField(max_length=64)
    signing_private_key = EncryptedTextField(blank=True)
    encryption_private_key = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    signs_from = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.unique_key_id


class Transaction(models.Model):
    """A conversation: all messages of one app under one transaction_id, and the order it led to.

    context: what callbacks echo (domain, version, location, bap_id, bap_uri). billing, customer: as the app sent them.
    """

    bap_id = models.CharField(max_length=255)
    transaction_id = models.CharField(max_length=255)
    context = ExactJSONField(default=dict)
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    billing = EncryptedJSONField(null=True, blank=True)
    customer = EncryptedJSONField(null=True, blank=True)
    payments = EncryptedJSONField(null=True, blank=True)
    progress_sent_at = models.DateTimeField(null=True, blank=True)
    progress_due_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        permissions = [("erase_driver", "Can erase what is kept of a driver")]
        constraints = [models.UniqueConstraint(fields=["bap_id", "transaction_id"], name="transaction_once")]
        indexes = [
            models.Index(fields=["created_at"], name="transaction_by_age"),
            models.Index(fields=["transaction_id"], name="transaction_by_id"),
            with_value("order", name="transaction_of_order"),
            with_value("progress_due_at", name="transaction_in_progress"),
        ]

    def __str__(self) -> str:
        return self.transaction_id


class RequestState(models.TextChoices):
    RECEIVED = "RECEIVED", "acknowledged, to be handled"
    WAITING = "WAITING", "waiting for the charge point"
    ANSWERED = "ANSWERED", "callback written"


class Request(models.Model):
    """Inbox: a request we acknowledged. Same bap_id, message_id, action and wish again is the same request.

    wish: the state an `update` asks for, because live apps reuse one id for start and stop; else empty.
    """

    bap_id = models.CharField(max_length=255)
    message_id = models.CharField(max_length=255)
    action = models.CharField(max_length=32)
    wish = models.CharField(max_length=32, blank=True)
    digest = models.CharField(max_length=88, help_text="BLAKE2b-512 of the body, base64")
    transaction_id = models.CharField(max_length=255)
    body = EncryptedJSONField()
    state = models.CharField(max_length=8, choices=RequestState, default=RequestState.RECEIVED)
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    due_at = models.DateTimeField(help_text="when a worker should look at it next")
    leased_until = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    received_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["bap_id", "message_id", "action", "wish"], name="request_once"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~models.Q(state="ANSWERED"), name="request_open"),
            models.Index(fields=["received_at"], name="request_received"),
            models.Index(fields=["transaction_id"], name="request_by_transaction"),
            with_value("order", name="request_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"


class CallbackState(models.TextChoices):
    PENDING = "PENDING", "to be sent"
    DELIVERED = "DELIVERED", "delivered"
    REFUSED = "REFUSED", "the app answered NACK: final"
    SUPERSEDED = "SUPERSEDED", "newer news was sent instead"
    DEAD = "DEAD", "given up"


class Callback(models.Model):
    """Outbox: one on_* message. body is signed and sent as these bytes; due_at holds the retry time."""

    request = models.ForeignKey(
        Request, null=True, blank=True, on_delete=models.SET_NULL, related_name="callbacks"
    )
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    bap_id = models.CharField(max_length=255)
    transaction_id = models.CharField(max_length=255)
    message_id = models.CharField(max_length=255)
    action = models.CharField(max_length=32)
    url = models.CharField(max_length=700)
    body = EncryptedBinaryField()
    sequence_key = models.CharField(
        max_length=40, blank=True, help_text="callbacks with one key leave in order"
    )
    superseded_by_newer = models.BooleanField(
        default=False, help_text="progress: only the newest need arrive"
    )
    state = models.CharField(max_length=10, choices=CallbackState, default=CallbackState.PENDING)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(help_text="given up after this moment")
    attempts = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    error_code = models.CharField(
        max_length=20, blank=True, help_text="the error that it tells; empty: it tells a result"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="PENDING"), name="callback_due"),
            models.Index(
                fields=["sequence_key"], condition=models.Q(state="PENDING") & ~models.Q(sequence_key=""),
                name="callback_in_sequence",
            ),
            models.Index(
                fields=["state", "id"], condition=models.Q(state__in=["DEAD", "REFUSED"]), name="callback_lost"
            ),
            models.Index(fields=["transaction_id"], name="callback_by_transaction"),
            with_value("order", name="callback_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"


class Rating(models.Model):
    """What a driver thinks, as the app sent it."""

    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.SET_NULL, related_name="ratings"
    )
    order = models.ForeignKey(
        "charging_sessions.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="ratings"
    )
    category = models.CharField(max_length=60)
    rated_id = models.CharField(max_length=255)
    value = models.CharField(max_length=10, blank=True)
    comment = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.category} {self.value}"


class SupportRequest(models.Model):
    """A driver who wants help with an order: to be called back, or written to on the page of the order.

    waiting_since: since when the driver waits for staff; empty once staff has answered.
    """

    transaction = models.ForeignKey(
        Transaction, null=True, blank=True, on_delete=models.SET_NULL, related_name="support_requests"
    )
    order = models.ForeignKey(
        "charging_sessions.Order",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="support_requests",
    )
    contact = EncryptedJSONField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["waiting_since"], condition=models.Q(waiting_since__isnull=False), name="support_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"support {self.pk}"

    @property
    def standing(self) -> str:
        """`resolved`, `waits for us` or `answered`."""
        if self.resolved_at is not None:
            return "resolved"
        return "waits for us" if self.waiting_since is not None else "answered"


class SupportMessage(models.Model):
    """What a driver or staff wrote about a request. Never changed."""

    request = models.ForeignKey(SupportRequest, on_delete=models.CASCADE, related_name="messages")
    text = EncryptedTextField()
    by_staff = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True, help_text="stays when the account goes")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"message {self.pk} of {self.request}"
