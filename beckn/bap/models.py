"""Driver (a browser), Search, Order (what the driver books), Message (all that was sent and received)."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from beckn.bap.fields import EncryptedTextField
from beckn.bap.messages import Choice, Contact
from beckn.bap.places import Point
from beckn.bap.stages import CONFIRMED_STAGES, Stage
from beckn.bap.standing import Standing, standing
from emsp.core.wire import load_json


class Reachable(models.Model):
    """Somebody with a name, a phone and an email; encrypted at rest."""

    name = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    email = EncryptedTextField(blank=True, default="")

    class Meta:
        abstract = True

    @property
    def contact(self) -> Contact:
        """As messages carry it."""
        return Contact(name=self.name, phone=self.phone, email=self.email)


class Driver(Reachable):
    """A browser that searched or booked, known by its cookie; keeps the contact of the last booking, and the car.

    connector: the car's plug in the RFC's word; battery_kwh: what its battery holds. Both may be unknown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connector = models.CharField(max_length=40, blank=True, default="")
    battery_kwh = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class Search(models.Model):
    """One look around a place. Its answers are the on_search messages of its request.

    min_power_kw, max_price (per kWh, tax included, in rupees): None where the driver does not mind.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="searches")
    transaction_id = models.CharField(max_length=255, default=uuid.uuid4, db_index=True)
    label = models.CharField(max_length=100)
    city_code = models.CharField(max_length=20)
    latitude = models.DecimalField(max_digits=9, decimal_places=6)
    longitude = models.DecimalField(max_digits=9, decimal_places=6)
    radius_km = models.DecimalField(max_digits=5, decimal_places=1)
    connector = models.CharField(max_length=40, blank=True, default="")
    min_power_kw = models.PositiveSmallIntegerField(null=True, blank=True)
    max_price = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    free_only = models.BooleanField(default=False)
    green_only = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.label}, {self.radius_km} km"

    @property
    def point(self) -> Point:
        """Where it looked."""
        return Point(self.latitude, self.longitude)


class Order(Reachable):
    """A booking of one connector. One Beckn transaction holds one booking.

    station: what the catalogue said of the place, for pages and receipts. document: the newest
    `message.order` the provider sent, said at document_at. agreed_*: the price of on_init.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    driver = models.ForeignKey(Driver, on_delete=models.CASCADE, related_name="orders")
    search = models.ForeignKey(
        Search, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders"
    )
    transaction_id = models.CharField(max_length=255, unique=True)
    city_code = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=255)
    item_id = models.CharField(max_length=255)
    fulfillment_id = models.CharField(max_length=255, blank=True, default="")
    energy_kwh = models.DecimalField(max_digits=7, decimal_places=2)
    station = models.JSONField(default=dict)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.QUOTING)
    bpp_order_id = models.CharField(max_length=255, blank=True, default="")
    document = EncryptedTextField(blank=True, default="")
    document_at = models.DateTimeField(null=True, blank=True)
    agreed_total = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    agreed_quote_id = models.CharField(max_length=255, blank=True, default="")
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["driver", "-created_at"], name="bap_orders_of_driver")]

    def __str__(self) -> str:
        return self.bpp_order_id or self.transaction_id

    @property
    def choice(self) -> Choice:
        """As messages carry it."""
        return Choice(self.provider_id, self.item_id, self.fulfillment_id, self.energy_kwh)

    @property
    def standing(self) -> Standing:
        """How the provider last said it stands."""
        return standing(load_json(self.document.encode())) if self.document else Standing()

    @property
    def confirmed(self) -> bool:
        """True once the provider has accepted it."""
        return self.stage in CONFIRMED_STAGES


class Direction(models.TextChoices):
    SENT = "SENT", "sent"
    RECEIVED = "RECEIVED", "received"


class Delivery(models.TextChoices):
    """What became of a sent request."""

    SENDING = "SENDING", "on its way"
    ACK = "ACK", "acknowledged"
    NACK = "NACK", "refused"
    FAILED = "FAILED", "not delivered"


class Message(models.Model):
    """One message, byte for byte. A request and its callbacks share message_id.

    body, reply: what went over the wire, encrypted at rest. error_*: of the NACK, or of the callback.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    direction = models.CharField(max_length=8, choices=Direction)
    action = models.CharField(max_length=40)
    transaction_id = models.CharField(max_length=255, db_index=True)
    message_id = models.CharField(max_length=255, db_index=True)
    body = EncryptedTextField()
    digest = models.CharField(max_length=88)
    signature = models.TextField(blank=True, default="")
    driver = models.ForeignKey(
        Driver, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    search = models.ForeignKey(
        Search, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.CASCADE, related_name="messages")
    delivery = models.CharField(max_length=8, choices=Delivery, blank=True, default="")
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    reply = EncryptedTextField(blank=True, default="")
    error_code = models.CharField(max_length=40, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    tried_at = models.DateTimeField(null=True, blank=True, help_text="when it was last put on its way")
    acked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["direction", "message_id", "action", "digest"], name="bap_message_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.message_id}"

    @property
    def json(self) -> Any:
        """The body as plain JSON values, decimals exact."""
        return load_json(self.body.encode())

    @property
    def waiting_since(self) -> datetime:
        """The moment the wait for an answer counts from."""
        return self.tried_at or self.created_at
