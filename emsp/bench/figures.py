"""Latencies in a row: throughput and percentiles, in one printable line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """count operations in seconds; p50, p95, p99 and max of their latencies in milliseconds, None for a bulk."""

    name: str
    count: int
    seconds: float
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    failed: int = 0

    @property
    def per_second(self) -> float:
        return self.count / self.seconds if self.seconds else 0.0

    def line(self) -> str:
        """The figures as one line of a table."""
        failed = f"  {self.failed} failed" if self.failed else ""
        if self.p50_ms is None:
            return f"{self.name:<34} {self.per_second:>9.1f}/s  in {self.seconds:.1f} s{failed}"
        return (
            f"{self.name:<34} {self.per_second:>9.1f}/s  p50 {self.p50_ms:>8.2f} ms"
            f"  p95 {self.p95_ms:>8.2f} ms  p99 {self.p99_ms:>8.2f} ms  max {self.max_ms:>8.2f} ms  n={self.count}{failed}"
        )


def figures(name: str, latencies_s: list[float], seconds: float, failed: int = 0) -> Figures:
    """Figures of latencies in seconds, measured over `seconds` of wall clock."""
    rows = sorted(latencies_s) or [0.0]

    def at(share: float) -> float:
        return rows[min(int(share * len(rows)), len(rows) - 1)] * 1000

    return Figures(name, len(latencies_s), seconds, at(0.5), at(0.95), at(0.99), rows[-1] * 1000, failed)


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
            f"{self.name:<34} {self.per_second:>9.1f}/s  min {self.min_ms:>8.3f} ms"
            f"  median {self.median_ms:>8.3f} ms  max {self.max_ms:>8.3f} ms  rounds={self.rounds}"
        )
