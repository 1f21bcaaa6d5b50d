"""Figures for /metrics, read from the tables when asked, so that every process tells the same.

Only work that is under way is looked at: the tables grow, the answer does not slow down. Beside them stand the figures of
exchanges, which processes count (emsp.core.exchanges). Rules for both: deploy/alerts.yml.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from emsp.core import exchanges

registry = CollectorRegistry()
registry.register(exchanges.registry)


@dataclass(frozen=True)
class Work:
    """Rows that are counted by state. states: those that are told; waiting: those of which the oldest is timed."""

    name: str
    help: str
    model: str
    states: tuple[str, ...]
    waiting: tuple[str, ...]
    since: str


WORK = [
    Work("emsp_requests", "Beckn requests that were acknowledged and are not answered yet", "beckn.Request",
         ("RECEIVED", "WAITING"), ("RECEIVED", "WAITING"), "received_at"),
    Work("emsp_callbacks", "Callbacks that are to be sent, or were given up", "beckn.Callback",
         ("PENDING", "REFUSED", "DEAD"), ("PENDING",), "created_at"),
    Work("emsp_orders", "Orders under way", "charging_sessions.Order",
         ("QUOTED", "RESERVING", "AGREED", "RESERVED", "CONFIRMED", "STARTING", "CHARGING", "ENDED"),
         ("RESERVING", "STARTING"), "updated_at"),
    Work("emsp_commands", "OCPI commands without a result", "ocpi.Command",
         ("CREATED", "SENT", "AWAITING_RESULT", "UNKNOWN"), ("CREATED", "SENT", "AWAITING_RESULT"), "created_at"),
]  # fmt: skip


# Of each queue that somebody waits for: the rows that a worker should take now. What waits for a peer, or for the
# next attempt, is not due: more workers would not help it.
QUEUES: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "beckn": [("beckn.Request", ("RECEIVED", "WAITING")), ("beckn.Callback", ("PENDING",))],
    "ocpi": [("ocpi.Command", ("CREATED",))],
}


class TableFigures(Collector):
    """Open work by state, how long the oldest of it waits, how long each queue has left something lying; circuits."""

    def collect(self) -> Iterator[Metric]:
        for work in WORK:
            yield from _figures(work)
        yield _queue_ages()
        yield _circuits()


def _circuits() -> Metric:
    told = GaugeMetricFamily(
        "emsp_circuit_open", "1: the partner does not answer and is left alone", labels=["kind", "partner"]
    )
    for circuit in apps.get_model("core.Circuit")._default_manager.all():
        told.add_metric([circuit.kind, circuit.name], int(circuit.opened_at is not None))
    return told


def _queue_ages() -> GaugeMetricFamily:
    now = timezone.now()
    ages = GaugeMetricFamily(
        "emsp_queue_oldest_seconds", "How long the oldest work that is due waits for a worker", labels=["queue"]
    )
    for queue, sources in QUEUES.items():
        found = [_due_since(model, states, now) for model, states in sources]
        oldest = min((since for since in found if since), default=now)
        ages.add_metric([queue], (now - oldest).total_seconds())
    return ages


def _due_since(model: str, states: tuple[str, ...], now: datetime) -> datetime | None:
    """Since when the oldest row is due that no worker has taken."""
    rows = apps.get_model(model)._default_manager.filter(state__in=states, due_at__lte=now)
    found: datetime | None = rows.exclude(leased_until__gte=now).aggregate(since=Min("due_at"))["since"]
    return found


def _figures(work: Work) -> Iterable[Metric]:
    told = {state: _told(work, state) for state in work.states}
    counted = GaugeMetricFamily(work.name, work.help, labels=["state"])
    for state, (count, _) in told.items():
        counted.add_metric([state], count)
    oldest = min((told[state][1] for state in work.waiting if told[state][0]), default=None)
    age_s = (timezone.now() - oldest).total_seconds() if oldest else 0
    text = f"{work.help}: age of the oldest in {', '.join(work.waiting)}"
    return [counted, GaugeMetricFamily(f"{work.name}_oldest_seconds", text, value=age_s)]


def _told(work: Work, state: str) -> tuple[int, datetime]:
    """How many there are, and since when; state by state, because each has its partial index."""
    rows = apps.get_model(work.model)._default_manager.filter(state=state)
    found = rows.aggregate(count=Count("pk"), since=Min(work.since))
    return found["count"], found["since"]


registry.register(TableFigures())
