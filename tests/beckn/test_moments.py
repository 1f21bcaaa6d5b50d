"""Times and durations as peers write them."""

from datetime import UTC, datetime, timedelta

import pytest

from beckn.wire.v1_1_0.moments import duration_of, moment_of
from emsp.core.wire import WireError


@pytest.mark.parametrize(("text", "expected"), [
    ("PT30S", timedelta(seconds=30)), ("P1M", timedelta(days=30)), ("PT1M", timedelta(minutes=1)),
    ("P1DT2H", timedelta(days=1, hours=2)), ("P2W", timedelta(weeks=2)), ("PT1.5S", timedelta(seconds=1)),
    ("", None), (None, None),
])
def test_durations(text, expected):
    assert duration_of(text, "context.ttl") == expected


@pytest.mark.parametrize("text", ["P", "PT", "30", "PT-5S", "soon", "P" + "9" * 50 + "D"])
def test_what_is_no_duration_is_refused_with_its_path(text):
    with pytest.raises(WireError) as refusal:
        duration_of(text, "context.ttl")
    assert refusal.value.path == "context.ttl"


@pytest.mark.parametrize(("text", "expected"), [
    ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    ("2026-03-01T10:00:00+05:30", datetime(2026, 3, 1, 4, 30, tzinfo=UTC)),
    ("2026-03-01T10:00:00.1234567Z", datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)),
    ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
])
def test_moments(text, expected):
    assert moment_of(text, "x") == expected


@pytest.mark.parametrize("text", ["00:00:00", "01-06-2023 10:00:00", "0001-01-01T00:00:00+10:00", 7])
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(WireError):
        moment_of(text, "context.timestamp")
