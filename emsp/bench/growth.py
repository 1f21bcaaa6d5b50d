"""Search and push over mirrors of one thousand stations and more, each ten times the one before."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg

from emsp.bench import runs
from emsp.bench.figures import Paired

FIRST = 1_000
SIZES = """select sum(pg_table_size(c.oid)) filter (where c.relname = 'catalog_offer'),
                  sum(pg_indexes_size(c.oid)) filter (where c.relname = 'catalog_offer'),
                  pg_relation_size('offer_point')
           from pg_class c where c.relname = 'catalog_offer'"""


def sizes(most: int) -> list[int]:
    """FIRST and its multiples by ten, up to `most`, which is the last."""
    found = [FIRST]
    while found[-1] * 10 < most:
        found.append(found[-1] * 10)
    return [size for size in found if size < most] + [most]


def growth(bench: runs.Bench, concurrency: int) -> Iterator[Paired]:
    """Search, then push, at each size; with the sizes of the offers' table and indexes in MB."""
    start = 0
    for size in sizes(bench.locations):
        bench.locations = size
        runs.fill(bench, start)
        start = size
        with psycopg.connect(bench.stack.database_url) as connection:
            row = connection.execute(SIZES).fetchone() or (0, 0, 0)
        names = ("offers in MB", "their indexes in MB", "place index in MB")
        notes = dict(zip(names, (round(float(value) / 1e6, 1) for value in row), strict=True))
        for paired in (*bench.search(concurrency), *bench.push(concurrency)):
            yield replace(paired, name=f"{paired.name}, {size} locations", notes=paired.notes | notes)
