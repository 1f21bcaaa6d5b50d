"""Tariffs that a CPO goes on charging by although end_date_time is over, or is start_date_time itself. Pure.

Dates in the future, which announce a tariff, are left out as well: such a CPO changes a tariff under its id.
Source: the lists of the operator THP, all of whose tariffs ended in 2024 (DEG00x, mapping of OCPI and Beckn, §1.2).
"""

from typing import Any

DATES = frozenset({"start_date_time", "end_date_time"})


def without_dates(module: str, value: Any) -> Any:
    """A Tariff, or a list of them, without the dates of its validity."""
    if module != "tariffs":
        return value
    if isinstance(value, list):
        return [without_dates(module, inner) for inner in value]
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if name not in DATES}
    return value
