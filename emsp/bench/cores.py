"""Which cores a process may use, what CPU time it took, what memory it holds: of this machine, from /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

APART_FROM = 4  # cores: with fewer, a core kept for the partners would be half the machine
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def split(available: Iterable[int]) -> tuple[set[int], set[int]]:
    """Cores for what is measured, and for the partners' ends; all for both where there are fewer than APART_FROM."""
    cores = sorted(available)
    if len(cores) < APART_FROM:
        return set(cores), set(cores)
    apart = len(cores) // 4
    return set(cores[:-apart]), set(cores[-apart:])


def pin(pids: Iterable[int], cores: set[int]) -> None:
    """Keep these processes, all their threads and what they start from now on, on these cores."""
    for pid in pids:
        for thread in _threads(pid):
            try:
                os.sched_setaffinity(thread, cores)
            except (ProcessLookupError, PermissionError):
                continue  # it has ended, or belongs to somebody else


def with_children(pids: Iterable[int]) -> set[int]:
    """These processes and all below them."""
    parents = {int(entry.name): found[1] for entry in PROC.glob("[0-9]*") if (found := _stat(int(entry.name)))}
    chosen = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in chosen} - chosen:
        chosen |= more
    return chosen


def parent_of(pid: int) -> int | None:
    """The process that started this one; None when it is not on this machine."""
    found = _stat(pid)
    return found[1] if found else None


def cpu_s(pids: Iterable[int]) -> float:
    """CPU time that these processes took so far, with that of children that have ended, in seconds."""
    return sum(found[0] for pid in pids if (found := _stat(pid)))


def memory_mb(pids: Iterable[int]) -> int:
    """Memory that these processes hold and share with nobody, in MB."""
    return sum(_own_kb(pid) for pid in pids) // 1024


def _threads(pid: int) -> list[int]:
    try:
        return [int(name) for name in os.listdir(PROC / str(pid) / "task")]
    except OSError:
        return []


def _stat(pid: int) -> tuple[float, int] | None:
    """CPU time in seconds, and the parent."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return sum(map(int, fields[11:15])) / TICKS_PER_S, int(fields[1])


def _own_kb(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:")))
