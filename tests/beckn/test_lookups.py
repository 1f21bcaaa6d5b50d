"""Searches are answered with one statement and sent by who made the answer; what goes wrong is left to others."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from beckn import actions
from beckn.models import Callback, Request
from beckn.services import callbacks, delivery, inbox
from tests.factories.beckn import RequestFactory, request_body

pytestmark = pytest.mark.django_db


@pytest.fixture
def searched(bap_server):
    """A search in the inbox, whose answer goes to bap_server."""
    body = request_body("search", {"intent": {}}, bap_uri=bap_server.url)
    context = body["context"]
    return RequestFactory(body=body, message_id=context["message_id"], transaction_id=context["transaction_id"])


def states():
    row, sent = Request.objects.get(), Callback.objects.get()
    return row.state, sent.state, sent.leased_until


def test_a_search_is_answered_kept_and_delivered(searched, bap_server):
    assert inbox.handle_due() == 1

    assert states() == ("ANSWERED", "DELIVERED", None)
    (got,) = bap_server.received
    assert got.body["context"]["message_id"] == searched.message_id
    assert got.body["message"]["catalog"]["providers"] == []
    kept = Callback.objects.get()
    assert (bytes(kept.body), kept.request, kept.attempts, kept.last_status) == (got.raw, searched, 1, 200)


def test_a_refused_search_is_answered_with_its_error(bap_server):
    place = {"intent": {"fulfillment": {"stops": [{"location": {"gps": "north"}}]}}}
    RequestFactory(body=request_body("search", place, bap_uri=bap_server.url))

    inbox.handle_due()

    (got,) = bap_server.received
    assert got.body["error"]["code"] == Callback.objects.get().error_code == "30000"
    assert got.body["message"] == {"catalog": {"providers": []}}


def test_what_is_answered_already_gets_no_second_callback(searched, bap_server):
    made = [actions.look_up(Request.objects.get()) for _ in range(2)]
    until = timezone.now() + timedelta(seconds=30)

    assert [callbacks.answer(searched, one, leased_until=until) for one in made] == [True, False]

    assert states() == ("ANSWERED", "PENDING", until)
    assert bap_server.received == []


def test_the_answer_of_a_worker_that_died_before_it_sent_is_sent_by_another(searched, bap_server):
    callbacks.answer(searched, actions.look_up(Request.objects.get()), leased_until=timezone.now() + delivery.LEASE)
    assert delivery.deliver_due() == 0

    Callback.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert delivery.has_due()
    assert delivery.deliver_due() == 1
    assert len(bap_server.received) == 1


def test_an_answer_to_a_receiver_without_a_free_slot_is_left_to_others(searched, bap_server):
    while delivery.in_flight.take(searched.bap_id):
        pass

    inbox.handle_due()

    assert states() == ("ANSWERED", "PENDING", None)
    assert bap_server.received == []
    delivery.in_flight.clear()
    assert delivery.deliver_due() == 1
    assert len(bap_server.received) == 1


def test_an_answer_that_does_not_arrive_is_tried_again_later(searched, bap_server):
    bap_server.answer_with((503, b""))

    inbox.handle_due()

    kept = Callback.objects.get()
    assert (kept.state, kept.attempts, kept.last_status, kept.leased_until) == ("PENDING", 1, 503, None)
    assert kept.due_at > timezone.now()


def test_a_search_that_fails_is_tried_again_and_costs_the_others_nothing(searched, bap_server, monkeypatch):
    other = RequestFactory(body=request_body("search", {"intent": {}}, bap_uri=bap_server.url))
    look_up = actions.look_up

    def broken(request):
        if request.pk == searched.pk:
            raise RuntimeError("bug")
        return look_up(request)

    monkeypatch.setattr(actions, "look_up", broken)
    assert inbox.handle_due() == 2

    assert dict(Request.objects.values_list("pk", "state")) == {searched.pk: "RECEIVED", other.pk: "ANSWERED"}
    searched.refresh_from_db()
    assert (searched.attempts, searched.leased_until) == (1, None)
    assert len(bap_server.received) == 1


def test_a_catalogue_is_what_the_row_holds(searched, bap_server):
    inbox.handle_due()

    assert json.loads(bytes(Callback.objects.get().body)) == bap_server.received[0].body
