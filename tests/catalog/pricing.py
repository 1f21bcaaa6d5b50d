"""Builders of OCPI tariffs, charging periods and facts for the pricing tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday; 10:00 in Amsterdam, 14:30 in Kolkata


def component(kind: str, price: Any, step_size: Any = 1, **members: Any) -> dict[str, Any]:
    return {"type": kind, "price": price, "step_size": step_size, **members}


def element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"price_components": list(components)}
    return {**made, "restrictions": restrictions} if restrictions else made


def tariff(*elements: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"id": "T1", "currency": "EUR", "elements": list(elements), **members}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def period(minutes: float, tariff_id: str | None = None, **volumes: Any) -> dict[str, Any]:
    """A charging period `minutes` after START; volumes by dimension, in kWh and hours."""
    made = {
        "start_date_time": at(minutes).isoformat(),
        "dimensions": [{"type": name, "volume": volume} for name, volume in volumes.items()],
    }
    return made if tariff_id is None else {**made, "tariff_id": tariff_id}


def segment(start: datetime, end: datetime, kwh: Any = None, **members: Any) -> dict[str, Any]:
    """CHARGING with kwh, PARKING without."""
    made = {"start": start.isoformat(), "end": end.isoformat(), **members}
    return {**made, "activity": "PARKING"} if kwh is None else {**made, "activity": "CHARGING", "kwh": kwh}


def facts(*segments: dict[str, Any], time_zone: str = "Europe/Amsterdam", **members: Any) -> dict[str, Any]:
    return {"time_zone": time_zone, "segments": list(segments), **members}


def sides(amount: Any) -> tuple[Decimal | None, Decimal | None]:
    return amount.excl_vat, amount.incl_vat


def money(excl: str | None, incl: str | None) -> tuple[Decimal | None, Decimal | None]:
    return (None if excl is None else Decimal(excl), None if incl is None else Decimal(incl))
