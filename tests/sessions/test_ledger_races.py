"""Many workers book and close at once: nothing is lost, nothing is off, closed stays closed."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from sessions.ledger import journal, proof, statements
from sessions.ledger.journal import Side
from sessions.models import Account, EntryKind, JournalEntry, Statement
from tests.factories.catalog import PartyFactory

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


def in_threads(*works):
    failures = []

    def run(work):
        try:
            work()
        except Exception as error:  # noqa: BLE001 (told below)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_period_that_is_closed_amid_bookings_keeps_its_total():
    party = PartyFactory()
    statement = statements.build(
        Statement(kind="CPO", party=party, period_from=DAY, period_to=DAY, currency="INR")
    )
    begun = threading.Barrier(WORKERS + 1)

    def worker(first):
        begun.wait()
        for number in range(first, first + EACH):
            book(party, number)

    def closer():
        begun.wait()
        statements.close(statement, today=NEXT)

    starts = range(1, WORKERS * EACH, EACH)
    in_threads(*(lambda first=first: worker(first) for first in starts), closer)

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
    begun = threading.Barrier(4)

    def worker():
        begun.wait()
        book(party, 7)

    in_threads(*[worker] * 4)

    entry = JournalEntry.objects.get()
    assert sorted(entry.postings.values_list("amount", flat=True)) == [Decimal("-0.07"), Decimal("0.07")]
