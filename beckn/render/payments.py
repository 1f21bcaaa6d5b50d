"""payments[] of an order: who collects, when, how much, and what became of it. Source: beckn.md e.4 Payments."""

from decimal import Decimal
from typing import Any

from django.conf import settings

from beckn.models import Transaction
from beckn.render import echo, words
from beckn.render.settlement import settled
from sessions.models import Bill, Collector, Order, Payment, PaymentState, PaymentTerms, Quote, RefundState
from sessions.services import payment_terms

PAYMENT_ID = "payment-01"


def payments(
    order: Order, conversation: Transaction, quote: Quote | None, bill: Bill | None
) -> list[dict[str, Any]]:
    """Where we collect: our own account of it. Else what the app confirmed; before that our terms.

    quote: the price told now; bill: the one that counts.
    """
    terms = payment_terms.of(order)
    if terms.collected_by == Collector.BPP:
        return [_ours(order, terms, quote, bill)]
    confirmed = [echo.payment(given) for given in conversation.payments or []]
    if confirmed:
        return settled(order, quote, bill, confirmed)
    made: dict[str, Any] = {"id": PAYMENT_ID, "collected_by": terms.collected_by}
    if quote:
        made["params"] = words.params(quote.total, quote.currency)
    return settled(order, quote, bill, [made | {"type": terms.type, "status": "NOT-PAID"}])


def _ours(order: Order, terms: PaymentTerms, quote: Quote | None, bill: Bill | None) -> dict[str, Any]:
    """PAID once what is owed now is here; url is the page that leads to the gateway while it is not."""
    rows = list(order.payments.prefetch_related("refunds"))
    received = [row for row in rows if row.state in (PaymentState.PAID, PaymentState.REFUNDED)]
    owed = payment_terms.owed(order, bill).amount
    paid = bool(received) and payment_terms.paid(order) >= owed
    made: dict[str, Any] = {"id": PAYMENT_ID, "collected_by": terms.collected_by}
    if not paid and owed:
        made["url"] = f"{settings.BASE_URL}/pay/{order.reference}"
    if quote:
        made["params"] = words.params(quote.total, quote.currency)
    if received and received[0].gateway_reference:
        made.setdefault("params", {})["transaction_id"] = received[0].gateway_reference
    made |= {"type": terms.type, "status": "PAID" if paid else "NOT-PAID"}
    refunds = _refunds(rows)
    return made | ({"tags": [refunds]} if refunds else {})


def _refunds(rows: list[Payment]) -> dict[str, Any] | None:
    """What is given back, as a tag group."""
    refunds = [refund for row in rows for refund in row.refunds.all()]
    if not refunds:
        return None
    amount = sum((refund.amount for refund in refunds), Decimal(0))
    done = all(refund.state == RefundState.DONE for refund in refunds)
    values = [
        ("refund-amount", "Refund Amount", f"{amount:.2f}"),
        ("refund-status", "Refund Status", "REFUNDED" if done else "PENDING"),
    ]
    return words.tag_group("refund", "Refund", values)
