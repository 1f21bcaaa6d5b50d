"""The first page of the back office: what the template shows, for the person who looks."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from catalog.charts import OPTIONS, bars
from emsp.backoffice.dashboard import attention, reading
from emsp.backoffice.dashboard.counting import hour_of
from emsp.backoffice.dashboard.reading import SPANS
from emsp.core.money import plain
from sessions.models import Order
from sessions.states import OrderState

ACTIVE = (OrderState.STARTING, OrderState.CHARGING)


def _list(page: str, **filters: object) -> str:
    texts = {
        name: value.isoformat(" ") if isinstance(value, datetime) else value
        for name, value in filters.items()
    }
    return f"{reverse(f'admin:{page}_changelist')}?{urlencode(texts)}"


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK. Reads counted hours and small indexed sets, and counts no large table."""
    now = timezone.now().astimezone(UTC)
    span = SPANS.get(request.GET.get("span", ""), SPANS["24h"])
    midnight = hour_of(now).replace(hour=0)
    rows = reading.hours(min(span.begin(now), midnight))
    today = reading.sums(row for row in rows if row.hour_at >= midnight)
    chosen = [row for row in rows if row.hour_at >= span.begin(now)]
    may = request.user.has_perm
    return context | {
        "title": "Today",
        "span": span,
        "spans": SPANS.values(),
        "counted_at": max((row.computed_at for row in rows), default=None),
        "stale": not rows or now - max(row.computed_at for row in rows) > reading.STALE,
        "tiles": _tiles(today, midnight, may),
        "waiting": attention.waiting(may),
        "actions": _actions(chosen, span.begin(now)) if may("beckn.view_request") else None,
        "operators": reading.health(chosen, now) if may("ocpi.view_connection") else None,
        "charts": _charts(reading.steps(rows, span, now), may),
        "options": OPTIONS,
    }


def _tiles(today: reading.Sums, midnight: datetime, may: Any) -> list[dict[str, Any]]:
    """The numbers of the day, each with the list that it counts; those whose list one may not see are left out."""
    tiles = []
    if may("beckn.view_request"):
        url = _list("beckn_request", action__exact="search", received_at__gte=midnight)
        tiles.append({"title": "Searches", "value": today.searches, "url": url})
    if may("charging_sessions.view_order"):
        active = Order.objects.filter(state__in=ACTIVE).order_by().count()
        tiles += [
            {"title": "Orders confirmed", "value": today.orders,
             "url": _list("charging_sessions_order", confirmed_at__gte=midnight)},
            {"title": "Charging now", "value": active, "note": "at this moment",
             "url": _list("charging_sessions_order", state__in=",".join(ACTIVE))},
            {"title": "Delivered", "value": plain(today.energy_kwh), "unit": "kWh",
             "note": f"by {today.charges} charge{'' if today.charges == 1 else 's'} that ended",
             "url": _list("charging_sessions_order", ended_at__gte=midnight)},
        ]  # fmt: skip
    if may("charging_sessions.view_journalentry"):
        url = _list("charging_sessions_journalentry", created_at__gte=midnight)
        for money in today.money or [reading.Money("", reading.CENT * 0, reading.CENT * 0)]:
            tiles += [
                {"title": "Revenue", "value": money.revenue, "unit": money.currency, "note": "without tax", "url": url},
                {"title": "Margin", "value": money.margin, "unit": money.currency, "note": "without tax", "url": url},
            ]  # fmt: skip
    return tiles


def _actions(rows: list[Any], since: datetime) -> list[dict[str, Any]]:
    return [
        {
            "figures": figures,
            "url": _list("beckn_request", action__exact=figures.action, received_at__gte=since),
        }
        for figures in reading.sums(rows).actions
    ]


def _charts(steps: list[tuple[str, reading.Sums]], may: Any) -> list[dict[str, Any]]:
    labels, parts = [label for label, _ in steps], [part for _, part in steps]
    charts = []
    if may("beckn.view_request"):
        series = {"searches": [p.searches for p in parts],
                  "other requests": [p.requests - p.searches for p in parts]}  # fmt: skip
        charts.append({"title": "Requests of apps", "data": bars(labels, series)})
    if may("charging_sessions.view_order"):
        series = {"orders confirmed": [p.orders for p in parts], "charges ended": [p.charges for p in parts]}
        charts.append({"title": "Orders", "data": bars(labels, series)})
        charts.append(
            {"title": "Energy in kWh", "data": bars(labels, {"kWh": [p.energy_kwh for p in parts]})}
        )
    if may("charging_sessions.view_journalentry"):
        for currency in sorted({money.currency for part in parts for money in part.money}):
            money = [next((m for m in part.money if m.currency == currency), None) for part in parts]
            zero = reading.CENT * 0
            amounts = {"revenue": [m.revenue if m else zero for m in money],
                       "margin": [m.margin if m else zero for m in money]}  # fmt: skip
            charts.append(
                {"title": f"Revenue and margin in {currency}, without tax", "data": bars(labels, amounts)}
            )
    return charts
