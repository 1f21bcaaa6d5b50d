"""The outbox: what a callback says, how long it is tried, and what a newer one makes obsolete."""

import json
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from beckn.models import Callback
from beckn.services import callbacks, delivery
from beckn.services.outcome import judge
from sessions.models import Order
from tests.factories.beckn import (
    PLACE,
    RequestFactory,
    TransactionFactory,
    request_body,
)
from tests.factories.catalog import OfferFactory

NACK = {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": "Response timed out"}}


@pytest.fixture
def asleep(monkeypatch):
    """Nobody is woken; the test sends when it wants to."""
    monkeypatch.setattr(callbacks, "wake", lambda *args, **kwargs: None)


def conversation(url="http://127.0.0.1:9/bap/energy/v1", **more):
    context = {"domain": "ev-charging:beckn", "version": "1.1.0", "location": PLACE}
    context |= {"bap_id": "bap.tests.example", "bap_uri": url}
    return TransactionFactory(transaction_id="t1", context=context | more)


def hours(row):
    return round((row.expires_at - row.due_at).total_seconds() / 3600, 3)


@pytest.mark.django_db
@pytest.mark.usefixtures("asleep")
class TestWriting:
    def test_an_answer_echoes_the_context_of_its_request(self):
        context = {
            "domain": "ev-charging:uei", "version": "1.1.1", "location": {"city": {"code": "std:011"}},
            "bap_uri": "http://127.0.0.1:9/a/", "ttl": "PT10M", "key": "k", "city": "std:011",
        }
        body = request_body("search", {}, transaction_id="t1", message_id="m1", **context)
        request = RequestFactory(message_id="m1", transaction_id="t1", body=body)
        before = timezone.now()

        row = callbacks.queue(
            transaction=conversation(), action="on_search", message={"catalog": {"providers": []}}, request=request
        )

        sent = json.loads(row.body)
        stamp = sent["context"].pop("timestamp")
        assert sent == {
            "context": {
                "domain": "ev-charging:uei", "version": "1.1.1", "location": {"city": {"code": "std:011"}},
                "bap_id": "bap.tests.example", "bap_uri": "http://127.0.0.1:9/a/", "action": "on_search",
                "bpp_id": "bpp.tests.example", "bpp_uri": "http://testserver/beckn",
                "transaction_id": "t1", "message_id": "m1", "ttl": "PT10M",
            },
            "message": {"catalog": {"providers": []}},
        }
        assert list(sent) == ["context", "message"]
        assert len(stamp) == 24 and stamp.endswith("Z")
        assert abs(datetime.fromisoformat(stamp) - before) < timedelta(seconds=5)
        assert row.url == "http://127.0.0.1:9/a/on_search"
        assert (row.bap_id, row.transaction_id, row.message_id) == ("bap.tests.example", "t1", "m1")
        assert (row.state, row.request, row.sequence_key) == ("PENDING", request, "")

    def test_an_answer_without_ttl_gets_none(self):
        body = request_body("search", {}, ttl=None, location=None)
        row = callbacks.queue(
            transaction=conversation(), action="on_search", message={}, request=RequestFactory(body=body)
        )
        assert {"ttl", "location"}.isdisjoint(json.loads(row.body)["context"])

    def test_news_has_an_id_of_its_own_and_the_context_of_the_conversation(self):
        rows = [
            callbacks.queue(transaction=conversation_, action="on_status", message={"order": {"id": "o"}})
            for conversation_ in [conversation()] * 2
        ]

        sent = json.loads(rows[0].body)["context"]
        assert sent.pop("timestamp")
        assert sent == {
            "domain": "ev-charging:beckn", "version": "1.1.0", "location": PLACE, "bap_id": "bap.tests.example",
            "bap_uri": "http://127.0.0.1:9/bap/energy/v1", "action": "on_status",
            "bpp_id": "bpp.tests.example", "bpp_uri": "http://testserver/beckn", "transaction_id": "t1",
            "message_id": rows[0].message_id, "ttl": "PT30S",
        }
        assert len(rows[0].message_id) == 36
        assert rows[0].message_id != rows[1].message_id

    def test_an_error_stands_beside_the_message(self):
        error = {"code": "40002", "message": "EVSE_UNAVAILABLE: taken"}
        row = callbacks.queue(transaction=conversation(), action="on_init", message={"order": {}}, error=error)
        assert list(json.loads(row.body)) == ["context", "message", "error"]
        assert json.loads(row.body)["error"] == error

    @pytest.mark.parametrize(
        ("action", "ttl", "more", "expected"),
        [
            ("on_search", "PT30S", {}, 1 / 6), ("on_search", None, {}, 1 / 6), ("on_track", "PT2H", {}, 2),
            ("on_status", "P10D", {}, 24), ("cancellation_reasons", "PT30S", {}, 1 / 6),
            ("on_init", "PT30S", {}, 24), ("on_confirm", "PT30S", {}, 24), ("on_update", "PT30S", {}, 24),
            ("on_cancel", "PT30S", {}, 24), ("on_status", "PT30S", {"lasting": True}, 24),
        ],
    )
    def test_how_long_an_answer_is_tried(self, action, ttl, more, expected):
        request = RequestFactory(body=request_body("x", {}, ttl=ttl))
        row = callbacks.queue(transaction=conversation(), action=action, message={}, request=request, **more)
        assert hours(row) == round(expected, 3)

    @pytest.mark.parametrize(
        ("more", "expected"), [({}, 1), ({"superseding": True}, 1), ({"lasting": True}, 24),
                               ({"lasting": True, "superseding": True}, 24)],
    )
    def test_how_long_news_is_tried(self, more, expected):
        row = callbacks.queue(transaction=conversation(), action="on_status", message={}, **more)
        assert hours(row) == expected


@pytest.fixture
def order(db):
    offer = OfferFactory()
    return Order.objects.create(offer=offer, party=offer.party, sold_through="bap.tests.example")


@pytest.mark.django_db
@pytest.mark.usefixtures("asleep")
class TestSuperseding:
    def queue(self, order, **more):
        return callbacks.queue(
            transaction=self.conversation, action="on_status", message={}, order=order, **more
        )

    def states(self):
        return list(Callback.objects.order_by("pk").values_list("state", flat=True))

    @pytest.fixture(autouse=True)
    def _conversation(self, db):
        self.conversation = conversation()

    def test_only_the_newest_progress_is_sent(self, order):
        self.queue(order, superseding=True)
        self.queue(order)
        Callback.objects.filter(pk=self.queue(order, superseding=True).pk).update(state="DELIVERED")
        self.queue(order, superseding=True)
        assert self.states() == ["SUPERSEDED", "PENDING", "DELIVERED", "PENDING"]
        assert set(Callback.objects.values_list("sequence_key", flat=True)) == {str(order.reference)}

    def test_the_bill_makes_progress_obsolete_but_not_an_answer(self, order):
        self.queue(order, superseding=True)
        self.queue(order, lasting=True, request=RequestFactory())
        assert self.states() == ["PENDING", "PENDING"]
        self.queue(order, lasting=True)
        assert self.states() == ["SUPERSEDED", "PENDING", "PENDING"]

    def test_news_that_was_superseded_on_its_way_is_not_tried_again(self, order, monkeypatch):
        row = self.queue(order, superseding=True)

        def superseded_meanwhile(*args):
            self.queue(order, superseding=True)
            Callback.objects.exclude(pk=row.pk).delete()
            return judge(503, b"")

        monkeypatch.setattr(delivery, "post", superseded_meanwhile)
        delivery.deliver_due()
        assert self.states() == ["SUPERSEDED"]

    def test_news_that_was_superseded_on_its_way_but_arrived_is_delivered(self, order, monkeypatch):
        row = self.queue(order, superseding=True)

        def superseded_meanwhile(*args):
            Callback.objects.filter(pk=row.pk).update(state="SUPERSEDED")
            return judge(200, b"")

        monkeypatch.setattr(delivery, "post", superseded_meanwhile)
        delivery.deliver_due()
        assert self.states() == ["DELIVERED"]
