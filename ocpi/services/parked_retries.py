"""Staff try a parked object again, as it came or edited, through the service that stores what peers send."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from emsp.core.log import MASK
from ocpi.models import ParkedObject, ParkedRetry
from ocpi.services.ownership import id_of
from ocpi.services.pull_pages import PageStore
from ocpi.wire import scalars

SWITCHED_OFF = "its party is switched off: nothing of it is stored"
NOT_AN_OBJECT = "a JSON object is expected"


@transaction.atomic
def retry(parked: ParkedObject, tried: Any, *, by: AbstractBaseUser) -> ParkedRetry:
    """Store this JSON value in the place of a parked object; the row tells what came of it.

    tried: from load_json; members that staff saw masked may still be so, they are as they were before.
    A success settles the parked object. A refusal keeps what was tried, with the new reason.
    """
    row = ParkedObject.objects.select_for_update(of=("self",)).select_related("connection").get(pk=parked.pk)
    before, now = row.raw, timezone.now()
    value = scalars.storable(unmasked(tried, before))
    outcome = _store(row, value, now) if isinstance(value, dict) else NOT_AN_OBJECT
    row.refresh_from_db()
    if not outcome:
        row.resolved_at = now
    else:
        row.raw, row.reason, row.resolved_at = value, outcome, None
    row.save(update_fields=["raw", "reason", "resolved_at"])
    return ParkedRetry.objects.create(
        parked=row, before=before, tried=value, outcome=outcome, by_id=by.pk, by_name=by.get_username()
    )


def unmasked(edited: Any, before: Any) -> Any:
    """edited with what stands in `before` where it was left masked."""
    if isinstance(edited, dict):
        known = before if isinstance(before, dict) else {}
        return {name: unmasked(inner, known.get(name)) for name, inner in edited.items()}
    if isinstance(edited, list):
        listed = before if isinstance(before, list) else []
        return [
            unmasked(inner, listed[place] if place < len(listed) else None)
            for place, inner in enumerate(edited)
        ]
    return before if edited == MASK and isinstance(before, str | int) else edited


def _store(row: ParkedObject, value: dict[str, Any], now: Any) -> str:
    """Why it was refused, empty when it was stored whole. What is parked anew for this try is taken back."""
    with transaction.atomic():
        stored = PageStore(row.connection, row.module, received_at=now).store([value])
    if stored.skipped:
        return SWITCHED_OFF
    if not stored.parked:
        return ""
    kept = ParkedObject.objects.get(connection=row.connection, module=row.module, ocpi_id=id_of(value))
    if kept.pk != row.pk and kept.first_seen_at >= now:
        kept.delete()  # it was given another id, and is refused under that one too
    return kept.reason
