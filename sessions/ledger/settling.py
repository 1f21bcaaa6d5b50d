"""Statements that were paid: what the bank moved, booked, and what stays open."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum

from emsp.core.errors import DomainError
from emsp.core.money import to_cents
from sessions.ledger import journal
from sessions.ledger.journal import Side
from sessions.ledger.statements import ACCOUNT_OF, ZERO
from sessions.models import Account, EntryKind, Statement, StatementPayment


class SettlementRefused(DomainError):
    """What is to be recorded cannot be a payment of the statement."""


def paid(statement: Statement) -> Decimal:
    """What was paid of it, in its currency, two decimals."""
    sums: Decimal | None = statement.payments.aggregate(sum=Sum("amount"))["sum"]
    return sums or ZERO


@transaction.atomic
def record(
    statement: Statement, *, amount: Decimal, paid_on: date, bank_reference: str, by: AbstractBaseUser
) -> StatementPayment:
    """Book that a closed statement, or a part of it, was paid: by us to the operator, or by the app to us.

    amount: of the sign of the total, in its currency, up to what is open; of the other sign it takes back what was
    recorded by mistake. The entry is about paid_on, and counts on the first open day from then on.
    Raises SettlementRefused.
    """
    journal.keep_periods()
    locked = Statement.objects.select_for_update(of=("self",)).select_related("party").get(pk=statement.pk)
    reference = bank_reference.strip()
    _check(locked, amount, paid_on, reference)
    moved = amount if locked.kind == "CPO" else -amount
    whose = (locked.currency, locked.party, locked.bap_id)
    entry = journal.book(
        f"settlement:{uuid4()}",
        EntryKind.SETTLEMENT,
        [Side(ACCOUNT_OF[locked.kind], moved, *whose), Side(Account.BANK, -moved, *whose)],
        text=f"{locked} paid: {reference}",
        occurred_on=paid_on,
    )
    assert entry is not None  # the amount is not 0
    return StatementPayment.objects.create(
        statement=locked,
        entry=entry,
        amount=amount,
        paid_on=paid_on,
        bank_reference=reference,
        by_id=by.pk,
        by_name=by.get_username(),
    )


def _check(statement: Statement, amount: Decimal, paid_on: date, reference: str) -> None:
    if statement.closed_at is None:
        raise SettlementRefused("the statement is open: close it first, so that its total stays")
    if not amount or amount != to_cents(amount):
        raise SettlementRefused("the amount must be in whole cents and not 0")
    if not reference:
        raise SettlementRefused("the bank's reference is missing")
    if paid_on > journal.today():
        raise SettlementRefused(f"{paid_on} is not over yet (UTC)")
    if statement.payments.filter(bank_reference=reference).exists():
        raise SettlementRefused(f"{reference} is recorded for this statement already")
    before, total = paid(statement), statement.total
    if not min(total, ZERO) <= before + amount <= max(total, ZERO):
        raise SettlementRefused(f"{before} of {total} {statement.currency} are paid; {amount} does not fit")
