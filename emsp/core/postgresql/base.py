"""Takes connections from the pool without a query for each: a look at the socket tells that the server closed one."""

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
        while True:
            connection = super().get_new_connection(conn_params)
            if self.pool is None or _works(connection):
                return connection
            connection.close()
            self.pool.putconn(connection)  # which makes another in its place


def _works(connection: "psycopg.Connection[Any]") -> bool:
    now, used_at = monotonic(), getattr(connection, "used_at", 0.0)
    connection.used_at = now  # type: ignore[attr-defined]  # kept where the pool keeps its own notes
    if now - used_at < ASKED_AFTER_S and not _has_news(connection):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except psycopg.Error:
        return False
    return True


def _has_news(connection: "psycopg.Connection[Any]") -> bool:
    """Whether the server sent something nobody asked for: its farewell, or a notice."""
    look = poll()
    look.register(connection.fileno(), POLLIN)
    return bool(look.poll(0))
