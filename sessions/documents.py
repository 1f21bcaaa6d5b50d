"""The look of our PDF documents: A4, one column, quiet rules. Texts come from outside and are escaped here."""

from collections.abc import Sequence
from functools import cache
from html import escape
from io import BytesIO
from typing import Any

from django.conf import settings
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

INK, QUIET, RULE = colors.HexColor("#1b2733"), colors.HexColor("#64727f"), colors.HexColor("#d5dbe1")
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
FRAME_PADDING = 6  # points that ReportLab's frame keeps inside its margins
OWN_FONT = "DocumentFont"


@cache
def _fonts(path: str) -> tuple[str, str]:
    """(regular, bold); a TrueType file is used for both, Helvetica where none is set."""
    if not path:
        return "Helvetica", "Helvetica-Bold"
    pdfmetrics.registerFont(TTFont(OWN_FONT, path))
    return OWN_FONT, OWN_FONT


def style(
    *, size: float = 9.5, bold: bool = False, quiet: bool = False, right: bool = False
) -> ParagraphStyle:
    """A text style of the house."""
    made = ParagraphStyle(
        "text",
        fontName=_fonts(settings.PDF_FONT)[int(bold)],
        fontSize=size,
        leading=size * 1.35,
        textColor=QUIET if quiet else INK,
    )
    if right:
        made.alignment = TA_RIGHT
    return made


def text(words: object, **look: Any) -> Paragraph:
    """One paragraph; line breaks of the words are kept."""
    return Paragraph(escape(str(words)).replace("\n", "<br/>"), style(**look))


def gap(height_mm: float) -> Flowable:
    """Empty space."""
    return Spacer(1, height_mm * mm)


def columns(cells: Sequence[Any], shares: Sequence[float]) -> Table:
    """Things beside each other without rules."""
    table = Table([list(cells)], colWidths=[WIDTH * share for share in shares])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_PLAIN]))
    return table


def rows(
    head: Sequence[str],
    body: Sequence[Sequence[object]],
    shares: Sequence[float],
    *,
    strong_last: bool = False,
    size: float = 9.5,
) -> Table:
    """A table: texts left in the first column, right in all others; the last row may be a sum. size: of the body."""
    lines: list[list[Paragraph]] = [
        [text(word, size=8, quiet=True, right=number > 0) for number, word in enumerate(head)]
    ]
    for index, row in enumerate(body):
        bold = strong_last and index == len(body) - 1
        lines.append([text(cell, bold=bold, size=size, right=number > 0) for number, cell in enumerate(row)])
    table = Table(lines, colWidths=[WIDTH * share for share in shares], repeatRows=1)
    look: list[Any] = [*_PLAIN, ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE)]
    if strong_last:
        look.append(("LINEABOVE", (0, -1), (-1, -1), 1, INK))
    table.setStyle(TableStyle([*look, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


_PLAIN: list[Any] = [
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 4),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
]


def pdf(story: Sequence[Flowable], *, title: str, author: str, footer: str) -> bytes:
    """The document as PDF bytes, with a footer and the page number on every page."""

    def draw_footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFont(_fonts(settings.PDF_FONT)[0], 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 12 * mm, footer)
        canvas.drawRightString(A4[0] - MARGIN, 12 * mm, str(document.page))

    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        title=title,
        author=author,
        invariant=1,
        leftMargin=MARGIN - FRAME_PADDING,
        rightMargin=MARGIN - FRAME_PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
    )
    document.build(list(story), onFirstPage=draw_footer, onLaterPages=draw_footer)
    return target.getvalue()
