"""Processes that a killed demo left behind: remembered in `.demo/processes.json`, ended by the next."""

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from emsp.demo.files import write_private

FILE = "processes.json"
PATIENCE_S = 10.0
POLL_S = 0.05
SAME_START_S = 2.0  # the start of a process is counted from the boot, whose moment moves with the clock


@dataclass(frozen=True)
class Entry:
    """A process we started, leader of a group of its own. started: Unix seconds; ids alone are used again."""

    name: str
    pid: int
    started: float
    stop_signal: int


class Record:
    """The processes that run for the demo in `folder`, on disk for whoever comes after a SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._entries: list[Entry] = []

    def add(self, name: str, pid: int, stop_signal: signal.Signals) -> None:
        """Remember a process that has just started; one that has ended already needs no memory."""
        try:
            started = float(psutil.Process(pid).create_time())
        except psutil.Error:
            return
        self._entries = [entry for entry in self._entries if entry.name != name]
        self._entries.append(Entry(name, pid, started, stop_signal.value))
        rows = [[entry.name, entry.pid, entry.started, entry.stop_signal] for entry in self._entries]
        write_private(self._file, json.dumps(rows) + "\n")

    def clear(self) -> None:
        """Everything has ended in order."""
        self._entries = []
        self._file.unlink(missing_ok=True)


def end_leftovers(folder: Path) -> list[str]:
    """End what still runs of an earlier demo in `folder`, and nothing else; returns the names."""
    left = [(entry, found) for entry in recorded(folder) if (found := members(entry))]
    everyone = [process for _, found in left for process in found]
    for entry, found in left:
        for process in found:
            send(process, entry.stop_signal)
    for process in _running(everyone, within_s=PATIENCE_S):
        send(process, signal.SIGKILL)
    _running(everyone, within_s=PATIENCE_S)
    (folder / FILE).unlink(missing_ok=True)
    return [entry.name for entry, _ in left]


def recorded(folder: Path) -> list[Entry]:
    """The processes of the demo in `folder`, as its supervisor started them last; none when there is no demo."""
    try:
        rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return [Entry(str(name), int(pid), float(started), int(stop)) for name, pid, started, stop in rows]
    except (OSError, ValueError, TypeError):
        return []


def members(entry: Entry) -> list[psutil.Process]:
    """The recorded process and what it started. While its group lives, its id is given to no other."""
    try:
        leader = psutil.Process(entry.pid)
        if abs(leader.create_time() - entry.started) > SAME_START_S:
            return []
    except psutil.NoSuchProcess:
        leader = None
    except psutil.Error:
        return []
    members = [one for one in psutil.process_iter() if one == leader or _group(one) == entry.pid]
    return [one for one in members if _runs(one)]


def _running(processes: list[psutil.Process], *, within_s: float) -> list[psutil.Process]:
    """Those that still run after at most within_s seconds. A dead one that nobody has buried does not run."""
    deadline = time.monotonic() + within_s
    while (running := [process for process in processes if _runs(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return running


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running()) and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None


def send(process: psutil.Process, number: int) -> None:
    """A signal to a process, unless it has ended."""
    try:
        process.send_signal(number)
    except psutil.Error:
        return
