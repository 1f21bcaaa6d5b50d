"""Takes connections from the pool without a query for each: a look at the socket tells that the server closed one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from select import POLLIN, poll
from time import monotonic
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool

ASKED_AFTER_S = 1  # a server that is gone without a word leaves the socket silent: who was idle so long is asked


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of the pool that was closed, or does not answer, is replaced before anybody uses it."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that works, as far as can be told."""
        return _replaced_if_dead(partial(super().get_new_connection, conn_params))

    @contextmanager
    def lent(self) -> "Iterator[psycopg.Connection[Any]]":
        """The connection of this thread, in its transaction; where it has none, one of the pool for this block.

        That one commits each statement by itself, and skips what Django does around a connection that a request keeps.
        """
        if self.connection is not None or self.in_atomic_block or self.pool is None:
            self.ensure_connection()
            with self.wrap_database_errors:
                yield self.connection
            return
        with self.wrap_database_errors:
            pool = self.pool
            pool.open()
            connection = _replaced_if_dead(pool.getconn)
            try:
                if not connection.autocommit:  # left so by who gave it back within a transaction
                    connection.autocommit = True
                yield connection
            finally:
                pool.putconn(connection)

    def get_autocommit(self) -> bool:
        """Whether each statement commits by itself; to say so before there is a connection, none is made."""
        return bool(self.settings_dict["AUTOCOMMIT"]) if self.connection is None else super().get_autocommit()


def _replaced_if_dead(take: "Callable[[], psycopg.Connection[Any]]") -> "psycopg.Connection[Any]":
    while True:
        connection = take()
        pool: Any = getattr(connection, "_pool", None)  # psycopg's own note
        if pool is None or _works(connection):
            return connection
        connection.close()
        pool.putconn(connection)  # which makes another in its place


def _works(connection: "psycopg.Connection[Any]") -> bool:
    now, used_at = monotonic(), getattr(connection, "used_at", 0.0)
    connection.used_at = now  # type: ignore[attr-defined]  # kept where the pool keeps its own notes
    try:
        if now - used_at >= ASKED_AFTER_S or _has_news(connection):
            ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True


def _has_news(connection: "psycopg.Connection[Any]") -> bool:
    """Whether the server sent something nobody asked for: its farewell, or a notice."""
    look = poll()
    look.register(connection.fileno(), POLLIN)
    return bool(look.poll(0))
