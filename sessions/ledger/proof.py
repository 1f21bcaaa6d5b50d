"""Proof that the books are right. The database refuses what would make them wrong; this finds what went past it."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Sum

from sessions.ledger import statements
from sessions.models import JournalEntry, Posting, Statement


def problems() -> list[str]:
    """Sentences about entries that do not balance and closed statements that are not the sum of their entries."""
    return [*_unbalanced(), *_changed_statements()]


def _unbalanced() -> Iterator[str]:
    bare = JournalEntry.objects.filter(postings=None).order_by("pk")
    yield from (f"entry {entry} has no postings" for entry in bare)
    sums = Posting.objects.order_by("entry").values("entry__key", "currency").annotate(off=Sum("amount"))
    for row in sums.exclude(off=0):
        yield f"entry {row['entry__key']} is off by {row['off']} {row['currency']}"


def _changed_statements() -> Iterator[str]:
    for statement in Statement.objects.filter(closed_at__isnull=False).order_by("pk").iterator():
        found = sum((row.amount for row in statements.rows(statement)), Decimal("0.00"))
        if found != statement.total:
            yield f"statement {statement}: closed at {statement.total}, its entries add up to {found}"
