"""Many workers book and close at once: nothing is lost, nothing is off, closed stays closed."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from sessions.ledger import journal, proof, statements
from sessions.ledger.journal import Side
from sessions.models import Account, EntryKind, JournalEntry, Statement
from tests.factories.catalog import PartyFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DAY, NEXT = date(2026, 3, 31), date(2026, 4, 1)
WORKERS, EACH = 8, 25


def book(party, number):
    amount = Decimal(number) / 100
    sides = [
        Side(Account.COST, amount, "INR", party, "bap"),
        Side(Account.PAYABLE_CPO, -amount, "INR", party, "bap"),
    ]
    journal.book(f"test:{number}", EntryKind.BILL, sides, text="x", occurred_on=DAY)


def test_a_period_that_is_closed_amid_bookings_keeps_its_total():
    party = PartyFactory()
    statement = statements.build(
        Statement(kind="CPO", party=party, period_from=DAY, period_to=DAY, currency="INR")
    )

    def worker(first):
        for number in range(first, first + EACH):
            book(party, number)

    starts = range(1, WORKERS * EACH, EACH)
    at_once(
        *(partial(worker, first) for first in starts), partial(statements.close, statement, today=NEXT)
    )

    statement.refresh_from_db()
    inside = sum((row.amount for row in statements.rows(statement)), Decimal(0))
    after = statements.build(
        Statement(kind="CPO", party=party, period_from=NEXT, period_to=NEXT, currency="INR")
    )
    whole = sum(range(1, WORKERS * EACH + 1)) / Decimal(100)
    assert statement.total == inside
    assert statement.total + after.total == whole == Decimal("201.00")
    assert JournalEntry.objects.count() == WORKERS * EACH
    assert proof.problems() == []


def test_two_workers_that_book_the_same_bill_book_it_once():
    party = PartyFactory()

    at_once(*[partial(book, party, 7)] * 4)

    entry = JournalEntry.objects.get()
    assert sorted(entry.postings.values_list("amount", flat=True)) == [Decimal("-0.07"), Decimal("0.07")]
