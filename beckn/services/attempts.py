"""What becomes of a request that could not be handled: again, later; in the end the app is told that we failed."""

import logging
from datetime import timedelta

from django.db.transaction import atomic
from django.utils import timezone

from beckn import actions
from beckn.models import Request, RequestState
from emsp.core.correlation import note

log = logging.getLogger(__name__)

ATTEMPTS = 5


def back_off(pk: int) -> None:
    """Try again after 1, 2, 4 … s; after ATTEMPTS the app is told that we failed (40000, beckn.md a.7)."""
    with atomic():
        request = locked(pk)
        if request is None:
            return
        request.attempts += 1
        request.due_at = timezone.now() + timedelta(seconds=min(2 ** (request.attempts - 1), 60))
        request.leased_until = None
        request.save(update_fields=["attempts", "due_at", "leased_until"])
    if request.attempts >= ATTEMPTS:
        _give_up(pk)


def locked(pk: int) -> Request | None:
    """The request, its row locked; None when it is answered already."""
    rows = Request.objects.select_for_update(no_key=True).exclude(state=RequestState.ANSWERED)
    found = rows.filter(pk=pk).first()
    if found is not None:
        note_ids(found)
    return found


def note_ids(request: Request) -> None:
    """What is logged from here on is about this request."""
    note(
        transaction_id=request.transaction_id, message_id=request.message_id, action=request.action,
        subscriber=request.bap_id,
    )  # fmt: skip


def _give_up(pk: int) -> None:
    try:
        with atomic():
            request = locked(pk)
            if request is not None:
                actions.give_up(request)
    except Exception:
        log.exception("request %s could not even be given up", pk)
