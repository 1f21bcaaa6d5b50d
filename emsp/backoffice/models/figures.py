"""HourlyFigure: what happened in one hour, counted beforehand for the dashboard."""

from django.db import models

from emsp.core.fields import ExactJSONField


class HourlyFigure(models.Model):
    """One hour in UTC, from hour_at on. An hour in which nothing happened has a row too.

    orders: confirmed in it. charges, energy_kwh: of orders that ended in it.
    actions: requests received in it, {action: {received, good, refused, lost, latencies}}; good: answered and
    delivered, refused: delivered with an error, lost: not taken by the app. What is none of them is open. latencies:
    delivered answers per bucket of emsp.backoffice.dashboard.latency, from receipt to delivery.
    money: booked in it, {currency: {revenue, cost}}, amounts excl. tax as text, fees in the revenue.
    commands: asked of operators in it, {primary key of the party: {asked, failed}}.
    """

    hour_at = models.DateTimeField(unique=True)
    computed_at = models.DateTimeField()
    orders = models.PositiveIntegerField(default=0)
    charges = models.PositiveIntegerField(default=0)
    energy_kwh = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    actions = ExactJSONField(default=dict)
    money = ExactJSONField(default=dict)
    commands = ExactJSONField(default=dict)

    class Meta:
        ordering = ["hour_at"]

    def __str__(self) -> str:
        return f"{self.hour_at:%Y-%m-%d %H:%M}"
