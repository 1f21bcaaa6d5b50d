"""Requests per second: counted for all processes in a real Redis, search refused first, nobody without Redis."""

from datetime import timedelta
from itertools import chain

import pytest
from django.utils import timezone

from beckn import actions, throttling
from beckn.models import Request
from emsp.core import rates
from tests.beckn.conftest import Bap
from tests.factories.beckn import RequestFactory, SubscriberFactory
from tests.races import at_once
from tests.redis_server import url_of

ACK = {"message": {"ack": {"status": "ACK"}}}
NACK = {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": "too many requests"}}


@pytest.fixture
def counted(redis_server, settings, monkeypatch):
    """A Redis without counts, in which a second does not end."""
    redis_server.flushall()
    settings.REDIS_URL = url_of(redis_server)
    monkeypatch.setattr(rates, "time", lambda: 1_800_000_000.0)
    rates._away.clear()
    throttling._behind.clear()
    yield redis_server
    rates._away.clear()
    throttling._behind.clear()


@pytest.fixture(autouse=True)
def handled(monkeypatch):
    def run(request):
        request.state = "ANSWERED"
        request.save(update_fields=["state"])

    monkeypatch.setattr(actions, "run", run)
    monkeypatch.setattr(actions, "LOOK_UPS", frozenset())


def searches(bap, number):
    return [bap("search", {"intent": {}}).status_code for _ in range(number)]


def test_search_is_refused_above_the_rate_and_the_rest_above_twice_as_many(bap, counted, settings):
    settings.BECKN_RATE_PER_S = 2

    assert searches(bap, 3) == [200, 200, 429]
    assert bap("select", {"order": {}}).json() == ACK
    refused = bap("select", {"order": {}})

    assert (refused.status_code, refused["Retry-After"], refused.json()) == (429, "1", NACK)
    assert Request.objects.count() == 3


def test_one_app_costs_another_nothing(bap, counted, settings):
    settings.BECKN_RATE_PER_S = 1
    SubscriberFactory(subscriber_id="other.example", url=bap.url)
    other = Bap(bap.client, bap.run_on_commit, subscriber_id="other.example", url=bap.url)

    assert searches(bap, 2) == [200, 429]
    assert searches(other, 2) == [200, 429]


def test_when_all_together_send_too_much_only_search_is_refused(bap, counted, settings):
    settings.BECKN_BUSY_ABOVE_PER_S = 2

    assert searches(bap, 3) == [200, 200, 429]
    assert {bap("select", {"order": {}}).status_code for _ in range(5)} == {200}


def test_the_next_second_begins_anew_and_the_last_is_forgotten(bap, counted, settings, monkeypatch):
    settings.BECKN_RATE_PER_S = 1
    assert searches(bap, 2) == [200, 429]
    assert {0 < counted.ttl(key) <= rates.KEPT_S for key in counted.keys("*")} == {True}

    monkeypatch.setattr(rates, "time", lambda: 1_800_000_001.0)
    assert searches(bap, 1) == [200]


def test_who_is_not_proven_is_not_counted(bap, counted, settings):
    settings.BECKN_RATE_PER_S = 1
    assert bap("search", {"intent": {}}, authorization="").status_code == 401
    assert counted.dbsize() == 0


def test_while_the_oldest_request_waits_too_long_only_search_is_refused(bap, counted, settings):
    settings.BECKN_BUSY_ABOVE_S = 10
    now = timezone.now()
    old = RequestFactory(due_at=now - timedelta(seconds=9), leased_until=now + timedelta(hours=1))
    assert searches(bap, 1) == [200]
    Request.objects.filter(pk=old.pk).update(due_at=timezone.now() - timedelta(seconds=11))
    assert searches(bap, 1) == [200]  # looked at once a second
    throttling._behind.clear()

    assert searches(bap, 2) == [429, 429]
    assert bap("select", {"order": {}}).json() == ACK

    Request.objects.filter(pk=old.pk).update(state="WAITING")  # for its charge point, which is no sign of load
    throttling._behind.clear()
    assert searches(bap, 1) == [200]


def test_processes_that_count_at_once_get_one_number_each(counted):
    got = at_once(*[lambda: [rates.count("x")[0] for _ in range(25)]] * 8)

    assert sorted(chain(*got)) == list(range(1, 201))


def test_without_redis_nobody_is_refused_and_nobody_waits_for_it(bap, counted, settings, caplog):
    settings.BECKN_RATE_PER_S, settings.REDIS_URL = 1, "unix:///nowhere/redis.sock"

    assert searches(bap, 3) == [200, 200, 200]
    assert caplog.text.count("nothing is counted") == 1
