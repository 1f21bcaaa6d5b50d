"""manage.py ledger_check finds what went past the database's guards."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sessions.ledger import statements
from sessions.models import JournalEntry, Posting
from tests.factories.catalog import PartyFactory
from tests.sessions.test_ledger import now_checked
from tests.sessions.test_statements import FIRST, NEXT, sell, statement_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(db):
    """An order of March, in a closed statement of its operator."""
    party = PartyFactory(name="Volt & Co")
    sell(party, "bill:1", FIRST)
    now_checked()
    return statements.close(statement_of(party), today=NEXT)


def behind_the_guards(table):
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE charging_sessions_{table} DISABLE TRIGGER USER")


def said():
    out = StringIO()
    call_command("ledger_check", stdout=out)
    return out.getvalue()


def test_books_that_are_right(books):
    assert said() == "1 entries balance; closed statements are their sums\n"


def test_an_entry_that_was_changed(books):
    behind_the_guards("posting")
    Posting.objects.filter(account="PAYABLE_CPO").update(amount=Decimal("-80.00"))

    with pytest.raises(CommandError) as told:
        said()

    assert str(told.value).splitlines() == [
        "entry bill:1 is off by 8.00 INR",
        f"statement {books}: closed at 88.00, its entries add up to 80.00",
    ]


def test_an_entry_without_postings(books):
    behind_the_guards("journalentry")
    JournalEntry.objects.create(key="bare", kind="BILL", occurred_on=FIRST, booked_on=FIRST, text="x")

    with pytest.raises(CommandError, match="^entry bare has no postings$"):
        said()
