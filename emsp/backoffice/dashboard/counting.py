"""Fills HourlyFigure: hour by hour, from indexed columns; counting an hour again gives the same row."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from emsp.backoffice.dashboard.latency import BOUNDS_MS, BUCKETS
from emsp.backoffice.models import HourlyFigure
from ocpi.models import Command, CommandState
from sessions.models import Account, Order, Posting

HOUR = timedelta(hours=1)
KEPT = timedelta(days=31)  # what the dashboard looks back
FRESH = timedelta(hours=2)  # counted at every run
SETTLED = timedelta(hours=25)  # after its end nothing of an hour changes: answers are tried for a day
MOST = 200  # hours per run, the newest first

# An answer is the first callback of its request.
REQUESTS = """
    select r.action,
           case when c.state = 'DELIVERED' and c.error_code = '' then 'good'
                when c.state = 'DELIVERED' then 'refused'
                when c.state in ('DEAD', 'REFUSED') then 'lost' else 'open' end as outcome,
           case when c.state = 'DELIVERED' then width_bucket(
               (extract(epoch from c.sent_at - r.received_at) * 1000)::float8, %(bounds)s::float8[]) end as bucket,
           count(*)
    from beckn_request r
    left join lateral (
        select state, error_code, sent_at from beckn_callback where request_id = r.id order by id limit 1
    ) c on true
    where r.received_at >= %(since)s and r.received_at < %(until)s
    group by 1, 2, 3
"""


def hour_of(moment: datetime) -> datetime:
    """The beginning of its hour, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def count_due(now: datetime | None = None) -> int:
    """Count the hours that are due, the newest first; gives how many. Safe to run twice, late or side by side.

    Due is what was never counted, the current and the last hour, and once an hour those that may still change.
    """
    now = now or timezone.now()
    newest, oldest = hour_of(now), hour_of(now - KEPT)
    counted = dict(HourlyFigure.objects.filter(hour_at__gte=oldest).values_list("hour_at", "computed_at"))
    due: list[datetime] = []
    hour = newest
    while hour >= oldest and len(due) < MOST:
        if _is_due(hour, counted.get(hour), now):
            due.append(hour)
        hour -= HOUR
    for hour in due:
        count(hour, now)
    HourlyFigure.objects.filter(hour_at__lt=oldest).delete()
    return len(due)


def _is_due(hour: datetime, computed_at: datetime | None, now: datetime) -> bool:
    if computed_at is None or now - hour < FRESH:
        return True
    return computed_at < hour + HOUR + SETTLED and now - computed_at >= HOUR


def count(hour: datetime, now: datetime) -> None:
    """Count one hour, in place of what was counted of it before."""
    until = hour + HOUR
    ended = Order.objects.filter(ended_at__gte=hour, ended_at__lt=until).aggregate(
        charges=Count("pk"), energy_kwh=Sum("energy_kwh")
    )
    row = HourlyFigure(
        hour_at=hour,
        computed_at=now,
        orders=Order.objects.filter(confirmed_at__gte=hour, confirmed_at__lt=until).count(),
        charges=ended["charges"],
        energy_kwh=ended["energy_kwh"] or Decimal(0),
        actions=_actions(hour, until),
        money=_money(hour, until),
        commands=_commands(hour, until),
    )
    fields = ["computed_at", "orders", "charges", "energy_kwh", "actions", "money", "commands"]
    HourlyFigure.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["hour_at"], update_fields=fields
    )


def _actions(since: datetime, until: datetime) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(REQUESTS, {"bounds": list(BOUNDS_MS), "since": since, "until": until})
        for action, outcome, bucket, number in cursor.fetchall():
            row = found.setdefault(
                action, {"received": 0, "good": 0, "refused": 0, "lost": 0, "latencies": [0] * BUCKETS}
            )
            row["received"] += number
            if outcome != "open":
                row[outcome] += number
            if bucket is not None:
                row["latencies"][bucket] += number
    return found


def _money(since: datetime, until: datetime) -> dict[str, dict[str, str]]:
    sold = Q(account__in=[Account.REVENUE, Account.FEE])
    rows = (
        Posting.objects.filter(sold | Q(account=Account.COST))
        .filter(entry__created_at__gte=since, entry__created_at__lt=until)
        .order_by()
        .values("currency")
        .annotate(revenue=Sum(-F("amount"), filter=sold), cost=Sum("amount", filter=Q(account=Account.COST)))
    )
    return {
        row["currency"]: {"revenue": str(row["revenue"] or 0), "cost": str(row["cost"] or 0)} for row in rows
    }


def _commands(since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    failed = Q(state__in=[CommandState.FAILED, CommandState.TIMED_OUT])
    rows = (
        Command.objects.filter(created_at__gte=since, created_at__lt=until)
        .order_by()
        .values("party")
        .annotate(asked=Count("pk"), failed=Count("pk", filter=failed))
    )
    return {str(row["party"]): {"asked": row["asked"], "failed": row["failed"]} for row in rows}
