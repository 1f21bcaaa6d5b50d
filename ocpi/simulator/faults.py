"""Faults that can be switched on while the simulator runs."""

import re
import threading
from typing import Literal

from emsp.core.wire import Wire, WireError

CommandName = Literal[
    "RESERVE_NOW", "CANCEL_RESERVATION", "START_SESSION", "STOP_SESSION", "UNLOCK_CONNECTOR"
]
Negative = Literal[
    "FAILED",
    "REJECTED",
    "TIMEOUT",
    "NOT_SUPPORTED",
    "EVSE_OCCUPIED",
    "EVSE_INOPERATIVE",
    "UNKNOWN_RESERVATION",
]
HttpKind = Literal["slow", "500", "reset", "401", "garbage"]
ResultKind = Literal[
    "late_result", "missing_result", "repeated_result", "negative_result", "session_after_timeout"
]
HTTP_KINDS = ("slow", "500", "reset", "401", "garbage")


class Fault(Wire, forbid_unknown_fields=True):
    """One fault.

    kind: of HTTP (slow, 500, reset, 401, garbage), of a list page (bad_object: its first object is broken),
    or of a command's asynchronous result.
    path: regular expression on the request path below /ocpi; empty: every path.
    command: only this command; empty: every command.
    times: how often it happens; None: until it is reset.
    seconds: how slow (slow), how late the result comes (late_result), or how long after the TIMEOUT the
    session starts (session_after_timeout).
    result: what negative_result says. repeat: how often repeated_result says it.
    effect: False with missing_result: the charge point does nothing either.
    """

    kind: HttpKind | Literal["bad_object"] | ResultKind
    path: str = ""
    command: CommandName | None = None
    times: int | None = None
    seconds: float = 5.0
    result: Negative = "FAILED"
    repeat: int = 3
    effect: bool = True


class Faults:
    """The faults that are switched on. Threads may ask at once; `times` is counted exactly."""

    def __init__(self) -> None:
        self._active: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Switch a fault on; raises WireError when it makes no sense."""
        try:
            re.compile(fault.path)
        except re.error as error:
            raise WireError(f"not a regular expression ({error})", path="fault.path") from None
        for name, least in (("times", 1), ("repeat", 1), ("seconds", 0)):
            value = getattr(fault, name)
            if value is not None and value < least:
                raise WireError(f"must be at least {least}", path=f"fault.{name}")
        with self._lock:
            self._active.append(fault)

    def reset(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._active.clear()

    def active(self) -> list[Fault]:
        """What is switched on, with the `times` that are left."""
        with self._lock:
            return list(self._active)

    def for_request(self, path: str) -> list[Fault]:
        """HTTP faults of one request: delays, then at most one that takes the place of the answer."""
        with self._lock:
            matching = [row for row in self._active if row.kind in HTTP_KINDS and _on_path(row, path)]
            slow = [row for row in matching if row.kind == "slow"]
            others = [row for row in matching if row.kind != "slow"][:1]
            return [self._used(row) for row in slow + others]

    def spoils_object(self, path: str) -> bool:
        """Whether one object of the list page at path has to be broken."""
        with self._lock:
            found = [row for row in self._active if row.kind == "bad_object" and _on_path(row, path)]
            return bool([self._used(row) for row in found[:1]])

    def for_command(self, command: str) -> Fault | None:
        """The fault, if any, of the result of one command."""
        with self._lock:
            for row in self._active:
                if row.kind not in (*HTTP_KINDS, "bad_object") and row.command in (None, command):
                    return self._used(row)
            return None

    def _used(self, fault: Fault) -> Fault:
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._active.remove(fault)
        return fault


def _on_path(fault: Fault, path: str) -> bool:
    if fault.command and not path.endswith(f"/commands/{fault.command}"):
        return False
    return re.search(fault.path, path) is not None
