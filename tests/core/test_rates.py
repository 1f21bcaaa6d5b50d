"""Turns at something that must not happen too often, in a real Redis; the clock stands still or is put forward."""

from decimal import Decimal

import pytest

from emsp.core import rates
from tests.redis_server import url_of

TWO_A_SECOND = Decimal(2)


@pytest.fixture
def clock(redis_server, settings, monkeypatch):
    """The moment it is; an empty Redis."""
    redis_server.flushall()
    settings.REDIS_URL = url_of(redis_server)
    moment = [1_800_000_000.0]
    monkeypatch.setattr(rates, "time", lambda: moment[0])
    return moment


def test_turns_are_half_a_second_apart_and_what_was_not_used_is_not_saved_up(clock):
    assert [rates.turn("a", per_s=TWO_A_SECOND) for _ in range(3)] == [0.0, 0.5, 1.0]
    clock[0] += 60

    assert [rates.turn("a", per_s=TWO_A_SECOND) for _ in range(2)] == [0.0, 0.5]
    assert rates.turn("b", per_s=TWO_A_SECOND) == 0.0


def test_thirty_an_hour(clock):
    assert [rates.turn("a", per_s=Decimal("0.0083")) for _ in range(2)] == [0.0, pytest.approx(120.48, abs=0.01)]


def test_who_goes_ahead_waits_for_others_who_do_so_and_puts_the_rest_off(clock):
    assert [rates.turn("a", per_s=TWO_A_SECOND) for _ in range(2)] == [0.0, 0.5]

    assert [rates.turn("a", per_s=TWO_A_SECOND, most_s=5) for _ in range(2)] == [0.0, 0.5]
    assert rates.turn("a", per_s=TWO_A_SECOND) == 2.0


def test_who_goes_ahead_waits_no_longer_than_he_says(clock):
    waits = [rates.turn("a", per_s=Decimal(1), most_s=2) for _ in range(5)]

    assert waits == [0.0, 1.0, 2.0, 2.0, 2.0]


def test_without_redis_nobody_waits(settings, caplog):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    assert [rates.turn("a", per_s=Decimal(1)) for _ in range(2)] == [0.0, 0.0]
    assert "nothing is paced: Redis: ConnectionError" in caplog.text
