"""What lies in the inbox is handled once, in order, also when workers race, fail or die."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from beckn import actions, tasks
from beckn.models import Callback, Request, Subscriber
from beckn.services import callbacks, inbox
from tests.beckn.conftest import answer
from tests.factories.beckn import (
    CallbackFactory,
    RequestFactory,
    TransactionFactory,
    request_body,
)
from tests.races import at_once


@pytest.fixture(autouse=True)
def _as_if_search_changed_something(monkeypatch):
    monkeypatch.setattr(actions, "LOOK_UPS", frozenset())


@pytest.mark.django_db
class TestHandling:
    def test_requests_of_a_conversation_are_handled_in_order(self, handled):
        for name in ("t1", "t2"):
            TransactionFactory(transaction_id=name)
        for number, name in enumerate(("t1", "t1", "t2", "t1")):
            RequestFactory(message_id=f"m{number}", transaction_id=name)

        assert inbox.handle_due() == 2
        assert handled == ["m0", "m2"]
        tasks.handle_requests()
        assert handled == ["m0", "m2", "m1", "m3"]
        assert inbox.handle_due() == 0

    def test_a_request_waits_while_an_earlier_one_backs_off(self, handled):
        TransactionFactory(transaction_id="t")
        RequestFactory(transaction_id="t", message_id="m0", due_at=timezone.now() + timedelta(seconds=2))
        RequestFactory(transaction_id="t", message_id="m1")
        assert inbox.handle_due() == 0

        Request.objects.filter(message_id="m0").update(attempts=5)
        assert inbox.handle_due() == 1
        assert handled == ["m1"]

    def test_a_request_does_not_wait_for_one_that_waits_for_the_charge_point(self, handled):
        TransactionFactory(transaction_id="t")
        later = timezone.now() + timedelta(seconds=8)
        RequestFactory(transaction_id="t", state="WAITING", due_at=later)
        RequestFactory(transaction_id="t", message_id="m1")

        assert inbox.handle_due() == 1
        assert handled == ["m1"]

    def test_what_is_leased_answered_or_not_due_is_left_alone(self, handled):
        soon = timezone.now() + timedelta(seconds=1)
        RequestFactory(leased_until=soon)
        RequestFactory(state="ANSWERED")
        RequestFactory(due_at=soon)
        assert inbox.handle_due() == 0
        assert not inbox.has_due()

    def test_the_lease_of_a_worker_that_died_runs_out(self, handled):
        row = RequestFactory(leased_until=timezone.now() - timedelta(seconds=1))
        TransactionFactory(transaction_id=row.transaction_id)
        assert inbox.has_due()
        assert inbox.handle_due() == 1
        assert handled == [row.message_id]

    def test_a_batch_is_limited(self, handled):
        for _ in range(3):
            row = RequestFactory()
            TransactionFactory(transaction_id=row.transaction_id)
        assert inbox.handle_due(limit=2) == 2

    def test_a_waiting_request_gives_its_lease_back_and_comes_again(self, monkeypatch):
        due = timezone.now() + timedelta(seconds=5)

        def wait(request):
            request.state, request.due_at = "WAITING", due
            request.save(update_fields=["state", "due_at"])

        monkeypatch.setattr(actions, "run", wait)
        row = RequestFactory()
        inbox.handle_due()

        row.refresh_from_db()
        assert (row.state, row.due_at, row.leased_until, row.attempts) == ("WAITING", due, None, 0)

    def test_a_handler_that_names_no_time_is_not_asked_without_pause(self, monkeypatch):
        monkeypatch.setattr(actions, "run", lambda request: None)
        row = RequestFactory()
        now = timezone.now()

        tasks.handle_requests()

        row.refresh_from_db()
        assert row.state == "RECEIVED"
        assert now + timedelta(seconds=1) <= row.due_at < now + timedelta(seconds=3)

    def test_what_goes_wrong_is_undone_and_tried_again_later_and_later(self, monkeypatch, caplog):
        gave_up = []
        row = RequestFactory()
        conversation = TransactionFactory(transaction_id=row.transaction_id)

        def broken(request):
            callbacks.queue(transaction=conversation, action="on_search", message={}, request=request)
            raise RuntimeError("bug")

        def give_up(request):
            gave_up.append(request.attempts)
            answer(request)

        monkeypatch.setattr(actions, "run", broken)
        monkeypatch.setattr(actions, "give_up", give_up)
        waits = []
        for _ in range(5):
            Request.objects.update(due_at=timezone.now())
            before = timezone.now()
            assert inbox.handle_due() == 1
            row.refresh_from_db()
            waits.append(round((row.due_at - before).total_seconds()))

        assert waits == [1, 2, 4, 8, 16]
        assert gave_up == [5]
        assert (row.state, row.attempts) == ("ANSWERED", 5)
        assert Callback.objects.count() == 1
        assert caplog.text.count("RuntimeError: bug") == 5

    def test_one_bad_request_costs_the_others_nothing(self, monkeypatch):
        for name in ("bad", "good"):
            TransactionFactory(transaction_id=RequestFactory(message_id=name).transaction_id)

        def run(request):
            if request.message_id == "bad":
                raise RuntimeError("bug")
            answer(request)

        monkeypatch.setattr(actions, "run", run)
        assert inbox.handle_due() == 2
        assert dict(Request.objects.values_list("message_id", "state")) == {"bad": "RECEIVED", "good": "ANSWERED"}

    def test_giving_up_may_fail_too_and_is_tried_again(self, monkeypatch):
        def broken(request):
            raise RuntimeError("bug")

        monkeypatch.setattr(actions, "run", broken)
        monkeypatch.setattr(actions, "give_up", broken)
        row = RequestFactory(attempts=9)
        before = timezone.now()

        inbox.handle_due()

        row.refresh_from_db()
        assert (row.state, row.attempts, row.leased_until) == ("RECEIVED", 10, None)
        assert round((row.due_at - before).total_seconds()) == 60

    def test_a_stored_body_that_has_no_form_is_given_up_with_an_error(self):
        body = request_body("select", {"order": {"items": "null"}}, transaction_id="t1")
        row = RequestFactory(action="select", attempts=4, transaction_id="t1", body=body)
        TransactionFactory(transaction_id="t1")

        inbox.handle_due()

        row.refresh_from_db()
        sent = json.loads(Callback.objects.get().body)
        assert (row.state, row.attempts, sent["message"]) == ("ANSWERED", 5, {})
        assert sent["error"]["code"] == "40000"


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def _asleep(self, asleep):
        pass

    def test_workers_at_once_handle_each_request_once(self, handled):
        for _ in range(12):
            TransactionFactory(transaction_id=RequestFactory().transaction_id)

        counts = at_once(*[lambda: inbox.handle_due(limit=5)] * 4)

        assert sum(counts) == 12
        assert len(handled) == len(set(handled)) == 12
        assert Callback.objects.count() == 12

    def test_two_workers_that_hold_one_request_answer_it_once(self, handled):
        row = RequestFactory()
        TransactionFactory(transaction_id=row.transaction_id)

        at_once(*[lambda: inbox._handle(row.pk)] * 2)

        assert handled == [row.message_id]
        assert Callback.objects.count() == 1


@pytest.mark.django_db
class TestSweeping:
    @pytest.fixture(autouse=True)
    def progress(self, monkeypatch):
        from beckn.services import progress

        calls = []
        monkeypatch.setattr(progress, "flush_due", lambda: calls.append(1))
        return calls

    def test_what_a_lost_wake_up_left_behind_is_done(
        self, handled, progress, bap_server, django_capture_on_commit_callbacks
    ):
        Subscriber.objects.all().delete()
        row = RequestFactory()
        TransactionFactory(
            transaction_id=row.transaction_id,
            context={"bap_id": row.bap_id, "bap_uri": bap_server.url, "domain": "d", "version": "1.1.0"},
        )
        Request.objects.update(body=row.body | {"context": row.body["context"] | {"bap_uri": bap_server.url}})
        CallbackFactory(url=f"{bap_server.url}/on_status", action="on_status")

        with django_capture_on_commit_callbacks(execute=True):
            tasks.sweep()

        assert handled == [row.message_id]
        assert sorted(got.action for got in bap_server.received) == ["on_search", "on_status"]
        assert progress == [1]

    def test_when_nothing_is_due_nobody_is_woken(self, monkeypatch):
        monkeypatch.setattr(tasks, "wake", lambda task: pytest.fail(f"woke {task.name}"))
        RequestFactory(state="ANSWERED")
        CallbackFactory(state="DELIVERED")
        tasks.sweep()

    def test_what_was_not_delivered_in_its_time_is_given_up(self):
        row = CallbackFactory(expires_at=timezone.now() - timedelta(seconds=1))
        tasks.sweep()
        row.refresh_from_db()
        assert row.state == "DEAD"


def test_an_action_that_does_not_say_how_it_answers_cannot_be_made():
    class Mute(actions.base.Action):
        name = "mute"

    with pytest.raises(TypeError, match="abstract method '?answer"):
        Mute()
