"""What one process remembers for some seconds, so that the hot path need not ask again."""

from collections.abc import Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """A dictionary whose entries are forgotten after ttl_s seconds, and that never holds more than limit.

    For threads of one process. Nothing may depend on an entry being there.
    """

    def __init__(self, ttl_s: float, limit: int = 1000) -> None:
        self.ttl_s, self.limit = ttl_s, limit
        self._entries: dict[Hashable, tuple[float, T]] = {}
        self._lock = Lock()

    def get(self, key: Hashable) -> T | None:
        """The value put under key less than ttl_s ago, or None."""
        found = self._entries.get(key)
        return found[1] if found is not None and monotonic() < found[0] else None

    def put(self, key: Hashable, value: T) -> None:
        """Remember value. When the memory is full, what was put first is forgotten."""
        with self._lock:
            self._put(key, value)

    def first_time(self, key: Hashable, value: T) -> bool:
        """Put value unless there is one; True when there was none: a limit of once per ttl_s."""
        with self._lock:
            if self.get(key) is not None:
                return False
            self._put(key, value)
            return True

    def drop(self, key: Hashable) -> None:
        """Forget one entry, if it is there."""
        with self._lock:
            self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def _put(self, key: Hashable, value: T) -> None:
        self._entries.pop(key, None)
        while len(self._entries) >= self.limit:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (monotonic() + self.ttl_s, value)
