"""How many threads of this process are busy with each receiver."""

from collections import Counter
from threading import Lock


class Slots:
    """At most `limit` slots for each name. For threads of one process."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken: Counter[str] = Counter()
        self._asked: set[str] = set()
        self._lock = Lock()

    def take(self, name: str) -> bool:
        """Take a slot; False when all are taken. Who took one frees it."""
        with self._lock:
            if self._taken[name] >= self.limit:
                return False
            self._taken[name] += 1
            return True

    def ask(self, name: str) -> bool:
        """Leave word with whoever frees a slot of this name next; False, and no word, when one is free now."""
        with self._lock:
            if self._taken[name] < self.limit:
                return False
            self._asked.add(name)
            return True

    def free(self, name: str) -> bool:
        """Give a slot back. Whether somebody asked for it: there is more to do for this name then."""
        with self._lock:
            self._taken[name] -= 1
            if self._taken[name] <= 0:
                del self._taken[name]
            asked = name in self._asked
            self._asked.discard(name)
            return asked

    def full(self) -> set[str]:
        """The names without a free slot."""
        with self._lock:
            return {name for name, count in self._taken.items() if count >= self.limit}

    def clear(self) -> None:
        """Free every slot."""
        with self._lock:
            self._taken.clear()
            self._asked.clear()
