"""The states of an order as SVG, drawn from the table of moves itself."""

from django.utils.html import escape

from sessions.states import NEXT, OrderState

WIDTH, ROW, BOX_W, BOX_H, LEFT, TOP = 360, 88, 256, 60, 52, 8  # a phone shows it whole; wider windows scale it up
SHOWN_W = 480
ENDS = frozenset(state for state in NEXT if not NEXT[state] and state != OrderState.BILLED)


def way() -> list[OrderState]:
    """The states that lead from quote to bill, in order."""
    return [state for state in OrderState if state not in ENDS]


def svg() -> str:
    """One box per state of the way, with its meaning and how it may end; arrows for the moves between them."""
    rows = {state: number for number, state in enumerate(way())}
    moves = [(rows[a], rows[b]) for a in rows for b in sorted(NEXT[a] & rows.keys(), key=rows.__getitem__)]
    height = TOP * 2 + ROW * len(rows) - (ROW - BOX_H)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{SHOWN_W}" role="img" aria-labelledby="states-title">',
        '<title id="states-title">States of an order and the moves between them</title>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>',
    ]
    parts += [_arrow(a, b) for a, b in moves]
    parts += [_row(state, number) for state, number in rows.items()]
    return "".join([*parts, "</svg>"])


def _middle(row: int) -> int:
    return TOP + row * ROW + BOX_H // 2


def _arrow(start: int, end: int) -> str:
    """Straight to the next row; around on the right further down, around on the left back up."""
    if end == start + 1:
        x = LEFT + BOX_W // 2
        line = f"M{x} {_middle(start) + BOX_H // 2}V{_middle(end) - BOX_H // 2 - 1}"
    else:
        side = LEFT + BOX_W if end > start else LEFT
        bend = side + (1 if end > start else -1) * (12 + 16 * abs(end - start))
        shift = 12 if end > start else -12
        y1, y2 = _middle(start) + shift, _middle(end) - shift
        line = f"M{side} {y1}C{bend} {y1} {bend} {y2} {side} {y2}"
    return f'<path class="move" d="{line}" marker-end="url(#tip)"/>'


def _row(state: OrderState, number: int) -> str:
    y = TOP + number * ROW
    ends = ", ".join(end for end in OrderState if end in NEXT[state] & ENDS)
    middle = LEFT + BOX_W // 2
    box = f'<rect x="{LEFT}" y="{y}" width="{BOX_W}" height="{BOX_H}" rx="8" class="state"/>'
    name = f'<text x="{middle}" y="{y + 19}" class="name">{escape(state.value)}</text>'
    told = f'<text x="{middle}" y="{y + 36}" class="what">{escape(str(state.label))}</text>'
    over = f'<text x="{middle}" y="{y + 52}" class="ends">may end: {escape(ends)}</text>' if ends else ""
    return box + name + told + over
