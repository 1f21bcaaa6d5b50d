"""The inbox: kept once, handled once, in order, also when workers race, fail or die."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from beckn import actions, signing, tasks
from beckn.models import Callback, Request, Subscriber, Transaction
from beckn.services import callbacks, inbox
from emsp.core.wire import encode
from tests.factories.beckn import (
    PLACE,
    CallbackFactory,
    RequestFactory,
    SubscriberFactory,
    TransactionFactory,
    request_body,
)

ACK = {"message": {"ack": {"status": "ACK"}}}
SEARCH = {"intent": {}}


def answer(request):
    """What an action does: write the callback, close the request."""
    conversation = Transaction.objects.get(bap_id=request.bap_id, transaction_id=request.transaction_id)
    callbacks.queue(transaction=conversation, action=f"on_{request.action}", message={}, request=request)
    request.state, request.answered_at = "ANSWERED", timezone.now()
    request.save(update_fields=["state", "answered_at"])


@pytest.fixture(autouse=True)
def _as_if_search_changed_something(monkeypatch):
    monkeypatch.setattr(actions, "LOOK_UPS", frozenset())


@pytest.fixture
def handled(monkeypatch):
    """The message ids that reached the actions, in order; each is answered with an empty callback."""
    seen = []

    def run(request):
        seen.append(request.message_id)
        answer(request)

    monkeypatch.setattr(actions, "run", run)
    return seen


@pytest.fixture
def asleep(monkeypatch):
    """Nobody is woken: what is due stays due until the test looks at it."""
    monkeypatch.setattr(inbox, "wake_resident", lambda *args, **kwargs: None)
    monkeypatch.setattr(callbacks, "wake", lambda *args, **kwargs: None)


def start(state):
    return {"order": {"fulfillments": [{"id": "f"}, {"state": {"descriptor": {"code": state}}}]}}


@pytest.mark.django_db
class TestKeeping:
    def test_a_request_is_kept_as_it_was_signed(self, bap, asleep):
        body = bap.body("search", {"intent": {"descriptor": {"name": "दिल्ली"}}, "price": 1.10})
        raw = encode(body)

        assert bap("search", raw=raw).json() == ACK

        row = Request.objects.get()
        context = body["context"]
        assert (row.bap_id, row.message_id, row.transaction_id, row.action, row.wish, row.state) == (
            "bap.tests.example", context["message_id"], context["transaction_id"], "search", "", "RECEIVED",
        )
        assert row.digest == signing.digest(raw)
        assert encode(row.body) == raw
        assert row.due_at == row.received_at
        assert (row.attempts, row.leased_until, row.order, row.answer_by) == (0, None, None, None)

    def test_the_body_is_ciphertext_in_the_database(self, bap, asleep):
        bap("init", {"order": {"billing": {"name": "Asha Rao", "phone": "+919999999999"}}})
        with connection.cursor() as cursor:
            cursor.execute("select body from beckn_request")
            assert "Asha" not in cursor.fetchone()[0]

    def test_the_conversation_keeps_what_callbacks_echo(self, bap, asleep):
        bap("search", SEARCH, transaction_id="t1", key="secret")

        row = Transaction.objects.get()
        assert (row.bap_id, row.transaction_id) == ("bap.tests.example", "t1")
        assert row.context == {
            "domain": "ev-charging:beckn", "version": "1.1.0", "location": PLACE,
            "bap_id": "bap.tests.example", "bap_uri": bap.url,
        }

    def test_the_conversation_follows_its_newest_request_and_keeps_the_rest(self, bap, asleep):
        bap("search", SEARCH, transaction_id="t1")
        Transaction.objects.update(billing={"name": "A"})
        bap("select", {"order": {}}, transaction_id="t1", bap_uri=f"{bap.url}/v2", location=None)

        row = Transaction.objects.get()
        assert row.context["bap_uri"] == f"{bap.url}/v2"
        assert "location" not in row.context
        assert row.billing == {"name": "A"}

    def test_two_apps_may_use_the_same_ids(self, bap, asleep):
        SubscriberFactory(subscriber_id="other.example", url=bap.url)
        ids = {"message_id": "m", "transaction_id": "t"}
        bap("search", SEARCH, **ids)
        other = bap.__class__(bap.client, bap.run_on_commit, subscriber_id="other.example", url=bap.url)

        assert other("search", SEARCH, **ids).json() == ACK
        assert Request.objects.count() == Transaction.objects.count() == 2

    def test_one_id_may_serve_several_actions(self, bap, asleep):
        for action, message in (("search", SEARCH), ("select", {"order": {}}), ("init", {"order": {}})):
            assert bap(action, message, message_id="m", transaction_id="m").json() == ACK
        assert Request.objects.count() == 3


@pytest.mark.django_db
class TestTheSameAgain:
    def test_the_same_bytes_are_acknowledged_and_handled_once(self, bap, handled, bap_server):
        raw = encode(bap.body("search", SEARCH, message_id="m"))

        answers = [bap("search", raw=raw).json() for _ in range(3)]

        assert answers == [ACK] * 3
        assert handled == ["m"]
        assert [got.action for got in bap_server.received] == ["on_search"]

    @pytest.mark.parametrize("state", ["DELIVERED", "DEAD"])
    def test_an_answer_that_left_long_ago_is_sent_again(self, bap, handled, bap_server, state):
        raw = encode(bap.body("search", SEARCH, message_id="m"))
        bap("search", raw=raw)
        long_ago = timezone.now() - timedelta(seconds=6)
        Callback.objects.update(
            state=state, sent_at=long_ago, attempts=9, expires_at=timezone.now() - timedelta(seconds=1)
        )

        assert bap("search", raw=raw).json() == ACK

        assert handled == ["m"]
        first, second = bap_server.received
        assert second.body == first.body
        row = Callback.objects.get()
        assert (row.state, row.attempts) == ("DELIVERED", 1)

    @pytest.mark.parametrize(
        "row", [
            {"sent_at": timedelta(seconds=4)}, {"state": "REFUSED", "sent_at": timedelta(hours=1)},
            {"state": "SUPERSEDED", "sent_at": timedelta(hours=1)},
        ],
    )
    def test_what_just_left_or_was_refused_is_not_sent_again(self, bap, handled, bap_server, row):
        raw = encode(bap.body("search", SEARCH))
        bap("search", raw=raw)
        Callback.objects.update(**row | {"sent_at": timezone.now() - row["sent_at"]})

        assert bap("search", raw=raw).json() == ACK
        assert len(bap_server.received) == 1

    def test_another_body_under_the_same_id_is_refused(self, bap, handled):
        bap("init", {"order": {"billing": {"name": "A"}}}, message_id="m", transaction_id="t")
        response = bap("init", {"order": {"billing": {"name": "B"}}}, message_id="m", transaction_id="t",
                       location=None)

        assert response.status_code == 200
        assert response.json() == {
            "message": {"ack": {"status": "NACK"}},
            "error": {
                "code": "30000", "paths": "context.message_id",
                "message": "this message_id was used before with another body",
            },
        }
        assert handled == ["m"]
        assert Request.objects.get().body["message"]["order"]["billing"] == {"name": "A"}
        assert Transaction.objects.get().context["location"] == PLACE

    def test_start_and_stop_may_share_an_id(self, bap, handled):
        ids = {"message_id": "m", "transaction_id": "t"}
        assert bap("update", start("start-charging"), **ids).json() == ACK
        assert bap("update", start("stop-charging"), **ids).json() == ACK
        assert handled == ["m", "m"]
        again = bap("update", start("Start_Charging"), **ids)
        assert again.json()["error"]["paths"] == "context.message_id"

        wishes = Request.objects.order_by("pk").values_list("wish", flat=True)
        assert list(wishes) == ["START_CHARGING", "STOP_CHARGING"]

    def test_a_long_or_bare_state_is_a_wish_too(self, bap, handled):
        bap("update", start("x" * 40))
        bap("update", {"order": {"fulfillments": [{"state": "charging ended"}]}})
        bap("update", {"order": {}})
        wishes = Request.objects.order_by("pk").values_list("wish", flat=True)
        assert list(wishes) == ["X" * 32, "CHARGING_ENDED", ""]


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

    def at_once(self, count, call):
        gate, results = threading.Barrier(count), []

        def one():
            try:
                gate.wait(10)
                results.append(call())
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(results) == count
        return results

    def test_ten_copies_at_once_are_one_request(self):
        sender = SubscriberFactory()
        raw = encode(request_body("search", SEARCH))

        kept = self.at_once(10, lambda: inbox.accept(raw, sender=sender, action="search"))

        assert len(set(kept)) == 1
        assert Request.objects.count() == Transaction.objects.count() == 1

    def test_ten_requests_of_one_conversation_at_once_are_all_kept(self):
        sender = SubscriberFactory()

        def keep():
            raw = encode(request_body("search", SEARCH, transaction_id="t"))
            return inbox.accept(raw, sender=sender, action="search")

        assert len(set(self.at_once(10, keep))) == 10
        assert Transaction.objects.count() == 1

    def test_workers_at_once_handle_each_request_once(self, handled):
        for _ in range(12):
            TransactionFactory(transaction_id=RequestFactory().transaction_id)

        counts = self.at_once(4, lambda: inbox.handle_due(limit=5))

        assert sum(counts) == 12
        assert len(handled) == len(set(handled)) == 12
        assert Callback.objects.count() == 12

    def test_two_workers_that_hold_one_request_answer_it_once(self, handled):
        row = RequestFactory()
        TransactionFactory(transaction_id=row.transaction_id)

        self.at_once(2, lambda: inbox._handle(row.pk))

        assert handled == [row.message_id]
        assert Callback.objects.count() == 1

    def test_a_request_is_there_before_the_ack(self, client, handled):
        from tests.beckn.conftest import Bap

        SubscriberFactory()
        bap = Bap(client, None)
        raw = encode(bap.body("search", SEARCH))
        response = client.post(
            "/beckn/search", raw, content_type="application/json",
            headers={"Authorization": bap.authorization(raw)},
        )

        assert response.json() == ACK
        assert self.at_once(1, Request.objects.count) == [1]


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
