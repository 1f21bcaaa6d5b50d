"""The most that a quote lets a bill be.

The rule: who took no more energy than was quoted pays no more than was quoted. It holds where a rule of the price book
made the price, for that price is ours; where the operator's tariff is passed through, with or without a price book,
only if QUOTE_CAPS_BILL says so, for the operator's times and fees are not known beforehand.

The quote says what charging that energy costs, without parking afterwards and without a reservation that ran out, so
parking-fee and reservation-fee are not covered by it. Who took more energy pays for all of it at the quoted tariff (UEI:
overcharge), who took less pays for what was taken (undercharge). An energy that the app left to us counts as ordered.
Source: beckn.md e.4; docs/billing.md.
"""

from decimal import Decimal
from typing import Any

from django.conf import settings

from sessions.models import Quote
from sessions.services.following import own_line

CAP_CODE = "quote-cap"
NOT_COVERED = frozenset({"parking-fee", "reservation-fee"})
ZERO = Decimal("0.00")


def is_capped(quote: Quote) -> bool:
    """Whether the quote is the most for the energy it names."""
    return bool(settings.QUOTE_CAPS_BILL or (quote.rule or {}).get("rule_id"))


def cap_line(quote: Quote, *, energy_kwh: Decimal, lines: list[dict[str, Any]]) -> dict[str, Any] | None:
    """A negative line that brings the covered lines down to the quote's total; None when none is due or the quote is no cap.

    energy_kwh: what was taken. lines: those of the bill, as a Quote keeps them.
    """
    if not is_capped(quote) or energy_kwh > quote.energy_kwh:
        return None
    covered = sum((Decimal(line["amount"]) for line in lines if line["code"] not in NOT_COVERED), ZERO)
    if covered <= quote.total:
        return None
    return own_line(CAP_CODE, quote.total - covered)
