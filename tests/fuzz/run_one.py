"""Runs one harness in a process of its own, so that its memory is its own: python -m tests.fuzz.run_one NAME ..."""

import argparse
import ctypes
import gc
import json
import os
import random
import resource
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.harness import Act, Harness, Tally

SOURCE_BYTES = 64
WARM_UP = 0.25  # share of the inputs after which memory is read for the first time
SLOW_S = 2.0  # CPU time; the machine may have other work
MEMORY_LIMIT = 6 << 30  # of addresses; beyond it allocation fails instead of the machine
GROWTH_MB = 24.0  # from here on the lines that grew are looked for
ACCOUNTED = 0.1  # share of the inputs that are fed once more for that
TOLD_EVERY_S = 0.5
GUIDING = ("beckn", "ocpi", "catalog", "emsp.core")  # whose lines steer the inputs


@dataclass
class Result:
    """What one harness saw. Memory in MB: resident after the warm-up, at the end, and the peak; slowest_s is CPU time."""

    name: str
    guided: bool
    inputs: int = 0
    accepted: int = 0
    seconds: float = 0.0
    warm_mb: float = 0.0
    end_mb: float = 0.0
    peak_mb: float = 0.0
    slowest_s: float = 0.0
    grew: list[str] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)


class Run:
    """Feeds a harness, measures, and tells how far it is on standard output."""

    def __init__(self, harness: Harness, inputs: int) -> None:
        self.tally, self.result = Tally(), Result(harness.name, guided=False)
        self._inputs = inputs
        self._begun, self._told_at, self._told = time.monotonic(), 0.0, 0

    @property
    def warm(self) -> bool:
        return self.tally.inputs >= self._inputs * WARM_UP

    @property
    def over(self) -> bool:
        return self.tally.inputs >= self._inputs

    def feed(self, act: Act, sources: list[bytes]) -> None:
        """One call of the act."""
        begun = time.process_time()
        self.tally.run(act, sources)
        used_s = (time.process_time() - begun) / len(sources)
        self.result.slowest_s = max(self.result.slowest_s, used_s)
        if used_s > SLOW_S:
            self.tally.run(_slow, [sources[0]])
            self.tally.inputs -= 1
        now = time.monotonic()
        if now - self._told_at > TOLD_EVERY_S or self.over:
            sys.stdout.write(f"{self.tally.inputs - self._told}\n")
            sys.stdout.flush()
            self._told_at, self._told = now, self.tally.inputs

    def warmed_up(self) -> None:
        """Memory is read for the first time."""
        self.result.warm_mb = resident_mb()

    def finished(self, *, guided: bool) -> Result:
        """The result, once everything is fed."""
        result = self.result
        result.guided = guided
        result.inputs, result.accepted = self.tally.inputs, self.tally.accepted
        result.seconds, result.end_mb = time.monotonic() - self._begun, resident_mb()
        result.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result.findings = [asdict(found) for found in self.tally.findings.values()]
        return result


def _slow(sources: Any) -> int:
    raise TimeoutError(f"an input took more than {SLOW_S} s")


def resident_mb() -> float:
    """Resident memory of this process now, without garbage and without what the allocator keeps of freed memory.

    Connections to the database are closed: their buffers stay as large as the largest message was.
    """
    from django.db import connections

    connections.close_all()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)


def drawn(generator: random.Random, count: int) -> list[bytes]:
    """Inputs at random."""
    return [generator.randbytes(SOURCE_BYTES) for _ in range(count)]


def at_random(harness: Harness, run: Run, seed: int) -> Result:
    """Feed inputs from a seeded generator; memory is read while nothing of the harness stands.

    Where memory grew, once more with an account of what grew.
    """
    generator = random.Random(f"{seed} {harness.name}")
    _feed(harness, run, generator, lambda: run.warm)
    run.warmed_up()
    _feed(harness, run, generator, lambda: run.over)
    result = run.finished(guided=False)
    if grown(result):
        with harness.opened() as act:
            result.grew = _growth(harness, act, generator, result.inputs)
    return result


def _feed(harness: Harness, run: Run, generator: random.Random, enough: Callable[[], bool]) -> None:
    with harness.opened() as act:
        while not enough():
            run.feed(act, drawn(generator, harness.at_once))


def by_coverage(harness: Harness, run: Run, seed: int, done: Callable[[Result], None]) -> None:
    """Feed what atheris makes: bytes that reached new lines are varied further. Never returns."""
    import atheris

    with harness.opened() as act:

        def feed(source: bytes) -> None:
            run.feed(act, [source])
            if run.warm and not run.result.warm_mb:
                run.warmed_up()
            if run.over:
                result = run.finished(guided=True)
                if grown(result):
                    result.grew = _growth(harness, act, random.Random(seed), result.inputs)
                done(result)
                os._exit(0)

        atheris.Setup(
            ["fuzz", f"-seed={seed or 1}", f"-max_len={SOURCE_BYTES}", "-len_control=0", "-timeout=600",
             "-rss_limit_mb=0", "-verbosity=0", "-print_final_stats=0",
             f"-artifact_prefix={tempfile.gettempdir()}/"], feed,
        )  # fmt: skip
        atheris.Fuzz()


def grown(result: Result) -> bool:
    """Whether memory is not where it was after the warm-up."""
    return result.end_mb - result.warm_mb > GROWTH_MB


def _growth(harness: Harness, act: Act, generator: random.Random, inputs: int) -> list[str]:
    tracemalloc.start(8)
    before, fed = tracemalloc.take_snapshot(), 0
    while fed < inputs * ACCOUNTED:
        Tally().run(act, drawn(generator, harness.at_once))
        fed += harness.at_once
    gc.collect()
    after = tracemalloc.take_snapshot()
    tracemalloc.stop()
    return [str(line) for line in after.compare_to(before, "lineno")[:6]]


def main() -> None:
    """Exit status 0 whatever was found: the report says it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--report", type=Path, required=True)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    with _instrumented():
        import django

        django.setup()
        from tests.fuzz.harnesses import HARNESSES
    harness = next(each for each in HARNESSES if each.name == options.name)

    def done(result: Result) -> None:
        options.report.write_text(json.dumps(asdict(result)), encoding="utf-8")

    run = Run(harness, options.inputs)
    if harness.guided and _has_atheris():
        by_coverage(harness, run, options.seed, done)
    done(at_random(harness, run, options.seed))


def _has_atheris() -> bool:
    from importlib.util import find_spec

    return find_spec("atheris") is not None


def _instrumented() -> Any:
    if not _has_atheris():
        return nullcontext()
    import atheris

    return atheris.instrument_imports(include=list(GUIDING), enable_loader_override=False)


if __name__ == "__main__":
    main()
