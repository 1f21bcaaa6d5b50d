"""Latencies in buckets, so that percentiles of many hours can be told from the hours' counts."""

from collections.abc import Sequence

BOUNDS_MS = (50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 8_000, 15_000, 30_000)
BUCKETS = len(BOUNDS_MS) + 1


def percentile_ms(counts: Sequence[int], percent: int) -> int | None:
    """Upper bound in ms of the bucket in which this percentile lies; None when nothing was counted.

    counts: one per bucket; bucket n holds what took less than BOUNDS_MS[n]. Beyond the last bound the answer is it.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, seen = total * percent, 0
    for bound_ms, count in zip((*BOUNDS_MS, BOUNDS_MS[-1]), counts, strict=True):
        seen += count
        if seen * 100 >= wanted:
            return bound_ms
    return BOUNDS_MS[-1]
