"""A statement as CSV, JSON and PDF: the same rows in each."""

import csv
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
from django.conf import settings
from reportlab.platypus import Flowable

from emsp.core.money import plain
from emsp.core.wire import moment_text
from sessions.documents import gap, pdf, rows, text
from sessions.ledger import statements
from sessions.ledger.statements import Row
from sessions.models import EntryKind, Statement

COLUMNS = ("booked_on", "occurred_on", "kind", "order", "energy_kwh", "text", "amount", "currency")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def as_json(statement: Statement) -> bytes:
    """Amounts as text with two decimals; rows add up to total."""
    listed = list(statements.rows(statement))
    told = _summary(statement) | {"disputed": f"{_disputed(listed):.2f}", "rows": _rows(statement, listed)}
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def as_csv(statement: Statement) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets want; last the total, and what of it is disputed."""
    listed = list(statements.rows(statement))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in _rows(statement, listed):
        writer.writerow([_harmless(row[name]) if name == "text" else row[name] for name in COLUMNS])
    sums = [("total", statement.total)]
    if disputed := _disputed(listed):
        sums.append(("of which disputed", disputed))
    for label, amount in sums:
        line = {"text": label, "amount": f"{amount:.2f}", "currency": statement.currency}
        writer.writerow([line.get(name, "") for name in COLUMNS])
    return file.getvalue().encode("utf-8-sig")


def as_pdf(statement: Statement) -> bytes:
    """A4: the sums, then every row."""
    return pdf(
        list(_story(statement)),
        title=f"Statement {statement}",
        author=settings.INVOICE_SELLER_NAME,
        footer=f"{settings.INVOICE_SELLER_NAME}  ·  {statement}",
    )


def _story(statement: Statement) -> Iterator[Flowable]:
    listed = list(statements.rows(statement))
    state = f"closed {statement.closed_at:%Y-%m-%d}" if statement.closed_at else "draft, not closed"
    period = f"{statement.period_from} to {statement.period_to} (UTC), {statement.currency}; {state}"
    yield text("Statement of account", size=20, bold=True)
    yield gap(2)
    yield text(statement.counterparty, size=11)
    yield text(period, quiet=True)
    yield gap(6)
    sums = [(label, f"{amount:.2f}") for label, amount in _sums(statement)]
    yield rows(("", f"Amount ({statement.currency})"), sums, (0.7, 0.3), strong_last=True)
    if disputed := _disputed(listed):
        yield gap(2)
        yield text(f"Of this, {disputed:.2f} {statement.currency} is disputed.", quiet=True)
    yield gap(8)
    head = ("What", "Day", "Order", "kWh", "Amount")
    yield rows(head, _cells(listed), (0.3, 0.13, 0.33, 0.1, 0.14), size=8)


FORMATS: dict[str, tuple[str, Callable[[Statement], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
    "pdf": ("application/pdf", as_pdf),
}


def file_name(statement: Statement, ending: str) -> str:
    """A name that sorts: statement-CPO-2026-10-01-2026-10-31-7.csv."""
    period = f"{statement.period_from}-{statement.period_to}"
    return f"statement-{statement.kind}-{period}-{statement.pk}.{ending}"


def _summary(statement: Statement) -> dict[str, Any]:
    return {
        "kind": statement.kind,
        "counterparty": statement.counterparty,
        "period_from": statement.period_from.isoformat(),
        "period_to": statement.period_to.isoformat(),
        "currency": statement.currency,
        "billed": f"{statement.billed:.2f}",
        "credited": f"{statement.credited:.2f}",
        "adjusted": f"{statement.adjusted:.2f}",
        "total": f"{statement.total:.2f}",
        "closed_at": moment_text(statement.closed_at) if statement.closed_at else None,
    }


def _disputed(listed: list[Row]) -> Decimal:
    return sum((row.amount for row in listed if row.disputed), statements.ZERO)


def _rows(statement: Statement, listed: list[Row]) -> list[dict[str, str]]:
    return [
        {
            "booked_on": row.booked_on.isoformat(),
            "occurred_on": row.occurred_on.isoformat(),
            "kind": row.kind,
            "order": row.order,
            "energy_kwh": "" if row.energy_kwh is None else plain(row.energy_kwh),
            "text": row.text,
            "amount": f"{row.amount:.2f}",
            "currency": statement.currency,
        }
        for row in listed
    ]


def _sums(statement: Statement) -> list[tuple[str, Decimal]]:
    owed = "We owe the operator" if statement.kind == "CPO" else "The app owes us"
    return [
        ("Billed", statement.billed),
        ("Credited", statement.credited),
        ("Adjustments", statement.adjusted),
        (owed, statement.total),
    ]


def _cells(listed: list[Row]) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []
    for row in listed:
        what = EntryKind(row.kind).label.capitalize()
        if row.kind == EntryKind.ADJUSTMENT:
            what += f": {row.text}"
        if row.disputed:
            what += ", disputed"
        if row.booked_on != row.occurred_on:
            what += f" (of {row.occurred_on})"
        energy = "" if row.energy_kwh is None else plain(row.energy_kwh)
        made.append((what, str(row.booked_on), row.order, energy, f"{row.amount:.2f}"))
    return made


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
