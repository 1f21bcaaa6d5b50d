"""Statements of the hot path written by hand: large values as bytes, many rows at once, commits that nobody waits for,
and several of them in one round trip, planned once."""

from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, JSONField, Model
from psycopg import sql

from emsp.core.fields import PointField
from emsp.core.wire import encode

# For a WITH clause of a statement that may be lost when PostgreSQL dies, because it would be made again: its commit is
# not waited for. Whatever is promised to others must not use it.
NOT_WAITED_FOR = "unhurried as materialized (select set_config('synchronous_commit', 'off', true))"
INSERT = "insert into {table} ({columns}) select {columns} from json_populate_recordset(null::{table}, %s::json)"
NEXT_IDS = "select nextval(name::regclass) from pg_get_serial_sequence(%s, %s) name, generate_series(1, %s)"
ON_CONFLICT = " on conflict ({unique}) do {act} returning {unique}, {pk}"
M = TypeVar("M", bound=Model)


@contextmanager
def binary_cursor(database: str = DEFAULT_DB_ALIAS) -> Iterator["psycopg.Cursor[Any]"]:
    """A cursor of this thread's connection, in its transaction, that sends parameters as they are; without one, of one
    that is lent for this block (emsp.core.postgresql).

    Django's own writes bytes into the text of the statement, twice as long as they are, to be parsed. Statements that are
    executed with prepare=True are parsed and planned once per connection (settings: not behind PgBouncer), for any
    parameters: only for those whose best plan never depends on them.
    """
    chosen: Any = connections[database]
    with chosen.lent() as lent, _cursor(chosen, lent) as cursor:
        yield cursor


def _cursor(chosen: Any, lent: "psycopg.Connection[Any]") -> "psycopg.Cursor[Any]":
    return _Listed(lent, chosen.queries_log) if chosen.queries_logged else psycopg.Cursor(lent)


class _Listed(psycopg.Cursor[Any]):
    """Tells Django what it does, where Django lists queries: for those who count them."""

    def __init__(self, connection: "psycopg.Connection[Any]", queries: Any) -> None:
        super().__init__(connection)
        self._queries = queries

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> "_Listed":
        self._queries.append({"sql": query if isinstance(query, str) else query.as_string(self), "time": "0.000"})
        return super().execute(query, *args, **kwargs)

    def executemany(self, query: Any, params_seq: Any, **kwargs: Any) -> None:
        rows = list(params_seq)
        self._queries.extend({"sql": str(query), "time": "0.000"} for _ in rows)
        super().executemany(query, rows, **kwargs)


def in_one_trip(*statements: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run statements that PostgreSQL plans once per connection, and fetch the rows of the last one.

    They travel together. Outside a transaction they are one, which is durable when this returns; each sees what was
    committed before it began, as always, so that the second one knows what the first had to wait for.
    values: by the names in the statements. Behind PgBouncer nothing is kept, and each is planned anew.
    """
    chosen: Any = connection
    with chosen.lent() as lent:
        cursors = [_cursor(chosen, lent) for _ in statements]
        with lent.pipeline():
            for cursor, statement in zip(cursors, statements, strict=True):
                cursor.execute(statement, values, prepare=True)
        return cursors[-1].fetchall()


def for_each(statement: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...] | None]:
    """Run a statement with the values of each row, and give the first row that each returns.

    They travel together, and outside a transaction they are one. Planned once per connection, as in_one_trip.
    """
    with binary_cursor() as cursor:
        if len(rows) == 1:
            return [cursor.execute(statement, rows[0], prepare=True).fetchone()]
        cursor.executemany(statement, rows, returning=True)
        return [each.fetchone() for each in cursor.results()]


def upsert(model: type[M], rows: Sequence[M], unique: list[str], update: Sequence[str] = ()) -> list[M]:
    """Insert rows in one statement; where one with the same `unique` fields is there, set the `update` fields of that.

    Without `update` what is there stays as it is. Gives the rows that were written, their pk set. All rows travel as one
    JSON parameter: to put each value into the statement's text, as bulk_create does, takes most of the time of a page.
    No row may occur twice. Call it inside a transaction.
    """
    if not rows:
        return []
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    key = [model._meta.get_field(name) for name in unique]
    names = [field.attname for field in key]  # type: ignore[union-attr]
    listed = encode([
        {field.column: field.get_prep_value(field.pre_save(row, True)) for field in fields} for row in rows
    ])  # fmt: skip
    with binary_cursor() as cursor:
        cursor.execute(_statement(model, unique, update), [listed.decode()])
        written = {tuple(found): pk for *found, pk in cursor.fetchall()}
    stored = []
    for row in rows:
        pk = written.get(tuple(getattr(row, name) for name in names))
        if pk is not None:
            row.pk, row._state.adding, row._state.db = pk, False, connection.alias
            stored.append(row)
    return stored


def row_type(model: type[Model], *left_out: str) -> Any:
    """A named tuple with a member for each column of a model but those left out, called as on its instances.

    For rows that come in thousands: to make an instance takes ten times as long.
    """
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in left_out]
    return namedtuple(f"{model.__name__}Row", names)


def next_ids(model: type[Model], count: int) -> list[int]:
    """So many primary keys that no row of this model has."""
    with binary_cursor() as cursor:
        cursor.execute(NEXT_IDS, [model._meta.db_table, "id", count])
        return [pk for (pk,) in cursor.fetchall()]


def copy_in(model: type[Model], rows: Sequence[Any]) -> None:
    """Add rows (of row_type) that are new, by COPY. Call it inside a transaction.

    Adds all or none: raises IntegrityError when one of them is there already, DataError when a column does not take a value.
    """
    if not rows:
        return
    fields = [field for field in model._meta.concrete_fields if field.attname in rows[0]._fields]
    columns = [_as_copied(field, values) for field, values in zip(fields, zip(*rows, strict=True), strict=True)]
    statement = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
    )
    with binary_cursor() as cursor, cursor.copy(statement) as copy:
        for row in zip(*columns, strict=True):
            copy.write_row(row)


def _as_copied(field: "Field[Any, Any]", values: Sequence[Any]) -> Sequence[Any]:
    """The values of one column in a form that COPY takes."""
    if isinstance(field, JSONField):
        return [None if value is None else encode(value).decode() for value in values]
    if isinstance(field, ArrayField):
        return [None if value is None else _array(tuple(value)) for value in values]
    return [field.get_prep_value(value) for value in values] if isinstance(field, PointField) else values


@lru_cache(maxsize=1024)
def _array(texts: tuple[str, ...]) -> str:
    """Texts as PostgreSQL writes an array of them."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def _statement(model: type[Model], unique: list[str], update: Sequence[str]) -> sql.Composed:
    def column(name: str) -> sql.Identifier:
        return sql.Identifier(str(model._meta.get_field(name).column))  # type: ignore[union-attr]

    def columns(names: Iterable[str]) -> sql.Composed:
        return sql.SQL(", ").join(map(column, names))

    assigned = sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(column(name)) for name in update)
    return sql.SQL(INSERT + ON_CONFLICT).format(
        table=sql.Identifier(model._meta.db_table),
        columns=columns(field.name for field in model._meta.concrete_fields if not field.primary_key),
        unique=columns(unique),
        act=sql.SQL("update set {}").format(assigned) if update else sql.SQL("nothing"),
        pk=column("id"),
    )
