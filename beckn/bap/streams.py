"""Server-sent events: texts of a session, sent when they change. One stream holds one thread of the server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

# Of the server's threads, those that live pages may hold; who comes later looks again every two seconds.
MOST = 64
LOOK_EVERY_S = 1.0
SIGN_OF_LIFE_EVERY_S = 10.0
LASTS_S = 300.0  # then the browser comes again by itself

_free = threading.BoundedSemaphore(MOST)


class Stream:
    """An answer's body as events. look: gives the values to show, called about once a second.

    Between two looks it keeps no connection to the database.
    """

    def __init__(self, look: Callable[[], dict[str, Any]]) -> None:
        self._events = self._run(look)
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        return self._events

    def close(self) -> None:
        """Give the place back; the server calls it when the browser has gone, too."""
        if self._open:
            self._open = False
            self._events.close()
            _free.release()

    @staticmethod
    def _run(look: Callable[[], dict[str, Any]]) -> Any:
        ends_at = time.monotonic() + LASTS_S
        told, told_at = "", 0.0
        while time.monotonic() < ends_at:
            try:
                text = json.dumps(look(), sort_keys=True)
            finally:
                connection.close()
            if text != told:
                told, told_at = text, time.monotonic()
                yield f"data: {text}\n\n".encode()
            elif time.monotonic() - told_at > SIGN_OF_LIFE_EVERY_S:
                told_at = time.monotonic()
                yield b": here\n\n"
            time.sleep(LOOK_EVERY_S)


def opened(look: Callable[[], dict[str, Any]]) -> Stream | None:
    """A stream when there is a place for one more; else None."""
    return Stream(look) if _free.acquire(blocking=False) else None
