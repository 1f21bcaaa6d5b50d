"""What selling charging earns: revenue, cost and margin per operator and per day, from the postings."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from sessions.models import Account, Posting

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Earned:
    """Amounts excl. tax; name: of the operator, or a day. margin = revenue - cost; fees belong to the revenue."""

    name: str
    revenue: Decimal
    cost: Decimal

    @property
    def margin(self) -> Decimal:
        return self.revenue - self.cost

    @property
    def percent(self) -> Decimal | None:
        """The margin in % of the revenue, one decimal; None without revenue."""
        return (self.margin * 100 / self.revenue).quantize(Decimal("0.1")) if self.revenue else None


def currencies() -> list[str]:
    """In which there is revenue or cost."""
    return sorted(set(_earning().order_by().values_list("currency", flat=True).distinct()))


def per_operator(since: date, until: date, currency: str) -> list[Earned]:
    """One row per operator with entries booked from since to until, the highest margin first."""
    rows = _summed(since, until, currency, "party__name", "party")
    return sorted((Earned(row["party__name"] or "–", row["revenue"], row["cost"]) for row in rows),
                  key=lambda row: -row.margin)  # fmt: skip


def per_day(since: date, until: date, currency: str) -> list[Earned]:
    """One row per day from since to until, days without entries too."""
    rows = {row["entry__booked_on"]: row for row in _summed(since, until, currency, "entry__booked_on")}
    empty = {"revenue": ZERO, "cost": ZERO}
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    return [
        Earned(day.isoformat(), (rows.get(day) or empty)["revenue"], (rows.get(day) or empty)["cost"])
        for day in days
    ]


def _earning() -> QuerySet[Posting]:
    return Posting.objects.filter(account__in=[Account.REVENUE, Account.FEE, Account.COST])


def _summed(since: date, until: date, currency: str, *by: str) -> list[dict[str, Any]]:
    sold = Q(account__in=[Account.REVENUE, Account.FEE])
    return list(
        _earning()
        .filter(currency=currency, entry__booked_on__range=(since, until))
        .order_by()
        .values(*by)
        .annotate(
            revenue=Coalesce(Sum(-F("amount"), filter=sold), ZERO),
            cost=Coalesce(Sum("amount", filter=Q(account=Account.COST)), ZERO),
        )
    )
