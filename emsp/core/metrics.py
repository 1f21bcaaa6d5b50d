"""Figures for /metrics, read from the tables when asked, so that every process tells the same."""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Count
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

registry = CollectorRegistry()

# name, help, model, field: rows counted by the value of the field
COUNTED = [
    ("emsp_requests", "Beckn requests in the inbox that are not answered yet", "beckn.Request", "state"),
    ("emsp_callbacks", "Callbacks by state that are not delivered", "beckn.Callback", "state"),
    ("emsp_orders", "Orders by state", "charging_sessions.Order", "state"),
    ("emsp_commands", "OCPI commands by state", "ocpi.Command", "state"),
]
DONE = {"emsp_requests": "ANSWERED", "emsp_callbacks": "DELIVERED"}


class TableFigures(Collector):
    """Counts of open work by state."""

    def collect(self) -> Iterable[Metric]:
        for name, text, label, field in COUNTED:
            family = GaugeMetricFamily(name, text, labels=[field])
            rows = apps.get_model(label)._default_manager.order_by().exclude(**{field: DONE.get(name, "")})
            for value, count in rows.values_list(field).annotate(count=Count("pk")):
                family.add_metric([value], count)
            yield family


registry.register(TableFigures())
