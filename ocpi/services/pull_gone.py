"""After a complete crawl: what it did not see is gone. Marked, never deleted. Source: ocpi.md 1.8, design.md §5."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.utils import timezone

from ocpi.models import Connection, Location, ParkedObject
from ocpi.signals import locations_stored

BATCH = 500


def saw_everything(
    connection: Connection, *, since: datetime, objects: int, skipped: int, total: int | None
) -> bool:
    """Whether a crawl that read its last page has seen all locations that the peer has.

    since: when it began. objects: how many it read. skipped: how many of them were left aside. total: the
    peer's X-Total-Count. Different locations are counted, not objects: the list moves while it is read, and
    one that came twice must not stand for one that was missed.
    An empty list counts only when the peer itself says that it has no locations.
    """
    if objects == 0:
        return total == 0
    if total is None:
        return True
    ours = Location.objects.filter(party__connection=connection)
    has_row = Exists(ours.filter(key=Lower(OuterRef("ocpi_id"))))
    unreadable = ParkedObject.objects.filter(
        ~has_row, connection=connection, module="locations", last_seen_at__gte=since
    )
    return ours.filter(seen_at__gte=since).count() + unreadable.count() + skipped >= total


def mark_gone(connection: Connection, *, since: datetime) -> int:
    """Mark the locations not seen since the crawl began, batch by batch; gives their number.

    Their offers go with them: locations_stored is sent for each batch.
    """
    count = last = 0
    while ids := _mark_batch(connection, since, last):
        count, last = count + len(ids), ids[-1]
    return count


@transaction.atomic
def _mark_batch(connection: Connection, since: datetime, after: int) -> list[int]:
    unseen = Location.objects.select_for_update(no_key=True, of=("self",)).filter(
        party__connection=connection, party__active=True, gone_at__isnull=True, seen_at__lt=since
    )
    ids = list(unseen.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH])
    Location.objects.filter(pk__in=ids).update(gone_at=timezone.now())
    if ids:
        locations_stored.send(sender=Location, location_ids=ids)
    return ids
