"""What makes a case: one query for each kind, that gives what stands still now.

Each condition knows two things: which rows it holds for (`holding`), and which of those are news worth a case
(`fresh`); what a person resolved may last for ever, so old rows open nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Model, Q, QuerySet

from beckn.models import Callback, CallbackState, SupportRequest
from emsp.backoffice.models import CaseKind
from emsp.core import circuits
from emsp.core.models import PartnerKind
from emsp.core.money import plain
from ocpi.models import Cdr, Connection, ConnectionStatus, Session
from sessions.models import MissingCdr, Order
from sessions.states import OVER, OrderState

LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True)
class Found:
    """A subject of a condition: the references of its case, one sentence, what was tried as (moment, sentence)."""

    references: dict[str, Model | None]
    summary: str
    tried: list[tuple[datetime, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Condition:
    """holding(now): rows for which it holds. since: the rows' field that tells since when, for LOOK_BACK."""

    kind: CaseKind
    holding: Callable[[datetime], QuerySet[Any]]
    since: str
    describe: Callable[[Any], Found]
    over: str
    asks_for: str = ""

    def fresh(self, now: datetime) -> QuerySet[Any]:
        """What may open a case."""
        return self.holding(now).filter(**{f"{self.since}__gt": now - LOOK_BACK})


def _before(now: datetime, kind: CaseKind) -> datetime:
    return now - timedelta(minutes=settings.CASE_AFTER_MIN[kind])


def _started(now: datetime) -> QuerySet[Order]:
    return Order.objects.filter(
        state=OrderState.STARTING,
        session=None,
        start_accepted_at__lt=_before(now, CaseKind.START_WITHOUT_SESSION),
    ).select_related("party__connection")


def _start(order: Order) -> Found:
    accepted = order.start_accepted_at
    assert accepted is not None
    return Found(
        {"order": order, "connection": order.party.connection},
        f"{order.party} took START_SESSION at {accepted:%H:%M} UTC; no session came",
        [(accepted, "START_SESSION was sent once and accepted; it is never sent again")],
    )


