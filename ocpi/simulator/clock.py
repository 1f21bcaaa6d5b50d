"""The simulator's sense of time: now, later, and waiting. Tests put a clock of their own in its place."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

log = logging.getLogger("ocpi.simulator")

Action = Callable[[], None]


class Clock(Protocol):
    """What the simulator needs of time."""

    def now(self) -> datetime:
        """This moment, aware UTC."""

    def later(self, seconds: float, action: Action) -> None:
        """Run action once, in the background, after so many real seconds."""

    def sleep(self, seconds: float) -> None:
        """Hold up the caller."""


class WallClock:
    """Real time. A few daemon threads run what is due; a slow peer holds up one of them, not all."""

    def __init__(self, workers: int = 8) -> None:
        self._queue: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._news = threading.Condition()
        self._stopped = False
        for number in range(workers):
            threading.Thread(target=self._work, name=f"simulator-{number}", daemon=True).start()

    def now(self) -> datetime:
        """This moment, aware UTC."""
        return datetime.now(UTC)

    def later(self, seconds: float, action: Action) -> None:
        """Run action once, in a worker thread, after so many seconds."""
        with self._news:
            heapq.heappush(self._queue, (time.monotonic() + seconds, next(self._order), action))
            self._news.notify()

    def sleep(self, seconds: float) -> None:
        """Hold up the calling thread."""
        time.sleep(seconds)

    def stop(self) -> None:
        """Start nothing any more. What runs is not waited for."""
        with self._news:
            self._stopped = True
            self._news.notify_all()

    def _work(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception:
                # A defect of ours: peers' failures are handled where they are called. The worker goes on.
                log.exception("a background action failed")

    def _next(self) -> Action | None:
        with self._news:
            while not self._stopped:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._queue)[2]
                self._news.wait(wait)
            return None
