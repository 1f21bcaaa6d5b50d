"""Who a driver is to us: a keyed hash, which changes with its key."""

from django.db import transaction

from ocpi.models import Token
from sessions.models import Order


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
