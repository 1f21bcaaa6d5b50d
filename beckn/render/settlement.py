"""What is still to be paid, or to be given back, once the final amount is known. Source: beckn.md e.4 final, f 33.

The quote of a final on_status is the amount retained; money that moves is told in payments, so that lines still add up.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from beckn.render import words
from sessions.models import Bill, Order, Quote
from sessions.states import OrderState

FINAL_WITHOUT_BILL = frozenset({OrderState.CANCELLED, OrderState.FAILED})
ZERO = Decimal("0.00")
NAMES = {"refund": "Refund", "balance": "Balance due"}


def settled(
    order: Order, quote: Quote | None, bill: Bill | None, confirmed: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The confirmed payments, and one more where they are not what the final amount is.

    Prepaid more than is owed: a `refund` with a negative amount. Prepaid less: the `balance`. A payment that was not
    made yet is of the final amount instead. quote: the price told now, incl. VAT; bill: the one that counts. Before the
    end nothing is added.
    """
    if quote is None or not confirmed or (bill is None and order.state not in FINAL_WITHOUT_BILL):
        return confirmed
    paid = sum((_amount(each, quote.currency) for each in confirmed if each["status"] == "PAID"), ZERO)
    open_ones = [each for each in confirmed if each["status"] != "PAID"]
    owed = quote.total - paid
    if open_ones and owed >= 0:
        params = open_ones[0].get("params", {}) | words.params(owed, quote.currency)
        return [{**each, "params": params} if each is open_ones[0] else each for each in confirmed]
    if paid == ZERO or owed == ZERO:
        return confirmed
    return [*confirmed, _extra("refund" if owed < 0 else "balance", owed, quote, confirmed[0])]


def _extra(code: str, amount: Decimal, quote: Quote, first: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"id": f"{first.get('id') or 'payment-01'}-{code}"}
    if "collected_by" in first:
        made["collected_by"] = first["collected_by"]
    return made | {
        "params": words.params(amount, quote.currency),
        "type": "POST-FULFILLMENT",
        "status": "NOT-PAID",
        "tags": [words.tag_group(code, NAMES[code], [("quote-id", "", str(quote.quote_id))])],
    }


def _amount(payment: dict[str, Any], currency: str) -> Decimal:
    """What a payment was of; nothing when it does not say, or names another currency."""
    params = payment.get("params") or {}
    if str(params.get("currency") or currency).split("/")[0].strip().upper() != currency:
        return ZERO
    try:
        amount = Decimal(str(params.get("amount") or "0").strip())
    except InvalidOperation:
        return ZERO
    return amount if amount.is_finite() and amount > 0 else ZERO
