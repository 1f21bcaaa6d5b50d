"""Searches of one app that wait in line are answered in one go; each has its own fate nevertheless."""

from functools import partial

import pytest
from django.db import DataError

from beckn import actions, tasks
from beckn.models import Callback, Request, app_partner
from beckn.services import callbacks, delivery, look_ups
from emsp.core import circuits
from emsp.core.wire import encode
from tests.factories.beckn import request_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def searched(bap, bap_server, monkeypatch):
    """Three searches, handed over. Called, one thread answers the first, and then the two that came meanwhile."""
    calls, look_up = [], actions.look_up
    monkeypatch.setattr(look_ups, "hand", lambda task, content, *, lost: calls.append(partial(task, content)))
    monkeypatch.setattr(look_ups.lanes, "limit", 1)
    for _ in range(3):
        asked = bap("search", raw=encode(request_body("search", {"intent": {}}, bap_uri=bap_server.url)))
        assert asked.status_code == 200

    def meanwhile(request):
        monkeypatch.setattr(actions, "look_up", look_up)
        for call in calls[1:]:
            call()
        return look_up(request)

    monkeypatch.setattr(actions, "look_up", meanwhile)
    return calls[0]


@pytest.fixture
def kept(monkeypatch):
    """How many answers were kept at a time."""
    counts, answer = [], callbacks.answer

    def counting(answers, **more):
        counts.append(len(answers))
        return answer(answers, **more)

    monkeypatch.setattr(callbacks, "answer", counting)
    return counts


@pytest.fixture
def woken(monkeypatch):
    found = []
    monkeypatch.setattr(look_ups, "wake", found.append)
    return found


def outbox():
    return list(Callback.objects.order_by("pk").values_list("state", "leased_until", "attempts"))


def test_they_are_kept_at_once_and_sent_in_their_order(searched, kept, woken, bap_server):
    searched()

    assert kept == [1, 2]
    assert outbox() == [("DELIVERED", None, 1)] * 3
    asked = list(Request.objects.order_by("pk").values_list("message_id", "state"))
    assert [(got.body["context"]["message_id"], "ANSWERED") for got in bap_server.received] == asked
    assert woken == []


def test_an_answer_that_cannot_be_kept_costs_the_others_nothing(searched, monkeypatch, bap_server, caplog):
    answer, (_, bad, last) = callbacks.answer, Request.objects.order_by("pk")

    def refused(answers, **more):
        if any(made.request_id == bad.pk for made in answers):
            raise DataError("out of range")
        return answer(answers, **more)

    monkeypatch.setattr(callbacks, "answer", refused)
    searched()

    assert list(Request.objects.order_by("pk").values_list("state", "attempts", "leased_until")) == [
        ("ANSWERED", 0, None), ("RECEIVED", 1, None), ("ANSWERED", 0, None),
    ]  # fmt: skip
    assert len(bap_server.received) == 2
    told = [record.getMessage() for record in caplog.records if record.name == "beckn.services.look_ups"]
    assert told == [f"the answers to requests {pks} could not be given" for pks in ([bad.pk, last.pk], [bad.pk])]


def test_what_somebody_else_has_answered_is_not_sent_again(searched, monkeypatch, bap_server):
    answer, other = callbacks.answer, Request.objects.order_by("pk")[1]

    def late(answers, **more):
        Request.objects.filter(pk=other.pk).update(state="ANSWERED")
        return answer(answers, **more)

    told = []
    monkeypatch.setattr(actions, "tell_answered", lambda request, *more: told.append(request.message_id))
    monkeypatch.setattr(callbacks, "answer", late)
    searched()

    assert outbox() == [("DELIVERED", None, 1)] * 2
    assert len(told) == 2
    assert other.message_id not in told
    assert other.message_id not in [got.body["context"]["message_id"] for got in bap_server.received]


def test_what_a_slow_app_leaves_no_time_for_is_given_to_other_threads(searched, woken, monkeypatch, bap_server):
    monkeypatch.setattr(delivery, "BATCH_TIME_S", -1)

    searched()

    assert outbox() == [("PENDING", None, 0)] * 3
    assert woken == [tasks.deliver_callbacks] * 2
    assert bap_server.received == []


def test_nobody_is_woken_for_an_app_that_is_left_alone(searched, woken, settings, bap_server):
    settings.CIRCUIT_OPENS_AFTER = 1
    circuits.failed(app_partner("bap.tests.example"), "no answer")

    searched()

    assert outbox() == [("PENDING", None, 0)] * 3
    assert woken == []
    assert bap_server.received == []
