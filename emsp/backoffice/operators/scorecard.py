"""How well an operator serves us, in figures of the last 30 days. No driver, token or price of ours is in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Q, QuerySet
from django.utils import timezone

from catalog.pricing.wording import duration_text
from emsp.backoffice.operators.percentile import Percentile
from ocpi.models import Cdr, Command, CommandKind, CommandState, Evse, Location, Party, Session
from sessions.models import CdrAudit, Verdict

DAYS = 30
FRESH = timedelta(days=1)
NOTHING = "no data yet"
ANSWERED = (CommandState.SUCCEEDED, CommandState.FAILED, CommandState.TIMED_OUT)


@dataclass(frozen=True)
class Figure:
    """One figure. value: for people; said: what it counts, in a sentence."""

    name: str
    value: str
    said: str


def scorecard(party: Party, now: datetime | None = None) -> list[Figure]:
    """The figures of one operator, in about six queries."""
    until = now or timezone.now()
    since = until - timedelta(days=DAYS)
    return [_freshness(party, until), _statuses(party, until), _lag(party, since), *_commands(party, since),
            _cdr_delay(party, since), _correctness(party, since)]  # fmt: skip


def _freshness(party: Party, now: datetime) -> Figure:
    found = Location.objects.filter(party=party, gone_at=None).aggregate(
        count=Count("pk"), fresh=Count("pk", filter=Q(seen_at__gte=now - FRESH)), newest=Max("seen_at")
    )
    said = "share of the sites that we read or were told of within a day"
    if not found["count"]:
        return Figure("Freshness of sites", NOTHING, said)
    return Figure("Freshness of sites", _share(found["fresh"], found["count"]), f"{said}; {found['count']} sites")


def _statuses(party: Party, now: datetime) -> Figure:
    found = Evse.objects.filter(location__party=party, location__gone_at=None).exclude(status="REMOVED").aggregate(
        count=Count("pk"), known=Count("pk", filter=~Q(status="UNKNOWN"))
    )
    said = f"share of the {found['count']} charge points whose status is told"
    value = _share(found["known"], found["count"]) if found["count"] else NOTHING
    return Figure("Status known", value, said)


def _lag(party: Party, since: datetime) -> Figure:
    sessions: QuerySet[Session] = Session.objects.filter(party=party, received_at__gte=since)
    found = sessions.aggregate(lag=_median("received_at", "last_updated"), count=Count("pk"))
    said = f"from last_updated of a session to its arrival here, median of {found['count']}"
    return Figure("Push lag", _duration(found["lag"]), said)


def _commands(party: Party, since: datetime) -> list[Figure]:
    sent = Command.objects.filter(party=party, created_at__gte=since, state__in=ANSWERED)
    found = sent.exclude(kind=CommandKind.CHECK_EVSE).aggregate(
        count=Count("pk"), well=Count("pk", filter=Q(state=CommandState.SUCCEEDED)),
        middle=_median("finished_at", "sent_at"), slow=_median("finished_at", "sent_at", share=0.95),
    )  # fmt: skip
    success = _share(found["well"], found["count"]) if found["count"] else NOTHING
    return [
        Figure("Commands that worked", success, f"of {found['count']} with a known end"),
        Figure("Time to the result", _duration(found["middle"]), f"median{_most(found['slow'])}"),
    ]


def _cdr_delay(party: Party, since: datetime) -> Figure:
    found = Cdr.objects.filter(party=party, received_at__gte=since, credit=False).aggregate(
        middle=_median("received_at", "end_at"), slow=_median("received_at", "end_at", share=0.95),
        count=Count("pk"),
    )  # fmt: skip
    said = f"from the end of a charge to its CDR, median of {found['count']}{_most(found['slow'])}"
    return Figure("CDR delay", _duration(found["middle"]), said)


def _correctness(party: Party, since: datetime) -> Figure:
    found = CdrAudit.objects.filter(cdr__party=party, cdr__received_at__gte=since).aggregate(
        count=Count("pk"), well=Count("pk", filter=Q(verdict=Verdict.ACCEPT)),
        contested=Count("pk", filter=Q(verdict=Verdict.CONTEST)), held=Count("pk", filter=Q(verdict=Verdict.HOLD)),
    )  # fmt: skip
    said = f"of {found['count']} CDRs without a finding; {found['contested']} contested, {found['held']} on hold"
    return Figure("CDRs correct", _share(found["well"], found["count"]) if found["count"] else NOTHING, said)


def _median(later: str, earlier: str, share: float = 0.5) -> Percentile:
    return Percentile(ExpressionWrapper(F(later) - F(earlier), output_field=DurationField()), share)


def _share(part: int, whole: int) -> str:
    """Rounded down, so that 100 % means all."""
    return f"{part * 1000 // whole / 10:g} %"


def _most(given: timedelta | None) -> str:
    return f"; 95 % within {_duration(given)}" if given is not None else ""


def _duration(given: timedelta | None) -> str:
    if given is None:
        return NOTHING
    seconds = max(0, round(given.total_seconds()))
    return duration_text(seconds) if seconds else "below 1 s"
