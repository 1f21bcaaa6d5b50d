"""Staff change how we speak with a peer, and where its prices come from."""

from collections.abc import Collection

from django.db import transaction

from ocpi.models import Connection, Tariff
from ocpi.signals import tariffs_stored


@transaction.atomic
def save(connection: Connection, changed: Collection[str]) -> None:
    """Write these fields of a connection, and no other: a handshake may be changing its tokens meanwhile.

    Another price_source is news of all its tariffs: the offers that they price, or priced, are priced anew.
    """
    connection.save(update_fields=list(changed))
    if "price_source" in changed:
        ids = Tariff.objects.filter(party__connection=connection).order_by("pk").values_list("pk", flat=True)
        tariffs_stored.send(sender=Tariff, tariff_ids=list(ids))
