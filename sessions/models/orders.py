"""Order with its history, Quote with its lines, Bill."""

import uuid

from django.db import models

from emsp.core.fields import ExactJSONField
from sessions.states import OrderState


class Order(models.Model):
    """What a driver buys: one charge at one connector, from quote to bill.

    reference is the public order id and the authorization_reference at the CPO. No Beckn shape is kept here.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.QUOTED, db_index=True)
    sold_through = models.CharField(max_length=255, help_text="subscriber id of the app (BAP) that sold it")
    offer = models.ForeignKey("catalog.Offer", on_delete=models.PROTECT, related_name="orders")
    party = models.ForeignKey("ocpi.Party", on_delete=models.PROTECT, related_name="orders")
    token = models.ForeignKey(
        "ocpi.Token", null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    quote = models.ForeignKey("Quote", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    driver_hash = models.CharField(
        max_length=64, blank=True, help_text="recognises a driver without naming one"
    )
    session = models.OneToOneField(
        "ocpi.Session", null=True, blank=True, on_delete=models.PROTECT, related_name="order"
    )
    energy_kwh = models.DecimalField(max_digits=14, decimal_places=4, default=0, help_text="delivered so far")
    reservation_id = models.CharField(max_length=36, blank=True)
    reserved_until = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    start_accepted_at = models.DateTimeField(
        null=True, blank=True, help_text="the charge point took START_SESSION"
    )
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    stop_accepted_at = models.DateTimeField(
        null=True, blank=True, help_text="the charge point took STOP_SESSION"
    )
    stop_failure = models.CharField(max_length=40, blank=True, help_text="why the last stop did not work")
    cancelled_by = models.CharField(
        max_length=8, blank=True, choices=[("CONSUMER", "driver"), ("PROVIDER", "provider")]
    )
    cancel_reason = models.CharField(max_length=300, blank=True)
    cancel_reason_id = models.CharField(max_length=60, blank=True)
    failure = models.CharField(
        max_length=40, blank=True, help_text="EVSE_UNAVAILABLE, CPO_UNAVAILABLE, START_REJECTED …"
    )
    fee = models.DecimalField(
        max_digits=14, decimal_places=2, default=0, help_text="cancellation fee, incl. VAT"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["confirmed_at"], name="order_confirmed"),
            models.Index(fields=["ended_at"], name="order_ended"),
            models.Index(fields=["driver_hash"], condition=~models.Q(driver_hash=""), name="order_by_driver"),
        ]

    def __str__(self) -> str:
        return str(self.reference)


class OrderEvent(models.Model):
    """One move of an order, and why. Never changed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="events")
    from_state = models.CharField(max_length=12, choices=OrderState)
    to_state = models.CharField(max_length=12, choices=OrderState)
    reason = models.CharField(max_length=300)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class QuoteKind(models.TextChoices):
    QUOTE = "QUOTE", "quote"
    BILL = "BILL", "final bill"
    CANCELLATION = "CANCELLATION", "cancellation"
    CREDIT = "CREDIT", "credit"


class Quote(models.Model):
    """A price with its lines, stored and binding. Lines add up to total; amounts include VAT, two decimals.

    lines: [{code, energy_kwh?, unit_price?, unit?, amount}], decimals as text.
    tariff: the OCPI tariff version it was made of, frozen. rule: the price rule with its terms and why it applied,
    frozen; null where the tariff passes through. cost_total: what the operator charges for the same.
    digest: over all that was promised (sessions.services.binding).
    """

    quote_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="quotes")
    offer = models.ForeignKey("catalog.Offer", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=QuoteKind, default=QuoteKind.QUOTE)
    energy_kwh = models.DecimalField(max_digits=14, decimal_places=4)
    energy_estimated = models.BooleanField(default=False, help_text="the app named no amount")
    amount_ordered = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="the most the driver wants to spend"
    )
    unit_price = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, help_text="per kWh incl. VAT"
    )
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    lines = ExactJSONField()
    tariff = ExactJSONField()
    tariff_version = models.ForeignKey(
        "ocpi.TariffVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rule = ExactJSONField(null=True, blank=True)
    cost_total = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text="incl. VAT where it is told"
    )
    digest = models.CharField(max_length=64, blank=True)
    explanation = ExactJSONField(default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.total} {self.currency}"


class Bill(models.Model):
    """What the driver owes for an order, from one CDR. The newest bill of an order counts.

    dispute: the CPO's total is not ours; the bill stands. held: the CDR is implausible; not told to the app.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="bills")
    cdr = models.OneToOneField(
        "ocpi.Cdr", null=True, blank=True, on_delete=models.PROTECT, related_name="bill"
    )
    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="bill")
    cpo_total = models.DecimalField(
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="what the CPO charges, incl. VAT where it says so",
    )
    dispute = models.CharField(max_length=300, blank=True)
    held = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=~models.Q(held=""), name="bill_held")]

    def __str__(self) -> str:
        return f"bill of {self.order}"
