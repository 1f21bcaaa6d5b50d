"""Statements of account: built from the postings, closed for good."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from emsp.core.errors import DomainError
from sessions.ledger import journal
from sessions.models import Account, EntryKind, JournalEntry, Posting, Statement

ACCOUNT_OF = {"CPO": Account.PAYABLE_CPO, "BAP": Account.RECEIVABLE_BAP}
ZERO = Decimal("0.00")


class PeriodNotClosable(DomainError):
    """The period is not over, closed already, or overlaps a closed one."""


@dataclass(frozen=True)
class Row:
    """One entry of a statement. amount: above 0 when it adds to what is owed. order, energy_kwh: None for adjustments.

    disputed: as things stand now, the CDR behind it is not taken as owed; the statement counts it all the same.
    """

    booked_on: date
    occurred_on: date
    kind: str
    order: str
    energy_kwh: Decimal | None
    text: str
    amount: Decimal
    disputed: bool = False


def rows(statement: Statement) -> Iterator[Row]:
    """Its entries, in the order in which they were booked."""
    sign = -1 if statement.kind == "CPO" else 1
    fields = ("entry__order", "entry__bill__quote", "entry__bill__cdr__audit", "entry__reversal")
    for posting in _postings(statement).select_related(*fields).order_by("entry__booked_on", "pk").iterator():
        entry = posting.entry
        disputed = statement.kind == "CPO" and _is_disputed(entry)
        yield Row(
            booked_on=entry.booked_on,
            occurred_on=entry.occurred_on,
            kind=entry.kind,
            order=str(entry.order.reference) if entry.order else "",
            energy_kwh=entry.bill.quote.energy_kwh if entry.bill else None,
            text=f"{entry.text}, disputed" if disputed else entry.text,
            amount=sign * posting.amount,
            disputed=disputed,
        )


def _is_disputed(entry: JournalEntry) -> bool:
    """Whether it books a CDR that we do not take as owed, and was not taken back."""
    if entry.kind != EntryKind.BILL or entry.bill is None or hasattr(entry, "reversal"):
        return False
    audit = getattr(entry.bill.cdr, "audit", None)
    return audit is not None and audit.disputed


def _postings(statement: Statement) -> QuerySet[Posting]:
    found = _booked(statement.period_from, statement.period_to).filter(
        account=ACCOUNT_OF[statement.kind], currency=statement.currency
    )
    if statement.kind == "CPO":
        return found.filter(party=statement.party)
    return found.filter(bap_id=statement.bap_id)


def _booked(first: date, last: date) -> QuerySet[Posting]:
    """What is on statements of these days. Their own payments are not: they are told beside the total."""
    return Posting.objects.filter(entry__booked_on__range=(first, last)).exclude(
        entry__kind=EntryKind.SETTLEMENT
    )


def add_up(statement: Statement) -> Statement:
    """Its sums as the journal has them now, not saved. A closed statement stays as it is."""
    if statement.closed_at is not None:
        return statement
    sums = {EntryKind.BILL: ZERO, EntryKind.CREDIT: ZERO, EntryKind.ADJUSTMENT: ZERO}
    count = 0
    for row in rows(statement):
        sums[EntryKind(row.kind)] += row.amount
        count += 1
    statement.billed, statement.credited = sums[EntryKind.BILL], sums[EntryKind.CREDIT]
    statement.adjusted = sums[EntryKind.ADJUSTMENT]
    statement.total = sum(sums.values(), ZERO)
    statement.row_count, statement.built_at = count, timezone.now()
    return statement


@transaction.atomic
def build(statement: Statement, *, by: User | None = None) -> Statement:
    """Add up its entries and save it, with who did it. A closed statement stays as it is."""
    rows_now = Statement.objects.select_for_update().filter(pk=statement.pk)
    if rows_now.values_list("closed_at", flat=True).first() is not None:
        statement.refresh_from_db()
        return statement
    statement.built_by = by or statement.built_by
    add_up(statement).save()
    return statement


@transaction.atomic
def close(statement: Statement, *, by: User | None = None, today: date | None = None) -> Statement:
    """Build it a last time and freeze its period: what is booked later counts in the next.

    With STATEMENT_SECOND_PERSON somebody else than `by` must have built it last.
    Raises PeriodNotClosable when the period is not over, or another closed statement covers a day of it.
    """
    journal.close_periods()
    locked = Statement.objects.select_for_update(of=("self",)).select_related("party").get(pk=statement.pk)
    if locked.closed_at is not None:
        raise PeriodNotClosable("the statement is closed already")
    if settings.STATEMENT_SECOND_PERSON and (by is None or locked.built_by_id in (None, by.pk)):
        raise PeriodNotClosable("a second person is needed: it is closed by another than who built it last")
    if locked.period_to >= (today or journal.today()):
        raise PeriodNotClosable(f"the period is not over before the end of {locked.period_to} UTC")
    others = Statement.objects.filter(
        kind=locked.kind, party=locked.party, bap_id=locked.bap_id, currency=locked.currency,
        closed_at__isnull=False, period_from__lte=locked.period_to, period_to__gte=locked.period_from,
    )  # fmt: skip
    if others.exists():
        raise PeriodNotClosable(f"{others[0]} is closed and covers days of this period")
    build(locked)
    locked.closed_at, locked.closed_by = timezone.now(), by
    locked.save(update_fields=["closed_at", "closed_by"])
    return locked


def build_month(day: date, *, by: User | None = None) -> int:
    """Build the statements of the month of `day` for everybody who has entries in it; gives how many."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    booked = _booked(first, last)
    cpos = booked.filter(account=Account.PAYABLE_CPO).values("currency", "party").distinct().order_by()
    baps = booked.filter(account=Account.RECEIVABLE_BAP).values("currency", "bap_id").distinct().order_by()
    wanted: list[dict[str, Any]] = [
        {"kind": "CPO", "party_id": row["party"], "bap_id": "", "currency": row["currency"]} for row in cpos
    ]
    wanted += [
        {"kind": "BAP", "party_id": None, "bap_id": row["bap_id"], "currency": row["currency"]}
        for row in baps
    ]
    for whose in wanted:
        build(Statement.objects.get_or_create(**whose, period_from=first, period_to=last)[0], by=by)
    return len(wanted)
