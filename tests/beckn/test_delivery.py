"""Callbacks are sent: signed, again when that fails, and given up in the end."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from beckn import signing
from beckn.models import Callback
from beckn.services import callbacks, delivery
from beckn.services.outcome import Verdict, judge
from emsp.core import http
from emsp.core.wire import encode
from tests.factories.beckn import (
    CallbackFactory,
    request_body,
)

NACK = {"message": {"ack": {"status": "NACK"}}, "error": {"code": "30000", "message": "Response timed out"}}


def pending(bap_server, action="on_search", **more):
    return CallbackFactory(action=action, url=f"{bap_server.url}/{action}", **more)


def state_of(row):
    row.refresh_from_db()
    return row.state


@pytest.mark.django_db
class TestSending:
    def test_a_callback_arrives_signed_over_its_bytes(self, bap_server, settings):
        row = pending(bap_server)

        assert delivery.deliver_due() == 1

        (got,) = bap_server.received
        assert got.path == "/bap/energy/v1/on_search"
        assert got.raw == bytes(row.body)
        assert got.headers["content-type"] == "application/json"
        header = signing.parse(got.headers["authorization"])
        key = signing.load_private_key(settings.BECKN_SIGNING_PRIVATE_KEY)
        signing.verify(header, got.raw, bytes(key.verify_key), int(time.time()), skew_s=0)
        assert (header.subscriber_id, header.unique_key_id) == ("bpp.tests.example", "bpp-key-1")
        assert header.created <= time.time() - 4
        row.refresh_from_db()
        assert (row.state, row.attempts, row.last_status, row.last_error) == ("DELIVERED", 1, 200, "")
        assert row.leased_until is None
        assert abs(row.sent_at - timezone.now()) < timedelta(seconds=5)

    @pytest.mark.parametrize(
        "answer", [(200, b""), (202, b"OK"), (204, b""), (200, {}), (200, b"[]"), (202, b"<html>"), (201, b"null")]
    )
    def test_any_2xx_that_is_no_nack_is_delivery(self, bap_server, answer):
        row = pending(bap_server)
        bap_server.answer_with(answer)
        delivery.deliver_due()
        assert state_of(row) == "DELIVERED"

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ((200, NACK), "NACK 30000 Response timed out"),
            ((400, NACK), "NACK 30000 Response timed out"),
            ((500, NACK), "NACK 30000 Response timed out"),
            ((202, {"message": {"ack": {"status": "NACK"}, "error": {"code": 30000}}}), "NACK 30000"),
            ((401, {"message": {"ack": {"status": "NACK"}}}), "NACK"),
            ((404, b"not here"), "HTTP 404"),
            ((302, b"", {"Location": "http://127.0.0.1:1/"}), "HTTP 302"),
        ],
    )
    def test_a_no_is_final(self, bap_server, answer, reason):
        row = pending(bap_server)
        bap_server.answer_with(answer)

        delivery.deliver_due()
        Callback.objects.update(due_at=timezone.now())
        assert delivery.deliver_due() == 0

        assert state_of(row) == "REFUSED"
        assert (row.last_status, row.last_error) == (answer[0], reason)
        assert len(bap_server.received) == 1

    @pytest.mark.parametrize(
        ("answer", "status", "reason"),
        [
            ((503, b""), 503, "HTTP 503"), ((500, {"oops": 1}), 500, "HTTP 500"), ((408, b""), 408, "HTTP 408"),
            ((429, NACK), 429, "NACK 30000 Response timed out"), ("reset", None, "no answer: ProtocolError"),
        ],
    )
    def test_a_failure_is_tried_again_under_the_same_id(self, bap_server, answer, status, reason):
        row = pending(bap_server)
        bap_server.answer_with(answer)
        before = timezone.now()

        delivery.deliver_due()

        assert state_of(row) == "PENDING"
        assert (row.attempts, row.last_status, row.last_error, row.leased_until) == (1, status, reason, None)
        assert round((row.due_at - before).total_seconds()) == 1
        Callback.objects.update(due_at=timezone.now())
        delivery.deliver_due()
        assert state_of(row) == "DELIVERED"
        first, second = bap_server.received
        assert first.raw == second.raw
        assert row.attempts == 2

    def test_an_app_that_is_not_there_is_tried_again(self):
        row = CallbackFactory()  # nothing listens on port 9
        delivery.deliver_due()
        assert state_of(row) == "PENDING"
        assert row.last_error == "no answer: NewConnectionError"

    def test_the_pauses_grow_to_a_minute_and_then_to_five(self):
        assert [delivery.wait_s(attempts) for attempts in range(1, 11)] == [1, 2, 4, 8, 16, 32, 60, 300, 300, 300]

    @pytest.mark.parametrize(
        ("value", "pause"),
        [("7", 7), ("0", 1), ("99999999999", 300), ("soon", 1), ("-5", 1), ("²", 1),
         (format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 300),
         (format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True), 1)],
    )
    def test_what_the_app_asks_for_in_retry_after_counts_up_to_five_minutes(self, bap_server, value, pause):
        row = pending(bap_server)
        bap_server.answer_with((503, b"", {"Retry-After": value}))
        before = timezone.now()
        delivery.deliver_due()
        row.refresh_from_db()
        assert round((row.due_at - before).total_seconds()) == pause

    def test_what_cannot_be_delivered_in_its_time_is_dead(self, bap_server):
        row = pending(bap_server, attempts=7, expires_at=timezone.now() + timedelta(seconds=299))
        bap_server.answer_with((503, b""))
        delivery.deliver_due()
        assert state_of(row) == "DEAD"

    def test_what_is_over_its_time_is_not_sent(self, bap_server):
        over = pending(bap_server, expires_at=timezone.now())
        assert delivery.deliver_due() == 0
        pending(bap_server)
        assert delivery.deliver_due() == 1
        assert state_of(over) == "PENDING"
        assert delivery.expire() == 1
        assert state_of(over) == "DEAD"

    def test_a_forbidden_address_is_dead_at_once(self, bap_server, settings):
        settings.SANDBOX = False
        plain = pending(bap_server)
        private = CallbackFactory(url="https://127.0.0.1/on_search")

        delivery.deliver_due()

        assert (state_of(plain), plain.last_error) == ("DEAD", "the URL is not https")
        assert (state_of(private), private.last_error) == ("DEAD", "the URL leads to a private address")
        assert bap_server.received == []

    def test_a_name_that_does_not_resolve_now_is_tried_again(self, settings, monkeypatch):
        def unknown(*args, **kwargs):
            raise OSError("no such host")

        settings.SANDBOX = False
        monkeypatch.setattr(http.socket, "getaddrinfo", unknown)
        row = CallbackFactory(url="https://bap.example/on_search")
        delivery.deliver_due()
        assert (state_of(row), row.last_error) == ("PENDING", "the URL's host cannot be resolved")

    @pytest.mark.parametrize(("age_s", "again"), [(29, False), (31, True)])
    def test_a_callback_that_waited_says_when_it_leaves(self, bap_server, age_s, again):
        body = request_body("on_search", {"x": 1}, timestamp="2026-01-01T00:00:00.000Z")
        row = pending(bap_server, body=encode(body))
        Callback.objects.update(created_at=timezone.now() - timedelta(seconds=age_s))

        delivery.deliver_due()

        sent = bap_server.received[0].body
        stamp = sent["context"].pop("timestamp")
        assert (stamp != body["context"].pop("timestamp")) is again
        assert abs(datetime.fromisoformat(stamp) - timezone.now()) < timedelta(seconds=5) or not again
        assert sent == body
        row.refresh_from_db()
        assert b"2026-01-01" in bytes(row.body)

    def test_numbers_survive_a_new_time_stamp(self, bap_server):
        body = b'{"context":{"timestamp":"2026-01-01T00:00:00Z","x":1.10},"message":{"v":17.330000000000000001}}'
        row = pending(bap_server, body=body)
        Callback.objects.update(created_at=timezone.now() - timedelta(minutes=1))
        delivery.deliver_due()
        assert b'"x":1.10' in bap_server.received[0].raw
        assert b'"v":17.330000000000000001' in bap_server.received[0].raw
        assert bytes(row.body) == body

    def test_an_answer_without_end_is_cut_off(self, bap_server):
        row = pending(bap_server)
        bap_server.answer_with((200, b"x" * 5_000_000))
        delivery.deliver_due()
        assert state_of(row) == "DELIVERED"

    def test_secrets_in_the_apps_words_are_masked_and_cut(self, bap_server):
        row = pending(bap_server)
        words = "mail a@b.example token abcdefghijklmnopqrst " + "x" * 400 + "\x00"
        bap_server.answer_with((400, NACK | {"error": {"code": "1", "message": words}}))
        delivery.deliver_due()
        row.refresh_from_db()
        assert len(row.last_error) <= 300
        assert "a@b.example" not in row.last_error
        assert "abcdefghijklmnopqrst" not in row.last_error


@pytest.mark.django_db
class TestAgain:
    @pytest.mark.parametrize("state", ["DELIVERED", "REFUSED", "SUPERSEDED", "DEAD"])
    def test_staff_can_send_what_ended_again(self, bap_server, state, django_capture_on_commit_callbacks):
        row = pending(bap_server, state=state, attempts=9, expires_at=timezone.now())
        with django_capture_on_commit_callbacks(execute=True):
            assert callbacks.send_again(row) is True
        assert state_of(row) == "DELIVERED"
        assert row.attempts == 1

    def test_what_is_on_its_way_is_not_hurried(self, bap_server):
        later = timezone.now() + timedelta(minutes=5)
        row = pending(bap_server, attempts=8, due_at=later)
        assert callbacks.send_again(row) is False
        assert state_of(row) == "PENDING"
        assert (row.attempts, row.due_at) == (8, later)


def test_the_verdicts_in_one_table():
    ack = b'{"message":{"ack":{"status":"ACK"}}}'
    nack = json.dumps(NACK).encode()
    table = {
        (200, ack): Verdict.DELIVERED, (202, b""): Verdict.DELIVERED, (200, b"\xff"): Verdict.DELIVERED,
        (200, nack): Verdict.REFUSED, (400, nack): Verdict.REFUSED, (503, nack): Verdict.REFUSED,
        (400, b""): Verdict.REFUSED, (410, b""): Verdict.REFUSED, (301, b""): Verdict.REFUSED,
        (408, b""): Verdict.LATER, (429, b""): Verdict.LATER, (429, nack): Verdict.LATER,
        (500, b""): Verdict.LATER, (502, ack): Verdict.LATER,
    }
    assert {given: judge(*given).verdict for given in table} == table
