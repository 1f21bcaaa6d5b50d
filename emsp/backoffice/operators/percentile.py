"""PostgreSQL's percentile_cont as an aggregate."""

from typing import Any

from django.db.models import Aggregate, DurationField


class Percentile(Aggregate):
    """The value below which a share (0 to 1) of the durations lies; None of no rows."""

    function = "PERCENTILE_CONT"
    name = "percentile"
    output_field = DurationField()
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"

    def __init__(self, expression: Any, share: float) -> None:
        super().__init__(expression, share=share)
