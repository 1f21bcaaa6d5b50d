"""Search and push over mirrors of one thousand stations and more, each ten times the one before."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg

from emsp.bench import runs
from emsp.bench.figures import Paired

FIRST = 1_000
SIZES = """select sum(pg_table_size(c.oid)) filter (where c.relname = 'catalog_offer'),
                  sum(pg_indexes_size(c.oid)) filter (where c.relname = 'catalog_offer'),
                  pg_table_size('catalog_stationtext'), pg_relation_size('station_text_point')
           from pg_class c where c.relname = 'catalog_offer'"""
NOTES = {
    "MB offers": "offers in MB", "MB indexes": "their indexes in MB", "MB texts": "texts of stations in MB",
    "MB places": "their place index in MB",
}  # fmt: skip
WIDTH = 9  # characters of a column
ABOUT = (
    "one at a time; p50 and p99 in ms, median of the rounds; floor: its p50; times: p50 by that floor of the same round;",
    "/1st: by that of the first row. What the load of the machine does to a p50, it does to the floor: see times/1st.",
)
Row = dict[str, float]  # "group column": figure


@dataclass(frozen=True)
class Table:
    """How search and push grow: a row for each number of locations, its columns by name. Milliseconds and MB."""

    rows: list[Row]

    def lines(self) -> list[str]:
        """Two lines of head, one for each row, and what the columns mean."""
        names = [name.rpartition(" ")[::2] for name in self.rows[0]]
        groups = ["" if number and names[number - 1][0] == group else group for number, (group, _) in enumerate(names)]
        table = [groups, [column for _, column in names], *(map(_text, row.values()) for row in self.rows)]
        return ["  ".join(f"{cell:>{WIDTH}}" for cell in cells) for cells in table] + list(ABOUT)

    def told(self) -> dict[str, Any]:
        """Everything for JSON."""
        return {"name": "growth", "rows": self.rows}


def sizes(most: int) -> list[int]:
    """FIRST and its multiples by ten, up to `most`, which is the last."""
    found = [FIRST]
    while found[-1] * 10 < most:
        found.append(found[-1] * 10)
    return [size for size in found if size < most] + [most]


def growth(bench: runs.Bench, concurrency: int) -> Iterator[Paired | Table]:
    """Search, then push, at each size; with the sizes of the offers' table and indexes in MB. At the end the table."""
    start, rows = 0, list[Row]()
    for size in sizes(bench.locations):
        bench.locations = size
        runs.fill(bench, start)
        start = size
        with psycopg.connect(bench.stack.database_url) as connection:
            found = connection.execute(SIZES).fetchone() or (0, 0, 0, 0)
        notes = dict(zip(NOTES.values(), (round(float(value) / 1e6, 1) for value in found), strict=True))
        alone: list[Paired] = []
        for measure in (bench.search, bench.push):
            for number, paired in enumerate(measure(concurrency)):
                told = replace(paired, name=f"{paired.name}, {size} locations", notes=paired.notes | notes)
                alone += [told] if number == 0 else []
                yield told
        rows.append(row(size, *alone, first=rows[0] if rows else None))
    yield Table(rows)


def row(size: int, search: Paired, push: Paired, *, first: Row | None) -> Row:
    """A row of the table, of what was measured one at a time at this size. first: the table's first row, if there is one."""
    made: Row = {"locations": size}
    for name, paired in (("search", search), ("push", push)):
        made |= _columns(name, paired, first)
    return made | {name: search.notes[note] for name, note in ({"MB memory": runs.MEMORY} | NOTES).items()}


def _columns(name: str, paired: Paired, first: Row | None) -> Row:
    times = paired.latency("p50")
    made = {
        f"{name} p50": statistics.median(one.p50_ms or 0 for one in paired.measured),
        f"{name} p99": statistics.median(one.p99_ms or 0 for one in paired.measured),
        f"{name} floor": statistics.median(one.p50_ms or 0 for one in paired.floor),
        f"{name} times": times.median if times else 0.0,
    }
    compared = (f"{name} p50", f"{name} times")
    return made | {f"{of}/1st": made[of] / ((first or made)[of] or 1.0) for of in compared}


def _text(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"
