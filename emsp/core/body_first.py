"""Takes a request's body in before the request takes up a place at work.

A sender may let its body trickle in for hours, and nothing interrupts the thread that waits for it. So the web
server has many threads, which cost nothing while they wait, and few places: those work whose body is complete.
"""

import threading
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication


class BodyFirst:
    """WSGI middleware. places: requests at work at the same time; limit: bytes of a body that are taken in.

    A body that says it is longer stays unread; of one that does not say (chunked), one byte more than limit is read, and
    its length said from then on: without, Django takes it for empty. Whether it is refused is the application's matter.
    """

    def __init__(self, application: "WSGIApplication", *, places: int, limit: int) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(places)
        self._limit = limit

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        if size := self._size(environ):
            body = environ["wsgi.input"].read(size)
            environ["wsgi.input"] = BytesIO(body)
            if environ.pop("HTTP_TRANSFER_ENCODING", ""):
                environ["CONTENT_LENGTH"] = str(len(body))
        with self._places:
            return self._application(environ, start_response)

    def _size(self, environ: dict[str, Any]) -> int:
        """How many bytes to take in now."""
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return self._limit + 1
        length = environ.get("CONTENT_LENGTH") or ""
        return int(length) if length.isascii() and length.isdigit() and int(length) <= self._limit else 0
