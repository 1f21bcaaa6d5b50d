"""Payments: the policy staff set, the terms of an order, and what a gateway collected and gave back."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from sessions.payments.gateway import configured


class Collector(models.TextChoices):
    BAP = "BAP", "the app"
    BPP = "BPP", "we, by the payment gateway"


class PaymentType(models.TextChoices):
    PRE_ORDER = "PRE-ORDER", "before the order is confirmed"
    PRE_FULFILLMENT = "PRE-FULFILLMENT", "before charging starts"
    ON_FULFILLMENT = "ON-FULFILLMENT", "while charging"
    POST_FULFILLMENT = "POST-FULFILLMENT", "after charging, by the bill"


PREPAID = frozenset({PaymentType.PRE_ORDER, PaymentType.PRE_FULFILLMENT})


class PaymentPolicy(models.Model):
    """Who collects, and when, for orders of one app, at one operator, or both.

    The most specific policy counts: app and operator, then app, then operator, then the one for all. Without any, the app
    collects after charging.
    """

    bap_id = models.CharField("app", max_length=255, blank=True, help_text="subscriber id; empty: every app")
    party = models.ForeignKey(
        "ocpi.Party", null=True, blank=True, on_delete=models.CASCADE, related_name="payment_policies",
        verbose_name="operator", help_text="empty: every operator",
    )  # fmt: skip
    collected_by = models.CharField(max_length=3, choices=Collector, default=Collector.BAP)
    type = models.CharField(max_length=16, choices=PaymentType, default=PaymentType.POST_FULFILLMENT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "payment policies"
        ordering = ["bap_id", "party"]
        constraints = [
            models.UniqueConstraint(
                fields=["bap_id", "party"], nulls_distinct=False, name="payment_policy_once"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.bap_id or 'every app'}, {self.party or 'every operator'}: {self.collected_by} {self.type}"
        )

    def clean(self) -> None:
        """We can collect only where a gateway is set up."""
        if self.collected_by == Collector.BPP and not configured():
            raise ValidationError({"collected_by": "no payment gateway is set up: see docs/payments.md"})


class PaymentTerms(models.Model):
    """Who collects for one order and when, as its on_init said; later changes of the policy do not touch it."""

    order = models.OneToOneField(
        "charging_sessions.Order", on_delete=models.CASCADE, related_name="payment_terms"
    )
    collected_by = models.CharField(max_length=3, choices=Collector)
    type = models.CharField(max_length=16, choices=PaymentType)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "payment terms"

    def __str__(self) -> str:
        return f"{self.collected_by} {self.type}"

    @property
    def prepaid(self) -> bool:
        """Whether the money comes before the energy."""
        return self.type in PREPAID


class PaymentProof(models.Model):
    """One payment that an app proved at confirm that it collected; it pays one order.

    reference: the app's name of it, its transaction_id. amount: incl. tax, in the quote's currency.
    """

    bap_id = models.CharField("app", max_length=255)
    reference = models.CharField(max_length=255)
    order = models.ForeignKey(
        "charging_sessions.Order", on_delete=models.CASCADE, related_name="payment_proofs"
    )
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["bap_id", "reference"], name="payment_proof_once_per_app"),
        ]

    def __str__(self) -> str:
        return self.reference


class PaymentState(models.TextChoices):
    CREATED = "CREATED", "asked for"
    PAID = "PAID", "paid"
    FAILED = "FAILED", "failed"
    REFUNDED = "REFUNDED", "paid and given back whole"


class Payment(models.Model):
    """One attempt of a driver to pay us at the gateway. reference is its name there.

    amount: incl. tax, two decimals. refunded: the part that was given back.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey("charging_sessions.Order", on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=PaymentState, default=PaymentState.CREATED)
    gateway_reference = models.CharField(max_length=120, blank=True)
    failure = models.CharField(max_length=200, blank=True)
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(state="CREATED"), name="payment_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, refunded__gte=0, refunded__lte=models.F("amount")),
                name="payment_refund_within_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.state}"


class PaymentNotice(models.Model):
    """One notification of the gateway, kept so that hearing it again changes nothing."""

    event_id = models.CharField(max_length=120, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="notices")
    status = models.CharField(max_length=12)
    effect = models.CharField(max_length=200)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.status} {self.event_id}"


class RefundState(models.TextChoices):
    REQUESTED = "REQUESTED", "to be sent to the gateway"
    DONE = "DONE", "given back"
    REFUSED = "REFUSED", "the gateway refused: staff must look"


class Refund(models.Model):
    """Money to give back to a driver; an outbox: the row is written with its reason, the gateway is called later."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=RefundState, default=RefundState.REQUESTED)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        help_text="who asked to send it again, while a second person is waited for",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_above_zero")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="REQUESTED"), name="refund_due"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.payment.currency} {self.state}"
