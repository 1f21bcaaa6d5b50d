"""Work in lines by name, so that one name that is slow keeps few threads busy, and none of them waits for it."""

from collections import Counter, deque
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """A line for each name, at most `longest` long, worked off by at most `limit` threads. For threads of one process.

    most: how many items a thread takes at once, where so many are in line.
    """

    def __init__(self, limit: int, longest: int, most: int = 1) -> None:
        self.limit, self.longest, self.most = limit, longest, most
        self._lines: dict[str, deque[T]] = {}
        self._busy: Counter[str] = Counter()
        self._lock = Lock()

    def join(self, name: str, item: T, act: Callable[[list[T]], None]) -> bool:
        """Put an item in line. Where fewer than `limit` threads are at it, this one works off the line until it is empty.

        False when the line is too long; the item is not taken then. An error of act ends this thread's part.
        """
        with self._lock:
            line = self._lines.setdefault(name, deque())
            if len(line) >= self.longest:
                return False
            line.append(item)
            if self._busy[name] >= self.limit:
                return True
            self._busy[name] += 1
        while taken := self._next(name):
            try:
                act(taken)
            except BaseException:
                self._leave(name)
                raise
        return True

    def _next(self, name: str) -> list[T]:
        """The next items; none when there are none, and the thread has left."""
        with self._lock:
            line = self._lines[name]
            taken = [line.popleft() for _ in range(min(self.most, len(line)))]
        if not taken:
            self._leave(name)
        return taken

    def _leave(self, name: str) -> None:
        with self._lock:
            self._busy[name] -= 1
            if not self._busy[name]:
                del self._busy[name]
                if not self._lines[name]:
                    del self._lines[name]
