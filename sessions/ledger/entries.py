"""What bills, payments, refunds and adjustments are in the ledger. See docs/settlement.md for a worked example."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import transaction

from emsp.core.errors import DomainError
from emsp.core.money import to_cents
from ocpi.models import Cdr
from sessions.invoices.taxes import scaled, tax_lines
from sessions.ledger import journal
from sessions.ledger.journal import Side
from sessions.models import (
    Account,
    Bill,
    CdrAudit,
    Collector,
    EntryKind,
    JournalEntry,
    Order,
    Payment,
    Quote,
    QuoteKind,
    Refund,
    Statement,
)
from sessions.services import payment_terms
from sessions.services.following import CREDIT_CODE

FEE_CODES = frozenset({"cancellation-fee", "platform-fee"})
ZERO = Decimal("0.00")


class ReasonMissing(DomainError):
    """An adjustment needs a reason and an amount."""


@transaction.atomic
def book_bill(bill: Bill) -> JournalEntry | None:
    """Book a bill that counts; what stands of the order is taken back first. Once per bill.

    A credit only takes back: all that stands, or the part that it credits. Source: design.md §8, credit CDR.
    """
    known = JournalEntry.objects.filter(bill=bill).order_by("-pk").first()
    if known:
        return known
    credit = bill.quote.kind == QuoteKind.CREDIT
    if credit and not _takes_all_back(bill):
        return _book(bill, EntryKind.CREDIT, f"order {bill.order}, part credited")
    last = _take_back(bill)
    return last if credit else _book(bill, EntryKind.BILL, f"order {bill.order}")


def _takes_all_back(credit: Bill) -> bool:
    """Whether nothing is left of the bill before: its CDR was credited whole."""
    billed = credit.order.bills.filter(held="", pk__lt=credit.pk).exclude(quote__kind=QuoteKind.CREDIT).first()
    return billed is None or CdrAudit.objects.filter(cdr=billed.cdr_id, credited=True).exists()


def _take_back(bill: Bill) -> JournalEntry | None:
    """Mirror what bills and credits of the order stand; gives the last mirror, None when nothing stood."""
    last = None
    for entry in JournalEntry.objects.filter(
        order=bill.order, kind__in=[EntryKind.BILL, EntryKind.CREDIT], reversal=None, reverses=None
    ):
        text = f"{entry.text}, taken back by {bill}"
        last = journal.reverse(entry, text=text, occurred_on=_day(bill), bill=bill)
    return last


def _book(bill: Bill, kind: EntryKind, text: str) -> JournalEntry | None:
    return journal.book(
        f"bill:{bill.pk}",
        kind,
        _sold(bill.order, bill.quote) + _bought(bill.order, bill.cdr),
        text=text,
        occurred_on=_day(bill),
        order=bill.order,
        bill=bill,
    )


def _day(bill: Bill) -> date:
    return bill.created_at.astimezone(UTC).date()


def _sold(order: Order, quote: Quote) -> list[Side]:
    """What the driver pays: receivable against revenue, fees and tax; what a credit in the last line gives back."""
    charged = [line for line in quote.lines if line["code"] != CREDIT_CODE]
    total = _sum(charged)
    change = Decimal(quote.lines[-1]["amount"]) if quote.kind == QuoteKind.CREDIT else total
    share = change / total if total else ZERO
    fee_lines = [line for line in charged if line["code"] in FEE_CODES]
    tax = _tax(charged, quote.currency, share)
    fees = to_cents(_sum(fee_lines) * share) - _tax(fee_lines, quote.currency, share)
    whose = (quote.currency, order.party, order.sold_through)
    return [
        Side(receivable_of(order), change, *whose),
        Side(Account.REVENUE, -(change - fees - tax), *whose),
        Side(Account.FEE, -fees, *whose),
        Side(Account.TAX, -tax, *whose),
    ]


def _sum(lines: Iterable[Mapping[str, Any]]) -> Decimal:
    return sum((Decimal(line["amount"]) for line in lines), ZERO)


def _tax(lines: Iterable[Mapping[str, Any]], currency: str, share: Decimal) -> Decimal:
    """The tax in a share of these lines, as the invoice or the credit note shows it."""
    taxes = scaled(tax_lines(lines, currency), share)
    return sum((Decimal(tax["tax"]) for tax in taxes), ZERO)


def _bought(order: Order, cdr: Cdr | None) -> list[Side]:
    """What the operator charges, or gives back by a credit CDR: cost and the tax in it against payable."""
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
