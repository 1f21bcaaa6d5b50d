"""What bills, payments, refunds and adjustments are in the ledger. See docs/settlement.md for a worked example."""

from datetime import UTC
from decimal import Decimal
from uuid import uuid4

from django.db import transaction

from emsp.core.errors import DomainError
from emsp.core.money import to_cents
from sessions.ledger import journal
from sessions.ledger.journal import Side
from sessions.models import (
    Account,
    Bill,
    Collector,
    EntryKind,
    JournalEntry,
    Order,
    Payment,
    QuoteKind,
    Refund,
    Statement,
)
from sessions.services import payment_terms
from sessions.services.billing import price_cdr

FEE_CODES = frozenset({"cancellation-fee", "platform-fee", "service-fee"})
ZERO = Decimal("0.00")


class ReasonMissing(DomainError):
    """An adjustment needs a reason and an amount."""


@transaction.atomic
def book_bill(bill: Bill) -> JournalEntry | None:
    """Book a bill that counts; what an earlier bill of the order booked is taken back first. Once per bill.

    A credit only takes back. Source: design.md §8, credit CDR.
    """
    known = JournalEntry.objects.filter(bill=bill).order_by("-pk").first()
    if known:
        return known
    order, day = bill.order, bill.created_at.astimezone(UTC).date()
    last = None
    standing = JournalEntry.objects.filter(order=order, kind=EntryKind.BILL, reversal=None)
    for entry in standing:
        last = journal.reverse(entry, text=f"{entry.text}, taken back by {bill}", occurred_on=day, bill=bill)
    if bill.quote.kind == QuoteKind.CREDIT:
        return last
    return journal.book(
        f"bill:{bill.pk}",
        EntryKind.BILL,
        _sold(order, bill) + _bought(order, bill),
        text=f"order {order}",
        occurred_on=day,
        order=order,
        bill=bill,
    )


def _sold(order: Order, bill: Bill) -> list[Side]:
    """What the driver pays: receivable against revenue, fees and tax."""
    total, currency = bill.quote.total, bill.quote.currency
    fees = sum(
        (Decimal(line["amount"]) for line in bill.quote.lines if line["code"] in FEE_CODES), Decimal(0)
    )
    tax = tax_in(bill, total - fees)
    whose = (order.party, order.sold_through)
    return [
        Side(receivable_of(order), total, currency, *whose),
        Side(Account.REVENUE, -(total - fees - tax), currency, *whose),
        Side(Account.FEE, -fees, currency, *whose),
        Side(Account.TAX, -tax, currency, *whose),
    ]


def tax_in(bill: Bill, charged: Decimal) -> Decimal:
    """The tax in an amount charged by this bill, at the share that the tariff has in it; whole cents."""
    if bill.cdr is None:
        return ZERO
    priced = price_cdr(bill.order, bill.cdr)
    if not priced.total:
        return ZERO
    return to_cents(charged * (priced.total - priced.total_excl_vat) / priced.total)


def _bought(order: Order, bill: Bill) -> list[Side]:
    """What the operator charges: cost and the tax in it against payable."""
    cdr = bill.cdr
    if cdr is None:
        return []
    cost, owed = to_cents(cdr.total_cost_excl_vat), to_cents(cdr.total_cost)
    currency = cdr.currency.upper()
    whose = (order.party, order.sold_through)
    return [
        Side(Account.COST, cost, currency, *whose),
        Side(Account.TAX, owed - cost, currency, *whose),
        Side(Account.PAYABLE_CPO, -owed, currency, *whose),
    ]


def receivable_of(order: Order) -> Account:
    """Who owes us for an order: the app that collects, or the driver where we do."""
    by_us = payment_terms.of(order).collected_by == Collector.BPP
    return Account.RECEIVABLE_DRIVER if by_us else Account.RECEIVABLE_BAP


def book_payment(payment: Payment) -> None:
    """The gateway has the driver's money."""
    _move(
        f"payment:{payment.pk}", EntryKind.PAYMENT, payment, Account.CASH, Account.RECEIVABLE_DRIVER,
        payment.amount, f"payment {payment.reference}",
    )  # fmt: skip


def book_refund_owed(refund: Refund) -> None:
    """The driver paid more than is owed: we owe it back."""
    _move(
        f"refund-due:{refund.pk}", EntryKind.REFUND_DUE, refund.payment, Account.RECEIVABLE_DRIVER,
        Account.REFUND, refund.amount, f"refund {refund.reference}: {refund.reason}",
    )  # fmt: skip


def book_refund_paid(refund: Refund) -> None:
    """The gateway gave it back."""
    _move(
        f"refund:{refund.pk}", EntryKind.REFUND, refund.payment, Account.REFUND, Account.CASH,
        refund.amount, f"refund {refund.reference}",
    )  # fmt: skip


def _move(
    key: str, kind: EntryKind, payment: Payment, debit: Account, credit: Account, amount: Decimal, text: str
) -> None:
    order, currency = payment.order, payment.currency
    whose = (order.party, order.sold_through)
    sides = [Side(debit, amount, currency, *whose), Side(credit, -amount, currency, *whose)]
    journal.book(key, kind, sides, text=text, occurred_on=journal.today(), order=order)


def adjust(statement: Statement, amount: Decimal, reason: str) -> JournalEntry:
    """Change what the counterparty of a statement owes (BAP) or is owed (CPO) by amount; less when below 0.

    Booked on the statement's last day, or on the first open day after it. Raises ReasonMissing.
    """
    if not reason.strip() or not to_cents(amount):
        raise ReasonMissing("an adjustment needs an amount that is not 0, and a reason")
    bap = statement.kind == "BAP"
    signed = to_cents(amount) if bap else -to_cents(amount)
    account = Account.RECEIVABLE_BAP if bap else Account.PAYABLE_CPO
    whose = (statement.party, statement.bap_id)
    sides = [
        Side(account, signed, statement.currency, *whose),
        Side(Account.ADJUSTMENT, -signed, statement.currency, *whose),
    ]
    made = journal.book(
        f"adjustment:{uuid4()}", EntryKind.ADJUSTMENT, sides, text=reason, occurred_on=statement.period_to
    )
    assert made is not None  # the amount is not 0
    return made