def _pending(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(
        status="PENDING", order__isnull=False, start_at__lt=_before(now, CaseKind.SESSION_PENDING)
    ).exclude(order__state__in=OVER).select_related("order", "party__connection")


def _stays_pending(session: Session) -> Found:
    return Found(
        _of_session(session), f"session {session} of {session.party} is PENDING since {session.start_at:%H:%M} UTC"
    )


def _silent(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(
        status="ACTIVE", order__isnull=False, received_at__lt=_before(now, CaseKind.SESSION_SILENT)
    ).exclude(order__state__in=OVER).select_related("order", "party__connection")


def _no_news(session: Session) -> Found:
    return Found(
        _of_session(session), f"no news of session {session} of {session.party} since {session.received_at:%H:%M} UTC"
    )


def _of_session(session: Session) -> dict[str, Model | None]:
    return {"session": session, "order": session.order, "connection": session.party.connection}


def _missing(now: datetime) -> QuerySet[MissingCdr]:
    return MissingCdr.objects.filter(
        raised_at__isnull=False, settled_at=None, order__bills=None
    ).select_related("order__party__connection", "order__session")


def _no_cdr(missing: MissingCdr) -> Found:
    order = missing.order
    ended = f" at {order.ended_at:%d %b %H:%M} UTC" if order.ended_at else ""
    return Found(
        {"order": order, "session": order.session, "connection": order.party.connection},
        f"the charge ended{ended}; {order.party} has sent no CDR",
        [(missing.asked_at, "All CDRs of the operator were read for it")],
    )


def _unmatched(now: datetime) -> QuerySet[Cdr]:
    return Cdr.objects.filter(
        audit__order=None, audit__isnull=False, audit__decision="", bill=None
    ).select_related("party__connection", "audit")


def _no_order(cdr: Cdr) -> Found:
    return Found(
        {"cdr": cdr, "connection": cdr.party.connection},
        f"{cdr.party} wants {plain(cdr.total_cost)} {cdr.currency} for CDR {cdr}, which is of no order of ours",
        [(cdr.received_at, "Looked for by session, authorization reference, token with EVSE and time")],
    )


def _dead(now: datetime) -> QuerySet[Callback]:
    """Progress apart: newer news took its place, or would have."""
    return Callback.objects.filter(
        state=CallbackState.DEAD, order__isnull=False, superseded_by_newer=False
    ).select_related("order__party__connection")


def _given_up(callback: Callback) -> Found:
    tried = f"Sent {callback.attempts} times; the last answer: {callback.last_error or 'none'}"
    return Found(
        {"callback": callback, "order": callback.order},
        f"{callback.action} did not reach {callback.bap_id}",
        [(callback.sent_at or callback.created_at, tried[:300])],
    )


def _down(now: datetime) -> QuerySet[Connection]:
    """No answer for so long; a CPO that still pushes news to us is well heard of, but its circuit is open."""
    before = _before(now, CaseKind.CPO_DOWN)
    silent = circuits.open_before(PartnerKind.CPO, before).values_list("partner", flat=True)
    return Connection.objects.filter(
        Q(pk__in=[int(key) for key in silent])
        | Q(last_ok_at=None, registered_at__lt=before)
        | Q(last_ok_at__lt=before, last_error_at__gt=F("last_ok_at")),
        status=ConnectionStatus.REGISTERED,
        last_error_at__isnull=False,
    )


def _does_not_answer(connection: Connection) -> Found:
    assert connection.last_error_at is not None
    circuit = circuits.of(connection.partner)
    ok_at = (circuit and circuit.opened_at) or connection.last_ok_at
    since = f"since {ok_at:%d %b %H:%M} UTC" if ok_at else "since it was registered"
    return Found(
        {"connection": connection},
        f"{connection} has not answered {since}",
        [(connection.last_error_at, f"Asked again at each pull; the last answer: {connection.last_error}"[:300])],
    )


def _unused(now: datetime) -> QuerySet[Order]:
    return Order.objects.filter(
        state=OrderState.CONFIRMED,
        session=None,
        reserved_until__lt=_before(now, CaseKind.RESERVATION_UNUSED),
    ).select_related("party__connection")


def _did_not_come(order: Order) -> Found:
    until = order.reserved_until
    assert until is not None
    return Found(
        {"order": order, "connection": order.party.connection},
        f"reserved at {order.party} until {until:%H:%M} UTC, confirmed, never started",
        [(until, "The charge point freed itself at the end of the reservation")],
    )


def _asked(now: datetime) -> QuerySet[SupportRequest]:
    return SupportRequest.objects.filter(waiting_since__isnull=False, resolved_at=None).select_related(
        "order__party__connection"
    )


def _waits(request: SupportRequest) -> Found:
    order, since = request.order, request.waiting_since
    assert since is not None
    about = f" about order {order}" if order else ""
    return Found(
        {"support_request": request, "order": order, "connection": order.party.connection if order else None},
        f"a driver waits for our answer{about} since {since:%d %b %H:%M} UTC",
    )


CONDITIONS = (
    Condition(
        CaseKind.START_WITHOUT_SESSION, _started, "start_accepted_at", _start,
        over="the session came, or the order is over", asks_for="sessions",
    ),
    Condition(
        CaseKind.SESSION_PENDING, _pending, "start_at", _stays_pending,
        over="the session is not pending any more", asks_for="sessions",
    ),
    Condition(
        CaseKind.SESSION_SILENT, _silent, "received_at", _no_news,
        over="there is news of the session", asks_for="sessions",
    ),
    Condition(CaseKind.CDR_MISSING, _missing, "raised_at", _no_cdr, over="the CDR came"),
    Condition(
        CaseKind.CDR_UNMATCHED, _unmatched, "received_at", _no_order,
        over="staff decided about the CDR, or its order was found",
    ),
    Condition(CaseKind.CALLBACK_DEAD, _dead, "created_at", _given_up, over="the message is sent again"),
    Condition(CaseKind.CPO_DOWN, _down, "last_error_at", _does_not_answer, over="the operator answers"),
    Condition(
        CaseKind.DRIVER_WAITS, _asked, "waiting_since", _waits,
        over="the driver was answered, or the request resolved",
    ),
    Condition(
        CaseKind.RESERVATION_UNUSED, _unused, "reserved_until", _did_not_come,
        over="the charge started, or the order is over",
    ),
)  # fmt: skip
BY_KIND = {condition.kind: condition for condition in CONDITIONS}
