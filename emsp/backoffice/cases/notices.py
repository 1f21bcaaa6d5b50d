"""Mails and webhook calls about cases: a row in the transaction of the news, sent after commit, tried for a day."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from beckn.services.delivery import wait_s
from emsp.backoffice import tasks
from emsp.backoffice.cases import webhook
from emsp.backoffice.models import (
    Case,
    CaseKind,
    CaseNotice,
    CaseState,
    NoticeChannel,
    NoticeEvent,
    NoticeState,
)
from emsp.core.wakeup import wake
from emsp.core.wire import moment_text

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # more than one mail or call takes
TRIED_FOR = timedelta(days=1)


class NotSent(Exception):
    """This attempt failed. The text is short and for staff; final: trying again does not help."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def queue(case: Case, event: NoticeEvent) -> None:
    """Write the notices that the settings ask for."""
    channels = [NoticeChannel.MAIL] if settings.CASE_MAIL_TO else []
    channels += [NoticeChannel.WEBHOOK] if settings.CASE_WEBHOOK_URL else []
    now = timezone.now()
    for channel in channels:
        CaseNotice.objects.create(
            case=case, event=event, channel=channel, body=_body(case, event), due_at=now, expires_at=now + TRIED_FOR
        )
    if channels:
        wake(tasks.send_notices)


def _body(case: Case, event: NoticeEvent) -> dict[str, object]:
    """What both channels tell: ours and the operator's ids and states, nothing of the driver, no note of staff."""
    return {
        "event": f"case.{event.lower()}",
        "case": case.pk,
        "kind": case.kind,
        "state": case.state,
        "subject": case.subject,
        "order": str(case.order.reference) if case.order else None,
        "connection": case.connection.name if case.connection else None,
        "opened_at": moment_text(case.opened_at),
        "resolved_at": moment_text(case.resolved_at) if case.resolved_at else None,
        "resolved_automatically": case.state == CaseState.RESOLVED and case.resolved_by_id is None,
        "url": settings.BASE_URL + reverse("admin:backoffice_case_change", args=[case.pk]),
    }


def send_due() -> int:
    """Send what is due; gives how many were tried. Never inside a transaction; safe in many workers at once."""
    expired = CaseNotice.objects.filter(state=NoticeState.PENDING, expires_at__lte=timezone.now())
    expired.update(state=NoticeState.DEAD, leased_until=None)
    tried = 0
    while (notice := _claim()) is not None:
        _send(notice)
        tried += 1
    return tried


@transaction.atomic
def _claim() -> CaseNotice | None:
    """The notice that waits longest, leased; one by one, so that no lease ends while others are being sent."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    rows = CaseNotice.objects.select_for_update(skip_locked=True).filter(
        free, state=NoticeState.PENDING, due_at__lte=now
    )
    claimed = rows.order_by("due_at", "id").first()
    if claimed is not None:
        CaseNotice.objects.filter(pk=claimed.pk).update(leased_until=now + LEASE)
    return claimed


def _send(notice: CaseNotice) -> None:
    mine = CaseNotice.objects.filter(pk=notice.pk, state=NoticeState.PENDING)
    try:
        _mail(notice) if notice.channel == NoticeChannel.MAIL else _call(notice)
    except NotSent as error:
        attempts, now = notice.attempts + 1, timezone.now()
        due_at = now + timedelta(seconds=wait_s(attempts))
        gone = error.final or due_at >= notice.expires_at
        mine.update(
            state=NoticeState.DEAD if gone else NoticeState.PENDING,
            attempts=attempts, due_at=due_at, leased_until=None, last_error=str(error)[:200],
        )  # fmt: skip
        log.warning("notice %s was not sent: %s (attempt %s)", notice, error, attempts)
        return
    mine.update(
        state=NoticeState.SENT, sent_at=timezone.now(), attempts=F("attempts") + 1, leased_until=None, last_error=""
    )


def _mail(notice: CaseNotice) -> None:
    told = notice.body
    label = CaseKind(told["kind"]).label
    lines = [f"{name}: {value}" for name, value in told.items() if value is not None]
    try:
        send_mail(
            f"[eMSP] case {told['case']} {notice.event.lower()}: {label}",
            "\n".join(lines), settings.DEFAULT_FROM_EMAIL, settings.CASE_MAIL_TO,
        )  # fmt: skip
    except OSError as error:  # SMTP's errors are among them
        raise NotSent(f"no mail: {type(error).__name__}") from error


def _call(notice: CaseNotice) -> None:
    outcome = webhook.post(notice.reference, notice.body)
    if outcome.problem:
        raise NotSent(outcome.problem, final=outcome.final)
