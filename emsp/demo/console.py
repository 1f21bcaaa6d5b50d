"""The demo's output: lines of many processes, each under its name, none torn and none with a secret."""

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

from emsp.core.log import mask_text

NAME_WIDTH = 9
MOST_UNHEARD = 250  # lines kept of each child: a chain of tracebacks


class Console:
    """Writes whole lines from any thread. A reader that has gone away (`make demo | head`) is no error."""

    def __init__(self, out: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out or sys.stdout
        self._lock = threading.Lock()
        self._clock = clock
        self._only: str | None = None
        self._hear_all_at: float | None = None
        self._unheard: dict[str, deque[str]] = {}

    def say(self, text: str = "") -> None:
        """A line of the supervisor itself."""
        self._write(text)

    def line(self, name: str, text: str) -> None:
        """A line that the child `name` wrote, masked once more: tracebacks do not pass its log filter."""
        if self._hear_all_at is not None and self._clock() >= self._hear_all_at:
            self._only = self._hear_all_at = None
            self._unheard.clear()
        if not text:
            return
        line = f"{name:<{NAME_WIDTH}}| {mask_text(text)}"
        if self._only in (None, name):
            self._write(line)
        else:
            self._unheard.setdefault(name, deque(maxlen=MOST_UNHEARD)).append(line)

    def hear_only(self, name: str) -> None:
        """Show no other child from now on: when one has died, the complaints of the rest explain nothing.

        The first name stays: it is the one that caused the others.
        """
        self._only = self._only or name

    def tell_unheard(self, name: str) -> None:
        """Write what this child said while another was heard: it has ended by itself, and that tells why."""
        for line in self._unheard.pop(name, ()):
            self._write(line)

    def hear_all(self, after_s: float = 0.0) -> None:
        """Show every child again: the one that had died is back. after_s: seconds until the rest has noticed."""
        self._hear_all_at = self._clock() + after_s

    def _write(self, text: str) -> None:
        with self._lock:
            try:
                self._out.write(text + "\n")
                self._out.flush()
            except (OSError, ValueError):
                self._out = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
