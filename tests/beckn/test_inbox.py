"""The inbox: a request is kept once, as it was signed, and the same again has no second effect."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from beckn import actions, signing
from beckn.models import Callback, Request, Transaction
from beckn.services import inbox
from emsp.core.wire import encode
from tests.factories.beckn import (
    PLACE,
    SubscriberFactory,
    request_body,
)
from tests.races import at_once

ACK = {"message": {"ack": {"status": "ACK"}}}
SEARCH = {"intent": {}}


@pytest.fixture(autouse=True)
def _as_if_search_changed_something(monkeypatch):
    monkeypatch.setattr(actions, "LOOK_UPS", frozenset())


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


@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture(autouse=True)
    def _asleep(self, asleep):
        pass

    def test_ten_copies_at_once_are_one_request(self):
        sender = SubscriberFactory()
        raw = encode(request_body("search", SEARCH))

        kept = at_once(*[lambda: inbox.accept(raw, sender=sender, action="search")] * 10)

        assert len(set(kept)) == 1
        assert Request.objects.count() == Transaction.objects.count() == 1

    def test_ten_requests_of_one_conversation_at_once_are_all_kept(self):
        sender = SubscriberFactory()

        def keep():
            raw = encode(request_body("search", SEARCH, transaction_id="t"))
            return inbox.accept(raw, sender=sender, action="search")

        assert len(set(at_once(*[keep] * 10))) == 10
        assert Transaction.objects.count() == 1

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
        assert at_once(Request.objects.count) == [1]
