"""The floor of the doors: a bare WSGI application on the same server, which does what is durable and nothing else.

POST: verify the signature, keep the body, ACK. PATCH: one UPDATE of a row. DATABASE_URL and BENCH_PUBLIC_KEY tell the rest.
"""

import base64
import os
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psycopg

from beckn import signing
from emsp.bench.bap import ACK
from emsp.bench.floor import INSERT, UPDATE, values

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_here = threading.local()
_key = base64.b64decode(os.environ.get("BENCH_PUBLIC_KEY", ""))


def application(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
    """One request."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["REQUEST_METHOD"] == "POST":
        signing.verify(signing.parse(environ["HTTP_AUTHORIZATION"]), body, _key, int(time.time()))
        _connection().execute(INSERT, values(body))
    elif environ["REQUEST_METHOD"] == "PATCH":
        _connection().execute(UPDATE, [int(environ["PATH_INFO"][-8:-1])])
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ACK)))])
    return [ACK]


def _connection() -> psycopg.Connection[Any]:
    if not hasattr(_here, "connection"):
        _here.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    return _here.connection  # type: ignore[no-any-return]
