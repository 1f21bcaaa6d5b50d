"""Reads the counted hours: sums of a day and of a span, charts, operators' health."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from emsp.backoffice.dashboard.counting import HOUR, hour_of
from emsp.backoffice.dashboard.latency import BUCKETS, percentile_ms
from emsp.backoffice.models import HourlyFigure
from ocpi.models import Connection, ConnectionStatus

DAY = timedelta(days=1)
STALE = timedelta(minutes=5)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Span:
    """What a chart shows: its name, how far it goes back, how long one of its steps is, how a step is labelled."""

    name: str
    title: str
    back: timedelta
    step: timedelta
    label: str

    def begin(self, now: datetime) -> datetime:
        """Its first moment: of an hour, or of a day, such that the step of now is the last one."""
        last = hour_of(now) if self.step == HOUR else hour_of(now).replace(hour=0)
        return last - self.back + self.step


SPANS = {
    span.name: span
    for span in (
        Span("24h", "24 hours", DAY, HOUR, "%H:%M"),
        Span("7d", "7 days", 7 * DAY, DAY, "%d %b"),
        Span("30d", "30 days", 30 * DAY, DAY, "%d %b"),
    )
}


@dataclass(frozen=True)
class ActionFigures:
    """One Beckn action in a span. good_percent: of what is no longer open, one decimal; None where all is open."""

    action: str
    received: int
    refused: int
    lost: int
    good_percent: Decimal | None
    p50_ms: int | None
    p95_ms: int | None


@dataclass(frozen=True)
class Money:
    """Amounts excl. tax, two decimals."""

    currency: str
    revenue: Decimal
    cost: Decimal

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.cost


@dataclass(frozen=True)
class Sums:
    """Hours taken together. energy_kwh: of charges that ended."""

    searches: int
    requests: int
    orders: int
    charges: int
    energy_kwh: Decimal
    money: list[Money]
    actions: list[ActionFigures]


def hours(since: datetime) -> list[HourlyFigure]:
    """The counted hours from then on, the oldest first."""
    return list(HourlyFigure.objects.filter(hour_at__gte=since))


def sums(rows: Iterable[HourlyFigure]) -> Sums:
    """Hours taken together; actions by number, currencies by name."""
    listed = list(rows)
    actions = _actions(listed)
    return Sums(
        searches=sum(row.received for row in actions if row.action == "search"),
        requests=sum(row.received for row in actions),
        orders=sum(row.orders for row in listed),
        charges=sum(row.charges for row in listed),
        energy_kwh=sum((row.energy_kwh for row in listed), Decimal(0)),
        money=_money(listed),
        actions=actions,
    )


def steps(rows: Iterable[HourlyFigure], span: Span, now: datetime) -> list[tuple[str, Sums]]:
    """Label and sums of each step of a span, empty steps too."""
    begin = span.begin(now)
    sorted_in: list[list[HourlyFigure]] = [[] for _ in range(int(span.back / span.step))]
    for row in rows:
        if row.hour_at >= begin:
            sorted_in[int((row.hour_at - begin) / span.step)].append(row)
    return [((begin + n * span.step).strftime(span.label), sums(part)) for n, part in enumerate(sorted_in)]


def _actions(rows: list[HourlyFigure]) -> list[ActionFigures]:
    added: dict[str, dict[str, Any]] = {}
    for row in rows:
        for action, counted in row.actions.items():
            total = added.setdefault(
                action, {"received": 0, "good": 0, "refused": 0, "lost": 0, "latencies": [0] * BUCKETS}
            )
            for name in ("received", "good", "refused", "lost"):
                total[name] += counted[name]
            total["latencies"] = [
                a + b for a, b in zip(total["latencies"], counted["latencies"], strict=True)
            ]
    made = [_action(action, total) for action, total in added.items()]
    return sorted(made, key=lambda figures: (-figures.received, figures.action))


def _action(action: str, total: dict[str, Any]) -> ActionFigures:
    ended = total["good"] + total["refused"] + total["lost"]
    percent = (Decimal(total["good"] * 100) / ended).quantize(Decimal("0.1")) if ended else None
    p50_ms, p95_ms = (percentile_ms(total["latencies"], share) for share in (50, 95))
    return ActionFigures(action, total["received"], total["refused"], total["lost"], percent, p50_ms, p95_ms)


def _money(rows: list[HourlyFigure]) -> list[Money]:
    added: dict[str, list[Decimal]] = {}
    for row in rows:
        for currency, booked in row.money.items():
            total = added.setdefault(currency, [Decimal(0), Decimal(0)])
            total[0] += Decimal(booked["revenue"])
            total[1] += Decimal(booked["cost"])
    return [
        Money(currency, revenue.quantize(CENT), cost.quantize(CENT))
        for currency, (revenue, cost) in sorted(added.items())
    ]


@dataclass(frozen=True)
class Health:
    """One operator's platform. state: good, waiting or bad; why: in words, empty where all is well."""

    connection: Connection
    state: str
    why: str
    asked: int
    failed: int

    @property
    def parties(self) -> str:
        """Primary keys of its operators, as a list's address takes them."""
        return ",".join(str(party.pk) for party in self.connection.parties.all())


def health(rows: Iterable[HourlyFigure], now: datetime) -> list[Health]:
    """Every connection, the troubled first. rows: the hours whose commands count."""
    added: dict[str, list[int]] = {}
    for row in rows:
        for party, counted in row.commands.items():
            total = added.setdefault(party, [0, 0])
            total[0] += counted["asked"]
            total[1] += counted["failed"]
    found = []
    for connection in Connection.objects.prefetch_related("parties", "sync_states"):
        mine = [added.get(str(party.pk), [0, 0]) for party in connection.parties.all()]
        state, why = _state(connection)
        found.append(Health(connection, state, why, sum(one[0] for one in mine), sum(one[1] for one in mine)))
    return sorted(found, key=lambda one: (["bad", "waiting", "good"].index(one.state), one.connection.name))


def _state(connection: Connection) -> tuple[str, str]:
    if connection.status != ConnectionStatus.REGISTERED:
        return "waiting", connection.get_status_display()
    for pull in connection.sync_states.all():
        if pull.error:
            return "bad", f"{pull.module} cannot be read: {pull.error}"
    ok_at, error_at = connection.last_ok_at, connection.last_error_at
    if error_at is not None and (ok_at is None or ok_at < error_at):
        return "bad", connection.last_error or "the last request failed"
    return ("good", "") if ok_at is not None else ("waiting", "not asked for anything yet")
