"""Figures of measurements: latencies and CPU time in a row, and rounds of them beside the floor of the same round."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figures:
    """count operations in seconds; p50, p95, p99 and max of their latencies in milliseconds, None for a bulk.

    cpu_s: CPU time of the processes that did them, with PostgreSQL; None where it was not taken.
    """

    name: str
    count: int
    seconds: float
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    failed: int = 0
    cpu_s: float | None = None

    @property
    def per_second(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0

    @property
    def per_cpu_second(self) -> float | None:
        return self.count / self.cpu_s if self.cpu_s else None

    def line(self) -> str:
        """The figures as one line of a table."""
        failed = f"  {self.failed} failed" if self.failed else ""
        cpu = f"  {self.per_cpu_second:.0f} per CPU-second" if self.per_cpu_second else ""
        if self.p50_ms is None:
            return f"{self.name:<36} {self.per_second:>9.1f}/s  in {self.seconds:.1f} s{cpu}{failed}"
        return (
            f"{self.name:<36} {self.per_second:>9.1f}/s  p50 {self.p50_ms:>8.2f} ms  p95 {self.p95_ms:>8.2f} ms"
            f"  p99 {self.p99_ms:>8.2f} ms  max {self.max_ms:>8.2f} ms{cpu}  n={self.count}{failed}"
        )

    def told(self) -> dict[str, Any]:
        """The figures for JSON."""
        return asdict(self) | {"per_second": self.per_second, "per_cpu_second": self.per_cpu_second}


def figures(name: str, latencies_s: list[float], seconds: float, failed: int = 0) -> Figures:
    """Figures of latencies in seconds, measured over `seconds` of wall clock."""
    rows = sorted(latencies_s) or [0.0]

    def at(share: float) -> float:
        return rows[min(int(share * len(rows)), len(rows) - 1)] * 1000

    return Figures(name, len(latencies_s), seconds, at(0.5), at(0.95), at(0.99), rows[-1] * 1000, failed)


@dataclass(frozen=True)
class Spread:
    """The least, the median and the most of some rounds."""

    least: float
    median: float
    most: float

    def text(self) -> str:
        """Median, and from where to where."""
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


def spread(values: Iterable[float]) -> Spread:
    """Of the values of at least one round."""
    rows = list(values)
    return Spread(min(rows), statistics.median(rows), max(rows))


@dataclass(frozen=True)
class Paired:
    """What was measured, and its floor, in as many rounds each; round by round they belong together.

    notes: what else belongs to it, such as bytes, queries and memory.
    """

    name: str
    floor: list[Figures]
    measured: list[Figures]
    notes: dict[str, float] = field(default_factory=dict)

    def throughput(self) -> Spread:
        """Share of the floor's throughput that is reached; 1 is the floor itself."""
        return self._ratio(lambda row: row.per_second)

    def cpu(self) -> Spread | None:
        """Share of the floor's throughput per CPU-second that is reached; None where CPU time was not taken."""
        if any(not row.cpu_s for row in (*self.floor, *self.measured)):
            return None
        return self._ratio(lambda row: row.per_cpu_second or 0.0)

    def latency(self, percentile: str) -> Spread | None:
        """How many times the floor's latency it takes. percentile: p50, p95 or p99. None for a bulk."""
        name = f"{percentile}_ms"
        if any(not getattr(row, name) for row in (*self.floor, *self.measured)):
            return None
        return self._ratio(lambda row: getattr(row, name))

    def ratios(self) -> dict[str, Spread]:
        """All there are, by the names under which they are printed."""
        found = {
            "throughput": self.throughput(), "per CPU-second": self.cpu(),
            **{f"{name} times": self.latency(name) for name in ("p50", "p95", "p99")},
        }  # fmt: skip
        return {name: ratio for name, ratio in found.items() if ratio is not None}

    def lines(self) -> list[str]:
        """A heading, the floor and the measured in the round with the median ratio, and the ratios of all rounds."""
        order = sorted(range(len(self.floor)), key=lambda n: self.measured[n].per_second / (self.floor[n].per_second or 1))
        middle = order[len(order) // 2]
        ratios = "  ".join(f"{name} {ratio.text()}" for name, ratio in self.ratios().items())
        notes = "  ".join(f"{name} {value:g}" for name, value in self.notes.items())
        rows = [self.name, "  " + self.floor[middle].line(), "  " + self.measured[middle].line(), f"  ratio: {ratios}"]
        return [*rows, f"  {notes}"] if notes else rows

    def told(self) -> dict[str, Any]:
        """Everything for JSON."""
        return {
            "name": self.name, "floor": [row.told() for row in self.floor], "notes": self.notes,
            "measured": [row.told() for row in self.measured],
            "ratios": {name: asdict(ratio) for name, ratio in self.ratios().items()},
        }  # fmt: skip

    def _ratio(self, of: Callable[[Figures], float]) -> Spread:
        pairs = zip(self.measured, self.floor, strict=True)
        return spread(of(measured) / (of(floor) or 1.0) for measured, floor in pairs)


@dataclass(frozen=True)
class Rounds:
    """CPU time of one operation in milliseconds, over several rounds of many operations each."""

    name: str
    rounds: int
    min_ms: float
    median_ms: float
    max_ms: float

    @property
    def per_second(self) -> float:
        return 1000 / self.median_ms if self.median_ms else 0.0

    def line(self) -> str:
        """The figures as one line of a table."""
        return (
            f"{self.name:<36} {self.per_second:>9.1f}/s  min {self.min_ms:>8.3f} ms"
            f"  median {self.median_ms:>8.3f} ms  max {self.max_ms:>8.3f} ms  rounds={self.rounds}"
        )

    def told(self) -> dict[str, Any]:
        """The figures for JSON."""
        return asdict(self) | {"per_second": self.per_second}
