"""How many threads of this process are busy with each receiver."""

from collections import Counter
from threading import Lock


class Slots:
    """At most `limit` slots for each name. For threads of one process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    def take(self, name: str) -> bool:
        """Take a slot; False when all are taken. Who took one frees it."""
        with self._lock:
            if self._taken[name] >= self.limit:
                return False
            self._taken[name] += 1
            return True

    def free(self, name: str) -> None:
        """Give a slot back."""
        with self._lock:
            self._taken[name] -= 1
            if self._taken[name] <= 0:
                del self._taken[name]

    def full(self) -> set[str]:
        """The names without a free slot."""
        with self._lock:
            return {name for name, count in self._taken.items() if count >= self.limit}

    def clear(self) -> None:
        """Free every slot."""
        with self._lock:
            self._taken.clear()
