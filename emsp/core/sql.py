"""Statements of the hot path that are written by hand: large values as bytes, and commits that nobody waits for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

# For a WITH clause of a statement that may be lost when PostgreSQL dies, because it would be made again: its commit is
# not waited for. Whatever is promised to others must not use it.
NOT_WAITED_FOR = "unhurried as materialized (select set_config('synchronous_commit', 'off', true))"


@contextmanager
def binary_cursor() -> Iterator["psycopg.Cursor[Any]"]:
    """A cursor of this thread's connection, in its transaction, that sends parameters as they are.

    Django's own writes bytes into the text of the statement, twice as long as they are, to be parsed.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor
