"""Short ways to a real Redis: what is asked is answered, what is only said is not, and connections may end."""

import pytest
from redis.exceptions import ConnectionError, ResponseError

from emsp.core.lines import OneWay, TwoWay
from tests.redis_server import url_of

NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture
def redis(redis_server):
    redis_server.flushall()
    return redis_server


def ids(redis):
    return {client["id"] for client in redis.client_list()}


def end_all(redis):
    redis.client_kill_filter(_type="normal", skipme=True)


def test_answers_come_on_one_connection(redis):
    line = TwoWay(url_of(redis), timeout_s=5)
    assert line.ask("INCR", "n") == 1
    before = ids(redis)

    assert [line.ask("INCR", "n"), line.ask("EVAL", "return {KEYS[1], 7}", 1, "k")] == [2, [b"k", 7]]
    assert ids(redis) == before


def test_a_question_on_a_connection_that_ended_is_asked_again(redis):
    line = TwoWay(url_of(redis), timeout_s=5)
    line.ask("INCR", "n")
    end_all(redis)

    assert [line.ask("INCR", "n"), line.ask("INCR", "n")] == [2, 3]


def test_words_arrive_as_they_are(redis):
    line = TwoWay(url_of(redis), timeout_s=5)
    words = [b"\r\n\x00\xff", "ö\n", "", 7, -1, 1_800_000_000.123456]

    assert line.ask("EVAL", "return ARGV", 0, *words) == [
        b"\r\n\x00\xff", "ö\n".encode(), b"", b"7", b"-1", b"1800000000.123456",
    ]  # fmt: skip


def test_a_refusal_is_raised_and_costs_the_next_question_nothing(redis):
    line = TwoWay(url_of(redis), timeout_s=5)
    with pytest.raises(ResponseError):
        line.ask("NO-SUCH-COMMAND")

    assert line.ask("INCR", "n") == 1


def test_a_question_to_nobody_is_raised():
    with pytest.raises(ConnectionError, match="refused"):
        TwoWay(NOWHERE, timeout_s=5).ask("PING")


def test_what_is_only_said_is_answered_nothing_not_even_a_refusal(redis):
    line = OneWay(url_of(redis), timeout_s=5)
    line.send(("RPUSH", "one", 1))
    assert redis.blpop(["one"], timeout=10)
    before = ids(redis)

    line.send(("NO-SUCH-COMMAND",), ("RPUSH", "two", 1))

    assert redis.blpop(["two"], timeout=10)
    assert ids(redis) == before


def test_what_is_said_on_a_connection_that_ended_is_said_on_another(redis):
    line = OneWay(url_of(redis), timeout_s=5)
    line.send(("RPUSH", "one", 1))
    assert redis.blpop(["one"], timeout=10)
    end_all(redis)

    line.send(("RPUSH", "two", 1))

    assert redis.blpop(["two"], timeout=10)


def test_a_redis_that_is_away_is_left_alone_for_a_moment(monkeypatch):
    moment = [1_000.0]
    monkeypatch.setattr("emsp.core.memory.monotonic", lambda: moment[0])
    line = OneWay(NOWHERE, timeout_s=5)
    with pytest.raises(ConnectionError, match="refused"):
        line.send(("PING",))

    with pytest.raises(ConnectionError, match="away a moment ago"):
        line.send(("PING",))
    moment[0] += 1
    with pytest.raises(ConnectionError, match="refused"):
        line.send(("PING",))
