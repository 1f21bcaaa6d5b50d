"""What happens to a case: taken, noted, resolved by a person with a reason, or because its condition is over."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from emsp.backoffice.cases import notices
from emsp.backoffice.models import Case, CaseNote, CaseState, NoticeEvent
from emsp.core.errors import DomainError

NOTE_LENGTH, REASON_LENGTH = 2000, 500


class CaseRefused(DomainError):
    """The case is resolved already, or words are missing."""


def lock(case_pk: int) -> Case:
    """The case, its row locked until the transaction ends."""
    return Case.objects.select_for_update(of=("self",)).get(pk=case_pk)


@transaction.atomic
def assign(case: Case, to: User | None, *, by: User) -> Case:
    """Give the case to somebody, or back to nobody.

    Raises CaseRefused when it is resolved, or when `to` may not work on cases.
    """
    row = _unresolved(case)
    if to is not None and not (to.is_active and to.is_staff and to.has_perm("backoffice.change_case")):
        raise CaseRefused(f"{to.get_username()} may not work on cases")
    if row.assignee_id == (to.pk if to else None):
        return row
    row.assignee, row.state = to, CaseState.ASSIGNED if to else CaseState.OPEN
    row.save(update_fields=["assignee", "state"])
    _write(row, f"assigned to {to.get_username()}" if to else "given back", by=by)
    return row


@transaction.atomic
def note(case: Case, text: str, *, by: User) -> CaseNote:
    """Write something down, also on a resolved case. Raises CaseRefused without words, or with too many."""
    words = text.strip()
    if not words:
        raise CaseRefused("a note needs words")
    if len(words) > NOTE_LENGTH:
        raise CaseRefused(f"a note has at most {NOTE_LENGTH} characters")
    return _write(case, words, by=by)


@transaction.atomic
def resolve(case: Case, reason: str, *, by: User) -> Case:
    """A person says that it is done. It is not opened again while the same condition lasts.

    Raises CaseRefused without a reason, or when it is resolved already.
    """
    words = reason.strip()[:REASON_LENGTH]
    if not words:
        raise CaseRefused("a case is resolved with a reason")
    row = _unresolved(case)
    _resolve(row, words, by=by)
    _write(row, f"resolved: {words}", by=by)
    return row


@transaction.atomic
def condition_over(case_pk: int, *, because: str, now: datetime) -> bool:
    """The condition ended: the case is resolved by itself, unless a person was faster. False when it was told before."""
    row = lock(case_pk)
    if row.condition_over_at is not None:
        return False
    row.condition_over_at = now
    if row.state == CaseState.RESOLVED:
        row.save(update_fields=["condition_over_at"])
        return True
    _resolve(row, f"by itself: {because}", by=None)
    _write(row, f"resolved by itself: {because}", by=None)
    return True


def record(case: Case, text: str, *, by: User) -> CaseNote:
    """Keep what a person had done about it."""
    return _write(case, text, by=by)


def _unresolved(case: Case) -> Case:
    row = lock(case.pk)
    if row.state == CaseState.RESOLVED:
        raise CaseRefused("the case is resolved already")
    return row


def _resolve(row: Case, words: str, *, by: User | None) -> None:
    row.state, row.resolution = CaseState.RESOLVED, words
    row.resolved_at, row.resolved_by = timezone.now(), by
    row.save()
    notices.queue(row, NoticeEvent.RESOLVED)


def _write(case: Case, text: str, *, by: User | None) -> CaseNote:
    name = by.get_username() if by else ""
    return CaseNote.objects.create(case=case, text=text[:NOTE_LENGTH], by=by, by_name=name)
