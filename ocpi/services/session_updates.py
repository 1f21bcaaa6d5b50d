"""Each news of a session is kept: what it said of status, energy and cost at that time."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ocpi.models import Session, SessionUpdate

MOST = Decimal(10**10)  # of the column; beyond it no cost is meant


def keep(sessions: Iterable[Session]) -> None:
    """Write down what these sessions say now, in one statement. Run it in the transaction that stored them."""
    SessionUpdate.objects.bulk_create(
        SessionUpdate(
            session=row,
            status=row.status,
            energy_kwh=row.energy_kwh,
            cost=_cost(row.raw.get("total_cost")),
            currency=row.currency,
            last_updated=row.last_updated,
            received_at=row.received_at,
        )
        for row in sessions
    )


def _cost(told: Any) -> Decimal | None:
    """The operator's cost so far, with VAT where that is told; a bare number is OCPI 2.1.1."""
    amounts = [told.get("incl_vat"), told.get("excl_vat")] if isinstance(told, dict) else [told]
    known = (Decimal(str(each)) for each in amounts if isinstance(each, int | float | Decimal) and each is not True)
    cost = next(known, None)
    return cost if cost is not None and cost.is_finite() and abs(cost) < MOST else None
