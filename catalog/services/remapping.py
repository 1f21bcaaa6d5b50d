"""Offers that an earlier release mapped are mapped anew in the background: after an upgrade they learn new columns."""

from collections.abc import Iterator

from django.db.models import F, QuerySet

from catalog.models import Offer
from catalog.models.offer import MAPPING
from catalog.services import offers

CHUNK = 1_000


def behind() -> QuerySet[Offer]:
    """The offers of an earlier mapping."""
    return Offer.objects.filter(mapped_by__lt=MAPPING)


def remap() -> Iterator[int]:
    """Map the offers of an earlier mapping anew; gives how many are done after each chunk.

    One transaction per 200 locations, and a row says what it was mapped by: a run that is cut off loses nothing, and two
    runs at once do no harm. Searches go on.
    """
    done, last = 0, 0
    while True:
        rows = list(
            behind()
            .filter(pk__gt=last)
            .order_by("pk")
            .values_list("pk", F("connector__evse__location_id"))[:CHUNK]
        )
        if not rows:
            return
        offers.refresh(location for _, location in rows)
        last, done = rows[-1][0], done + len(rows)
        yield done
