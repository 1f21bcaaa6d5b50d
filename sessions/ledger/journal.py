"""The only writer of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Q

from emsp.core.errors import DomainError
from emsp.core.money import to_cents
from ocpi.models import Party
from sessions.models import Account, Bill, EntryKind, JournalEntry, Order, Posting, Statement

# A transaction that books holds this lock shared, one that closes a period holds it alone: no entry slips into
# a period while it is being closed.
PERIODS_LOCK = 0x6C656467


class Unbalanced(DomainError):
    """The sides of an entry do not add up to zero."""


@dataclass(frozen=True)
class Side:
    """One posting to be, members named as its fields: debit above 0, credit below; 0 is left out."""

    account: Account
    amount: Decimal
    currency: str
    party: Party | None = None
    bap_id: str = ""


@transaction.atomic
def book(
    key: str,
    kind: EntryKind,
    sides: Sequence[Side],
    *,
    text: str,
    occurred_on: date,
    order: Order | None = None,
    bill: Bill | None = None,
    reverses: JournalEntry | None = None,
) -> JournalEntry | None:
    """Write an entry once for its key; an entry that is there already is given back as it is.

    It is booked on the first day from occurred_on on that no closed statement of its counterparties covers.
    Returns None when nothing is to be booked: every side is 0.
    Raises Unbalanced when the sides do not add up to zero in each currency. The database checks it again at commit.
    """
    wanted = [side for side in sides if side.amount]
    check_balanced(wanted)
    if not wanted:
        return None
    keep_periods()
    entry, fresh = JournalEntry.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "order": order,
            "bill": bill,
            "reverses": reverses,
            "occurred_on": occurred_on,
            "booked_on": first_open_day(occurred_on, wanted),
            "text": text[:300],
        },
    )
    if fresh:
        Posting.objects.bulk_create(Posting(entry=entry, **vars(side)) for side in wanted)
    return entry


def reverse(entry: JournalEntry, *, text: str, occurred_on: date, bill: Bill | None = None) -> JournalEntry:
    """Take an entry back by its mirror; an entry is taken back once."""
    sides = [
        Side(Account(row.account), -row.amount, row.currency, row.party, row.bap_id)
        for row in entry.postings.select_related("party")
    ]
    made = book(
        f"reversal:{entry.pk}",
        EntryKind.CREDIT,
        sides,
        text=text,
        occurred_on=occurred_on,
        order=entry.order,
        bill=bill,
        reverses=entry,
    )
    assert made is not None  # an entry has postings, so its mirror has
    return made


def check_balanced(sides: Sequence[Side]) -> None:
    """Raises Unbalanced, also for amounts with parts of a cent."""
    sums: dict[str, Decimal] = {}
    for side in sides:
        if side.amount != to_cents(side.amount):
            raise Unbalanced(f"{side.amount} {side.currency} is not in whole cents")
        sums[side.currency] = sums.get(side.currency, Decimal(0)) + side.amount
    off = {currency: total for currency, total in sums.items() if total}
    if off:
        raise Unbalanced("; ".join(f"off by {total} {currency}" for currency, total in off.items()))


def first_open_day(day: date, sides: Sequence[Side]) -> date:
    """day, or the day after the closed statements that cover it for a counterparty of these sides."""
    theirs = Q(pk__in=[])
    for side in sides:
        if side.account == Account.PAYABLE_CPO and side.party is not None:
            theirs |= Q(kind="CPO", party=side.party, currency=side.currency)
        elif side.account == Account.RECEIVABLE_BAP:
            theirs |= Q(kind="BAP", bap_id=side.bap_id, currency=side.currency)
    closed = Statement.objects.filter(theirs, closed_at__isnull=False, period_to__gte=day)
    for period_from, period_to in closed.order_by("period_from").values_list("period_from", "period_to"):
        if period_from <= day <= period_to:
            day = period_to + timedelta(days=1)
    return day


def today() -> date:
    """The day the ledger writes, UTC."""
    return datetime.now(UTC).date()


def keep_periods() -> None:
    """Wait until no period is being closed, and let none be until this transaction ends. Before locks of rows."""
    _hold_periods(alone=False)


def close_periods() -> None:
    """Wait until no transaction books, and keep others from booking until this one ends."""
    _hold_periods(alone=True)


def _hold_periods(*, alone: bool) -> None:
    function = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [PERIODS_LOCK])
