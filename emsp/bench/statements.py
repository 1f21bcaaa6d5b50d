"""How many statements a request takes, counted on the wire: in a process of its own, so that no measurement is delayed.

libpq itself writes down what a connection sends. So each statement counts, whoever sent it: BEGIN and COMMIT too, and the
look at a connection that is taken from the pool.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from django.db import connection
from django.db.backends.signals import connection_created
from django.test import RequestFactory
from psycopg import pq

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SENT = re.compile(rb"^F\t\d+\t(?:Query|Execute)\b", re.MULTILINE)


class Counter:
    """Counts the statements of this thread's connection, as libpq writes them to a file."""

    def __init__(self, written: IO[bytes]) -> None:
        self._written = written
        self._traced: list[pq.abc.PGconn] = []

    def during(self, act: Callable[[], object]) -> int:
        """How many are sent while it acts."""
        start = self._size()
        act()
        return len(SENT.findall(os.pread(self._written.fileno(), self._size() - start, start)))

    def trace(self, connection: Any, **kwargs: Any) -> None:
        """Count what this connection sends; once is enough, also when it was in the pool meanwhile."""
        used: pq.abc.PGconn = connection.connection.pgconn
        if used not in self._traced:
            self._traced.append(used)
            used.trace(self._written.fileno())
            used.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)

    def end(self) -> None:
        """Count no more."""
        for traced in self._traced:
            if traced.status == pq.ConnStatus.OK:
                traced.untrace()

    def _size(self) -> int:
        return os.fstat(self._written.fileno()).st_size


@contextmanager
def counter() -> Iterator[Counter]:
    """Counts what this thread sends, by the connection it has and by those that it opens."""
    with tempfile.TemporaryFile() as written:
        made = Counter(written)
        if connection.connection is not None:
            made.trace(connection)
        connection_created.connect(made.trace)
        try:
            yield made
        finally:
            connection_created.disconnect(made.trace)
            made.end()


class Door:
    """A WSGI application as emsp.bench.http.Client sees one: asked in this process, its connection given back afterwards."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes]:
        """Status and body of the answer. headers: whole lines, each with its end."""
        told = dict(line.split(": ", 1) for line in headers.split("\r\n") if line)
        request = RequestFactory().generic(method, path, body, "application/json", headers=told)
        found: list[str] = []

        def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
            found.append(status)
            return lambda written: None

        answer: Iterable[bytes] = self._application(request.environ, start_response)
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        return int(found[0].split()[0]), content
