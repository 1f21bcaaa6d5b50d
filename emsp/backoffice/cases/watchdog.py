"""The watchdog: opens a case for what stands still, closes those whose condition is over. Safe in many workers at once."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from emsp.backoffice.cases import notices, services
from emsp.backoffice.cases.conditions import CONDITIONS, Condition, Found
from emsp.backoffice.models import Case, NoticeEvent
from emsp.core.wakeup import wake
from emsp.core.wire import moment_text
from ocpi import tasks as ocpi_tasks

log = logging.getLogger(__name__)

BATCH = 200


def look() -> tuple[int, int]:
    """Open and close cases; gives how many of each. A second run right after it finds nothing to do."""
    opened = closed = 0
    for condition in CONDITIONS:
        now = timezone.now()
        closed += _close_the_over(condition, now)
        opened += _open_the_fresh(condition, now)
    return opened, closed


def _open_the_fresh(condition: Condition, now: datetime) -> int:
    known = _lasting(condition)
    rows = condition.fresh(now)
    strangers = rows.exclude(pk__in=[_pk(subject) for subject in known.values()])
    return sum(_open(condition, row, now) for row in strangers[:BATCH])


@transaction.atomic
def _open(condition: Condition, row: object, now: datetime) -> bool:
    """One case; False when another worker was faster: the database takes one per occurrence."""
    subject = subject_of(row)
    found = condition.describe(row)
    case, made = Case.objects.get_or_create(
        kind=condition.kind,
        subject=subject,
        condition_over_at=None,
        defaults={**found.references, "summary": found.summary[:300], "tried": _tried(condition, found, now)},
    )
    if made:
        _ask_the_cpo(condition, case)
        notices.queue(case, NoticeEvent.OPENED)
        log.info("case %s opened: %s", case.pk, case.kind)
    return made


def _tried(condition: Condition, found: Found, now: datetime) -> list[dict[str, str]]:
    lines = list(found.tried)
    if condition.asks_for and found.references.get("connection"):
        lines.append((now, f"The operator's {condition.asks_for} are read now, for news that was lost"))
    return [{"at": moment_text(at), "text": text} for at, text in lines]


def _ask_the_cpo(condition: Condition, case: Case) -> None:
    if condition.asks_for and case.connection_id:
        wake(ocpi_tasks.pull_module, case.connection_id, condition.asks_for)


def _close_the_over(condition: Condition, now: datetime) -> int:
    """Cases whose condition holds no longer, also those that staff resolved while it did."""
    known = _lasting(condition)
    pks = [_pk(subject) for subject in known.values()]
    holding = set(condition.holding(now).filter(pk__in=pks).values_list("pk", flat=True))
    over = [case for case, subject in known.items() if _pk(subject) not in holding]
    return sum(services.condition_over(case, because=condition.over, now=now) for case in over)


def _lasting(condition: Condition) -> dict[int, str]:
    """Cases whose condition lasts, as far as we know: pk of the case and its subject."""
    rows = Case.objects.filter(kind=condition.kind, condition_over_at=None)
    return dict(rows.values_list("pk", "subject"))


def subject_of(row: object) -> str:
    """`model:pk` of a row."""
    return f"{row._meta.model_name}:{row.pk}"  # type: ignore[attr-defined]


def _pk(subject: str) -> int:
    return int(subject.partition(":")[2])
