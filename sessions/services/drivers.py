"""Who a driver is to us: a keyed hash, which changes with its key and is forgotten on demand."""

from django.db import transaction

from ocpi.models import Token
from ocpi.services import token_changes
from sessions.models import Order, OrderEvent
from sessions.states import OrderState

ERASED = "erased"


def known_as(hashes: list[str]) -> str:
    """The present hash of a driver; what is kept under the earlier ones is brought under it, the token too.

    hashes: emsp.core.crypto.keyed_hashes of who the driver is, the present one first.
    """
    present, earlier = hashes[0], hashes[1:]
    if earlier:
        _bring(present, earlier)
    return present


@transaction.atomic
def _bring(present: str, earlier: list[str]) -> None:
    Order.objects.filter(driver_hash__in=earlier).update(driver_hash=present)
    if not Token.objects.filter(driver_hash=present).exists():
        newest = Token.objects.filter(driver_hash__in=earlier).order_by("-pk").values("pk")[:1]
        Token.objects.filter(pk__in=newest).update(driver_hash=present)


@transaction.atomic
def forget(orders: list[int], tokens: list[int]) -> None:
    """Take away what joins orders to a driver: the hash, the words of a cancellation, where the tokens were authorised.

    Orders, charges, bills, invoices and the ledger stay. The tokens become invalid, and the operators are told.
    """
    Order.objects.filter(pk__in=orders).update(driver_hash="")
    said = Order.objects.filter(pk__in=orders, cancelled_by="CONSUMER").exclude(cancel_reason="")
    OrderEvent.objects.filter(order__in=said, to_state=OrderState.CANCELLED).update(reason=ERASED)
    said.update(cancel_reason="")
    token_changes.forget_driver(tokens)
