"""Requests of a peer in a second, and of strangers: counted in a real Redis, refused with 429 in the envelope of OCPI."""

import pytest

from emsp.core import rates
from ocpi import throttling
from tests.factories.ocpi import CpoFactory, IncomingTokenFactory
from tests.ocpi.conftest import TOKEN, Caller
from tests.redis_server import url_of

VERSIONS = "/ocpi/emsp/versions"
ADDRESS = "9.9.9.9"


@pytest.fixture
def second(redis_server, settings, monkeypatch):
    """A Redis without counts, in which a second does not end before the test says so."""
    redis_server.flushall()
    settings.REDIS_URL = url_of(redis_server)
    now = [1_800_000_000.0]
    monkeypatch.setattr(rates, "time", lambda: now[0])
    for memory in (rates._away, throttling._refused):
        memory.clear()
    yield now
    for memory in (rates._away, throttling._refused):
        memory.clear()


def stranger_at(address):
    made = Caller("a-token-that-nobody-has")
    made._client.defaults["REMOTE_ADDR"] = address
    return made


def said(caller, times):
    return [caller.get(VERSIONS).said for _ in range(times)]


def test_a_peer_is_refused_above_its_rate_and_comes_again_in_the_next_second(cpo, second, settings):
    settings.OCPI_RATE_PER_S = 2

    assert said(cpo, 3) == [(200, 1000), (200, 1000), (429, 2000)]
    refused = cpo.get(VERSIONS)
    assert (refused.headers["Retry-After"], refused.data) == ("1", None)

    second[0] += 1
    assert said(cpo, 1) == [(200, 1000)]


def test_a_peer_is_one_with_whichever_token_it_comes_and_costs_another_nothing(cpo, second, settings):
    settings.OCPI_RATE_PER_S = 1
    IncomingTokenFactory(connection=cpo.party.connection, text="token-of-a-rotation-012345")
    other = IncomingTokenFactory(connection=CpoFactory(party_id="OTH").connection, text="token-of-the-other-0123")

    assert said(cpo, 1) == [(200, 1000)]
    assert said(Caller("token-of-a-rotation-012345"), 1) == [(429, 2000)]
    assert said(Caller("token-of-the-other-0123", other), 1) == [(200, 1000)]


def test_strangers_are_refused_by_their_address_before_anything_is_looked_up(
    cpo, second, settings, django_assert_num_queries
):
    settings.OCPI_STRANGERS_PER_S = 2
    stranger = stranger_at(ADDRESS)

    assert said(stranger, 3) == [(401, 2000)] * 3
    with django_assert_num_queries(0):
        refused = stranger.get(VERSIONS)
    assert (refused.said, refused.headers["Retry-After"]) == ((429, 2000), "1")

    throttling._refused.clear()
    assert said(Caller(TOKEN), 1) == [(200, 1000)]


def test_strangers_behind_a_proxy_that_we_do_not_know_of_cost_its_peers_nothing(cpo, second, settings):
    settings.OCPI_STRANGERS_PER_S = 1
    assert said(stranger_at("10.0.0.5"), 4) == [(401, 2000)] * 4

    settings.LOGIN_PROXY_COUNT = 1  # without its header, the connection's address counts
    assert said(stranger_at("10.0.0.5"), 3) == [(401, 2000), (401, 2000), (429, 2000)]


def test_with_a_valid_token_nobody_counts_as_a_stranger(cpo, second, settings):
    settings.OCPI_STRANGERS_PER_S = 1
    assert said(cpo, 4) == [(200, 1000)] * 4


def test_without_redis_nobody_is_refused(cpo, second, settings, caplog):
    settings.OCPI_RATE_PER_S = settings.OCPI_STRANGERS_PER_S = 1
    settings.REDIS_URL = "unix:///nowhere/redis.sock"

    assert said(cpo, 3) == [(200, 1000)] * 3
    assert said(stranger_at(ADDRESS), 3) == [(401, 2000)] * 3
    assert caplog.text.count("nothing is counted") == 1
