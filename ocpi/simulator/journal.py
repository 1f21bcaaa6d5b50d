"""The last HTTP calls in both directions, for the page. Neither headers nor bodies nor queries are kept."""

import re
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

_LONG = re.compile(r"(?<=/)([^/]{6})[^/]{16,}")


@dataclass(frozen=True)
class Entry:
    """One call. direction: 'in' (the eMSP called us) or 'out'; status 0: no answer."""

    at: datetime
    direction: str
    method: str
    path: str
    status: int
    duration_ms: int
    note: str = ""


class Journal:
    """Remembers the newest calls."""

    def __init__(self, size: int = 60) -> None:
        self._entries: deque[Entry] = deque(maxlen=size)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Remember a call; long path segments are shortened, because some are secrets (response URLs)."""
        short = Entry(**{**entry.__dict__, "path": _LONG.sub(r"\1…", entry.path)})
        with self._lock:
            self._entries.appendleft(short)

    def newest_first(self) -> list[Entry]:
        """A copy of what is remembered."""
        with self._lock:
            return list(self._entries)
