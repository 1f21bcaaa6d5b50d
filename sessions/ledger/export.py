"""A statement as CSV, JSON and PDF: the same rows in each."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from emsp.core.money import plain
from emsp.core.wire import moment_text
from sessions.ledger import statements
from sessions.models import EntryKind, Statement

COLUMNS = ("booked_on", "occurred_on", "kind", "order", "energy_kwh", "text", "amount", "currency")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate
HEAD = colors.HexColor("#e8eef4")


def as_json(statement: Statement) -> bytes:
    """Amounts as text with two decimals; rows add up to total."""
    told = _summary(statement) | {"rows": _rows(statement)}
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def as_csv(statement: Statement) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets want; the last line is the total."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in _rows(statement):
        writer.writerow([_harmless(row[name]) if name == "text" else row[name] for name in COLUMNS])
    total = {"text": "total", "amount": f"{statement.total:.2f}", "currency": statement.currency}
    writer.writerow([total.get(name, "") for name in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def as_pdf(statement: Statement) -> bytes:
    """A4: the sums, then every row."""
    file, styles = io.BytesIO(), getSampleStyleSheet()
    document = SimpleDocTemplate(
        file, pagesize=A4, title=f"Statement {statement}", author="eMSP",
        leftMargin=15 * mm, rightMargin=15 * mm, topMargin=15 * mm, bottomMargin=15 * mm,
    )  # fmt: skip
    state = f"closed {statement.closed_at:%Y-%m-%d}" if statement.closed_at else "draft, not closed"
    story: list[Any] = [
        Paragraph("Statement of account", styles["Title"]),
        Paragraph(_escaped(statement.counterparty), styles["Heading3"]),
        Paragraph(
            f"{statement.period_from} to {statement.period_to} (UTC), {statement.currency}; {state}",
            styles["Normal"],
        ),
        Spacer(1, 6 * mm),
        _table([[label, f"{amount:.2f}"] for label, amount in _sums(statement)], [60 * mm, 35 * mm], total=True),
        Spacer(1, 8 * mm),
        _table([["Day", "What", "Order", "kWh", "Amount"], *_cells(statement, styles["BodyText"])],
               [20 * mm, 58 * mm, 62 * mm, 16 * mm, 24 * mm], head=True),
    ]  # fmt: skip
    document.build(story)
    return file.getvalue()


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


def _rows(statement: Statement) -> list[dict[str, str]]:
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
        for row in statements.rows(statement)
    ]


def _sums(statement: Statement) -> list[tuple[str, Decimal]]:
    owed = "We owe the operator" if statement.kind == "CPO" else "The app owes us"
    return [
        ("Billed", statement.billed),
        ("Credited", statement.credited),
        ("Adjustments", statement.adjusted),
        (owed, statement.total),
    ]


def _cells(statement: Statement, style: Any) -> list[list[Any]]:
    made = []
    for row in statements.rows(statement):
        what = EntryKind(row.kind).label.capitalize()
        if row.kind == EntryKind.ADJUSTMENT:
            what += f": {row.text}"
        if row.booked_on != row.occurred_on:
            what += f" (of {row.occurred_on})"
        energy = "" if row.energy_kwh is None else plain(row.energy_kwh)
        made.append(
            [str(row.booked_on), Paragraph(_escaped(what), style), row.order, energy, f"{row.amount:.2f}"]
        )
    return made


def _table(cells: list[list[Any]], widths: list[float], *, head: bool = False, total: bool = False) -> Table:
    table = Table(cells, colWidths=widths, repeatRows=1 if head else 0, hAlign="LEFT")
    style: list[Any] = [
        ("FONTSIZE", (0, 0), (-1, -1), 8),
        ("ALIGN", (-1, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
    ]
    style += (
        [("BACKGROUND", (0, 0), (-1, 0), HEAD), ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")]
        if head
        else []
    )
    style += [("FONTNAME", (0, -1), (-1, -1), "Helvetica-Bold")] if total else []
    table.setStyle(TableStyle(style))
    return table


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
