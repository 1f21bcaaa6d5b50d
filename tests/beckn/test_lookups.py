"""Searches are answered with one statement and sent by who made the answer; what goes wrong is left to others."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from beckn import actions, tasks
from beckn.models import Callback, Request, app_partner
from beckn.services import callbacks, delivery, inbox, look_ups
from emsp.core import circuits, resident
from emsp.core.models import Circuit
from emsp.core.wire import encode
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

    assert [callbacks.answer([one], leased_until=until) for one in made] == [made[:1], []]

    assert states() == ("ANSWERED", "PENDING", until)
    assert bap_server.received == []


def test_the_answer_of_a_worker_that_died_before_it_sent_is_sent_by_another(searched, bap_server):
    callbacks.answer([actions.look_up(Request.objects.get())], leased_until=timezone.now() + delivery.LEASE)
    assert delivery.deliver_due() == 0

    Callback.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert delivery.has_due()
    assert delivery.deliver_due() == 1
    assert len(bap_server.received) == 1


def test_an_answer_to_an_app_that_is_left_alone_waits_in_the_outbox(searched, bap_server, settings):
    settings.CIRCUIT_OPENS_AFTER = 1
    circuits.failed(app_partner(searched.bap_id), "no answer")

    inbox.handle_due()

    assert states() == ("ANSWERED", "PENDING", None)
    assert Callback.objects.get().attempts == 0
    assert bap_server.received == []
    circuits.answered(app_partner(searched.bap_id))
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


class TestHandedOver:
    """From the web server that kept a search to the worker that answers it."""

    @pytest.fixture
    def calls(self, monkeypatch):
        """What was handed over; nobody takes it."""
        found = []
        monkeypatch.setattr(look_ups, "hand", lambda task, content, *, lost: found.append((task, content, lost)))
        return found

    def search(self, bap, bap_server):
        body = request_body("search", {"intent": {}}, bap_uri=bap_server.url)
        assert bap("search", raw=encode(body)).status_code == 200
        return Request.objects.get()

    def test_a_search_is_kept_with_a_lease_and_answered_by_who_is_handed_it(self, bap, bap_server, calls):
        kept = self.search(bap, bap_server)
        assert kept.leased_until == kept.received_at + look_ups.LEASE
        assert not inbox.has_due()
        ((task, content, _),) = calls
        assert task is tasks.answer_look_up

        task(content)

        assert states() == ("ANSWERED", "DELIVERED", None)
        (got,) = bap_server.received
        assert got.body["context"]["message_id"] == kept.message_id

    def test_what_is_handed_over_is_no_clear_text(self, bap, bap_server, calls):
        self.search(bap, bap_server)

        assert b"intent" not in calls[0][1]

    def test_handed_over_twice_it_is_answered_once(self, bap, bap_server, calls):
        self.search(bap, bap_server)
        ((task, content, _),) = calls

        task(content)
        task(content)

        assert states() == ("ANSWERED", "DELIVERED", None)
        assert len(bap_server.received) == 1

    def test_when_nobody_could_be_called_the_sweeper_finds_it_at_once(self, bap, bap_server, calls):
        self.search(bap, bap_server)

        calls[0][2]()

        assert inbox.has_due()
        assert inbox.handle_due() == 1
        assert states() == ("ANSWERED", "DELIVERED", None)

    def test_a_call_that_is_lost_is_made_good_when_the_lease_ends(self, bap, bap_server, calls):
        self.search(bap, bap_server)
        assert inbox.handle_due() == 0

        Request.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

        assert inbox.has_due()
        assert inbox.handle_due() == 1
        assert states() == ("ANSWERED", "DELIVERED", None)

    def test_what_takes_long_keeps_its_lease(self, bap, bap_server, calls, monkeypatch):
        kept = self.search(bap, bap_server)
        other = RequestFactory(body=request_body("search", {"intent": {}}), leased_until=kept.leased_until)
        seen = []
        monkeypatch.setattr(look_ups, "PROLONG_AFTER_S", 0)
        before = timezone.now()
        look_up = actions.look_up

        def slow(request):
            look_ups.prolong()
            seen.extend(Request.objects.order_by("pk").values_list("leased_until", flat=True))
            return look_up(request)

        monkeypatch.setattr(actions, "look_up", slow)
        calls[0][0](calls[0][1])

        assert seen[0] >= before + look_ups.LEASE
        assert seen[1] == other.leased_until
        look_ups.prolong()
        assert states_of(kept) == ("ANSWERED", None)

    def test_what_finds_the_line_of_its_app_full_is_left_to_the_sweeper(self, bap, bap_server, calls, monkeypatch):
        kept = self.search(bap, bap_server)
        lease = kept.leased_until
        monkeypatch.setattr(look_ups.lanes, "longest", 0)

        calls[0][0](calls[0][1])

        assert bap_server.received == []
        assert states_of(kept) == ("RECEIVED", lease)
        monkeypatch.setattr(look_ups, "PROLONG_AFTER_S", 0)
        look_ups.prolong()
        assert states_of(kept) == ("RECEIVED", lease)

    def test_what_arrived_is_written_down_a_moment_later_by_who_attends_to_it(self, bap, bap_server, calls, monkeypatch):
        monkeypatch.setattr(resident, "has_beside", lambda: True)
        look_ups.arrived.write_down()  # the moment begins
        self.search(bap, bap_server)
        calls[0][0](calls[0][1])
        assert len(bap_server.received) == 1
        assert Callback.objects.get().state == "PENDING"

        look_ups.attend()

        assert states() == ("ANSWERED", "DELIVERED", None)

    def test_what_cannot_be_written_down_is_written_the_next_time(self, searched, bap_server, monkeypatch):
        def away():
            raise OperationalError("the database is away")

        with monkeypatch.context() as broken, pytest.raises(OperationalError, match="is away"):
            broken.setattr(delivery, "binary_cursor", away)
            inbox.handle_due()
        assert states()[:2] == ("ANSWERED", "PENDING")
        assert len(bap_server.received) == 1

        look_ups.attend()

        assert states() == ("ANSWERED", "DELIVERED", None)

    def test_an_app_that_answers_a_probe_is_called_again_at_once(self, searched, bap_server, settings, monkeypatch):
        settings.CIRCUIT_OPENS_AFTER = 1
        circuits.failed(app_partner(searched.bap_id), "no answer")
        Circuit.objects.update(probe_at=timezone.now())
        monkeypatch.setattr(resident, "has_beside", lambda: True)
        look_ups.arrived.write_down()

        inbox.handle_due()

        assert states() == ("ANSWERED", "DELIVERED", None)
        assert not circuits.is_shut(app_partner(searched.bap_id))


def states_of(row):
    row.refresh_from_db()
    return row.state, row.leased_until
