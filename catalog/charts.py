"""Figures as the back office's bar chart takes them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

COLOURS = ("var(--color-primary-600)", "var(--color-base-400)", "var(--color-primary-300)", "#16a34a")

# The back office's own defaults draw the bars of a group over one another.
OPTIONS = msgspec.json.encode(
    {
        "animation": False,
        "grouped": True,
        "maxBarThickness": 48,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"display": True, "position": "top", "align": "end"}},
        "scales": {"y": {"beginAtZero": True}},
    }
).decode()


def bars(labels: Sequence[str], series: Mapping[str, Sequence[Decimal | int]]) -> str:
    """The JSON of a chart with one group of bars per label and one bar in it per series."""
    datasets = [
        {"label": name, "data": [float(value) for value in values], "backgroundColor": colour}
        for (name, values), colour in zip(series.items(), COLOURS, strict=False)
    ]
    return msgspec.json.encode({"labels": list(labels), "datasets": datasets}).decode()
