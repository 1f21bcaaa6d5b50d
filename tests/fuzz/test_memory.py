"""What counts as growth of a harness: what is kept of inputs, not what its largest input took for a while."""

from contextlib import contextmanager

import pytest
from django.db import connection

from tests.fuzz.harness import Harness
from tests.fuzz.harnesses import pure
from tests.fuzz.run_one import Run, at_random, resident_mb

INPUTS = 80
LATER = 50  # an input after the warm-up, which ends with the 20th


def fed(opened):
    harness = Harness("x", 1, opened, guided=False)
    return at_random(harness, Run(harness, INPUTS), seed=1)


def doing(what):
    """A harness that does this once, after the warm-up, and keeps what comes of it until it is closed."""

    @contextmanager
    def opened():
        count, kept = 0, []

        def act(sources):
            nonlocal count
            count += 1
            if count == LATER:
                kept.append(what())
            return 1

        yield act

    return opened


def test_what_is_kept_of_every_input_is_named_by_line():
    kept = []

    result = fed(pure(lambda source: kept.append(source * 16_384) is None))  # 1 MB of each

    assert result.end_mb - result.warm_mb == pytest.approx(60, abs=2)
    assert "tests/fuzz/test_memory.py" in result.grew[0]
    assert "count=8 (+8)" in result.grew[0]


def test_what_is_gone_when_a_harness_is_closed_has_not_grown():
    open_mb = []

    def buffer():
        held = b"x" * (64 << 20)
        open_mb.append(resident_mb())
        return held

    result = fed(doing(buffer))

    assert [mb - result.end_mb for mb in open_mb] == [pytest.approx(64, abs=2)]
    assert result.end_mb - result.warm_mb == pytest.approx(0, abs=2)
    assert result.grew == []


def test_what_the_allocator_keeps_is_no_growth():
    last = []

    def many():
        blocks = [bytes(2000) for _ in range(40_000)]
        last.append(blocks[-1])  # holds the end of the heap where it is

    result = fed(doing(many))

    assert len(last) == 1
    assert result.end_mb - result.warm_mb == pytest.approx(0, abs=4)


def test_the_buffers_of_a_connection_are_no_growth(django_db_setup, django_db_blocker):
    def statement():
        with connection.cursor() as cursor:
            cursor.execute("SELECT length(%s)", ["x" * (40 << 20)])

    with django_db_blocker.unblock():
        result = fed(doing(statement))

    assert result.findings == []
    assert result.end_mb - result.warm_mb == pytest.approx(0, abs=4)
