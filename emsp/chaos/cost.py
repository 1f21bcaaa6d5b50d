"""What work costs in CPU time of each process of a running demo, whatever else the machine does meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from emsp.demo.leftovers import recorded

IDLE_S = 10.0
PROCESSES = ("web", "worker", "commands", "postgres", "redis")


def cost_of(folder: Path, work: Callable[[], int]) -> dict[str, float]:
    """Milliseconds of CPU time of each process for one piece of work, less what they use when nothing is asked of them.

    work: does many pieces and gives how many they were.
    """
    begun, before = time.monotonic(), _used(folder)
    time.sleep(IDLE_S)
    idle_s, idle = time.monotonic() - begun, _used(folder)
    rates = {name: (idle[name] - before[name]) / idle_s for name in PROCESSES}
    begun = time.monotonic()
    count = work()
    took_s, after = time.monotonic() - begun, _used(folder)
    return {name: 1000 * (after[name] - idle[name] - rates[name] * took_s) / count for name in PROCESSES}


def _used(folder: Path) -> dict[str, float]:
    """Seconds of CPU time so far, of each process with all that it has started."""
    used = dict.fromkeys(PROCESSES, 0.0)
    for entry in recorded(folder):
        if entry.name in used:
            used[entry.name] += sum(map(_seconds, _family(entry.pid)))
    return used


def _family(pid: int) -> list[psutil.Process]:
    """The process and what it has started; PostgreSQL's are in groups of their own."""
    try:
        leader = psutil.Process(pid)
        return [leader, *leader.children(recursive=True)]
    except psutil.Error:
        return []


def _seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:  # it has ended just now
        return 0.0
    return float(times.user + times.system)
