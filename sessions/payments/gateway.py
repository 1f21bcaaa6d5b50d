"""What a payment gateway must be able to do. A real one is a class with these three methods, named in PAYMENT_GATEWAY."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from emsp.core.errors import DomainError

PAID, FAILED = "PAID", "FAILED"


@dataclass(frozen=True)
class Request:
    """Money to collect. reference: our name of the payment. amount: incl. tax, two decimals."""

    reference: str
    amount: Decimal
    currency: str
    description: str


@dataclass(frozen=True)
class Notification:
    """What the gateway says of a payment; it may say so late, twice, or after it said something else.

    event_id: the same when one notification is repeated. status: PAID or FAILED.
    """

    event_id: str
    reference: str
    gateway_reference: str
    status: str
    amount: Decimal
    currency: str
    reason: str = ""


class NotificationRefused(DomainError):
    """The notification is not the gateway's, or cannot be read."""


class GatewayError(DomainError):
    """The gateway did not do it. permanent: asking again will not help."""

    def __init__(self, text: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(text)


class PaymentGateway(Protocol):
    """A payment gateway. Its methods may do HTTP and are never called inside a transaction."""

    def create(self, request: Request) -> str:
        """The address of the page on which the driver pays. Raises GatewayError."""

    def refund(self, *, reference: str, refund_reference: str, amount: Decimal, currency: str) -> None:
        """Give back a part of a payment, once for each refund_reference. Raises GatewayError."""

    def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """What a notification says. Raises NotificationRefused unless the gateway signed these bytes lately."""


def configured() -> bool:
    """Whether there is a gateway to collect by."""
    return bool(settings.PAYMENT_GATEWAY)


@cache
def _loaded(path: str) -> PaymentGateway:
    gateway: PaymentGateway = import_string(path)()
    return gateway


def gateway() -> PaymentGateway:
    """The gateway that PAYMENT_GATEWAY names. Raises GatewayError when it names none."""
    if not configured():
        raise GatewayError("no payment gateway is set up", permanent=True)
    return _loaded(settings.PAYMENT_GATEWAY)
