"""Drafts of the price book, their proposal, and their publication over the whole catalogue.

DRAFT → (PROPOSED →) PUBLISHING → PUBLISHED. Rules can be changed in a draft only. Source: docs/pricing.md.
"""

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from catalog.books import WRITERS_LOCK, in_force
from catalog.errors import NotPublishable
from catalog.models import BookState, Offer, PriceBookVersion, PriceRule
from catalog.services.prices import reprice_next
from emsp.core.wakeup import wake


@transaction.atomic
def new_draft(*, by: Any, name: str, copy_of: PriceBookVersion | None = None) -> PriceBookVersion:
    """A draft; with the rules of another version when one is given. by: the user."""
    draft = PriceBookVersion.objects.create(name=name, created_by=by)
    for rule in PriceRule.objects.filter(version=copy_of).order_by("pk") if copy_of else []:
        rule.pk, rule.version, rule._state.adding = None, draft, True
        rule.save()
    return draft


def draft_of_current(*, by: Any) -> PriceBookVersion:
    """A draft that begins with the rules in force."""
    current = PriceBookVersion.objects.filter(pk=in_force().pk).first()
    name = f"changes to version {current.number}" if current else "first price book"
    return new_draft(by=by, name=name, copy_of=current)


@transaction.atomic
def propose(version: PriceBookVersion, *, by: Any) -> PriceBookVersion:
    """Hand a draft to a second person; its rules stand still from now on. Raises NotPublishable."""
    row = _locked(version, BookState.DRAFT)
    row.state, row.proposed_by, row.proposed_at = BookState.PROPOSED, by, timezone.now()
    row.save()
    return row


@transaction.atomic
def take_back(version: PriceBookVersion) -> PriceBookVersion:
    """Make a proposed version a draft again. Raises NotPublishable."""
    row = _locked(version, BookState.PROPOSED)
    row.state, row.proposed_by, row.proposed_at = BookState.DRAFT, None, None
    row.save()
    return row


@transaction.atomic
def publish(version: PriceBookVersion, *, by: Any) -> PriceBookVersion:
    """Begin to publish: the catalogue is priced in the background, then the version is in force at once.

    With PRICE_BOOK_SECOND_PERSON it must have been proposed by somebody else than `by`.
    Raises NotPublishable.
    """
    second = settings.PRICE_BOOK_SECOND_PERSON
    row = _locked(version, *([] if second else [BookState.DRAFT]), BookState.PROPOSED)
    if second and row.proposed_by_id == by.pk:
        raise NotPublishable("who proposed a price book cannot publish it: a second person is needed")
    _stop_writers()
    if PriceBookVersion.objects.filter(state=BookState.PUBLISHING).exists():
        raise NotPublishable("another version is being published; wait until it is done")
    last = PriceBookVersion.objects.aggregate(last=Max("number"))["last"]
    row.number, row.state, row.published_by = (last or 0) + 1, BookState.PUBLISHING, by
    row.offers_total, row.offers_done, row.cursor = Offer.objects.count(), 0, 0
    row.save()
    from catalog import tasks

    wake(tasks.publish_price_book)
    return row


def go_on_publishing() -> int:
    """Price the catalogue by the version that is being published, then put it in force; gives the offers done.

    One transaction per chunk, with the place kept: a run that is cut off loses nothing, and of two at once
    each takes the next chunk. Searches see the version before until the last offer is priced.
    """
    done = 0
    while (step := _publish_chunk()) is not None:
        done += step
    return done


@transaction.atomic
def _publish_chunk() -> int | None:
    """Price the next offers; None when there is nothing to publish, or it has just been put in force."""
    rows = PriceBookVersion.objects.select_for_update()
    version = rows.filter(state=BookState.PUBLISHING).first()
    if version is None:
        return None
    version.cursor, done = reprice_next(version.cursor, timezone.now())
    version.offers_done += done
    if done:
        version.save_without_historical_record()  # type: ignore[attr-defined]
        return done
    version.state, version.published_at = BookState.PUBLISHED, timezone.now()
    _stop_writers()
    version.save()
    return None


def _locked(version: PriceBookVersion, *states: BookState) -> PriceBookVersion:
    row = PriceBookVersion.objects.select_for_update().get(pk=version.pk)
    if row.state not in states:
        wanted = " or ".join(state.label for state in states)
        raise NotPublishable(f"this version is “{BookState(row.state).label}”, and must be “{wanted}” for that")
    return row


def _stop_writers() -> None:
    """Wait until no transaction writes prices that does not know of this change; until commit none begins."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])
