"""Callbacks are sent: signed, in order, again when that fails, once however many send, and given up in the end."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.db import connection
from django.utils import timezone

from beckn import signing
from beckn.models import Callback, CallbackState
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
class TestOrder:
    def test_callbacks_of_one_order_leave_in_order(self, bap_server):
        for number in range(3):
            pending(bap_server, sequence_key="order", message_id=f"m{number}")
        delivery.deliver_due()
        assert [got.body["context"]["message_id"] for got in bap_server.received] == ["m0", "m1", "m2"]

    def test_a_failed_one_holds_back_the_next_of_its_order_only(self, bap_server):
        first = pending(bap_server, sequence_key="order", message_id="m0")
        pending(bap_server, sequence_key="order", message_id="m1")
        pending(bap_server, sequence_key="other", message_id="m2")
        bap_server.answer_with((503, b""))

        delivery.deliver_due()
        assert [got.body["context"]["message_id"] for got in bap_server.received] == ["m0", "m2"]
        Callback.objects.filter(pk=first.pk).update(due_at=timezone.now())
        delivery.deliver_due()
        assert [got.body["context"]["message_id"] for got in bap_server.received] == ["m0", "m2", "m0", "m1"]

    def test_an_app_whose_callbacks_wait_for_their_turn_holds_up_no_other(self, bap_server):
        soon = timezone.now() + timedelta(minutes=1)
        pending(bap_server, sequence_key="order", due_at=soon)
        pending(bap_server, sequence_key="order")
        other = pending(bap_server, bap_id="other.example")
        assert delivery.deliver_due() == 1
        assert state_of(other) == "DELIVERED"

    def test_after_six_attempts_it_holds_back_nobody(self, bap_server):
        later = timezone.now() + timedelta(minutes=1)
        first = pending(bap_server, sequence_key="order", attempts=5, due_at=later)
        second = pending(bap_server, sequence_key="order")
        assert delivery.deliver_due() == 0
        Callback.objects.filter(pk=first.pk).update(attempts=6)
        assert delivery.deliver_due() == 1
        assert state_of(second) == "DELIVERED"

    def test_callbacks_without_an_order_do_not_wait_for_each_other(self, bap_server):
        pending(bap_server, due_at=timezone.now() + timedelta(minutes=1))
        pending(bap_server)
        assert delivery.deliver_due() == 1

    def test_what_is_leased_or_not_due_is_left_alone(self, bap_server):
        soon = timezone.now() + timedelta(seconds=1)
        pending(bap_server, leased_until=soon)
        pending(bap_server, due_at=soon)
        pending(bap_server, state=CallbackState.DELIVERED)
        assert delivery.deliver_due() == 0
        assert not delivery.has_due()

    def test_the_lease_of_a_worker_that_died_runs_out(self, bap_server):
        row = pending(bap_server, leased_until=timezone.now() - timedelta(seconds=1))
        assert delivery.has_due()
        assert delivery.deliver_due() == 1
        assert state_of(row) == "DELIVERED"

    def test_more_than_one_batch_is_sent(self, bap_server):
        for _ in range(delivery.BATCH + 3):
            pending(bap_server)
        assert delivery.deliver_due() == delivery.BATCH + 3

    def test_a_slow_batch_gives_the_rest_back(self, bap_server, monkeypatch):
        rows = [pending(bap_server) for _ in range(3)]
        clock = [0.0]
        monkeypatch.setattr(delivery.time, "monotonic", lambda: clock[0])
        bap_server.answers.append(lambda got: (clock.__setitem__(0, 0.6), (200, b""))[1])

        delivery._deliver_batch("bap.tests.example")

        assert [state_of(row) for row in rows] == ["DELIVERED", "PENDING", "PENDING"]
        assert [row.leased_until for row in rows] == [None, None, None]
        assert [row.attempts for row in rows] == [1, 0, 0]

    def test_what_arrived_is_written_down_meanwhile_where_a_batch_takes_long(self, bap_server, monkeypatch):
        rows = [pending(bap_server) for _ in range(3)]
        clock, written, write_down = [0.0], [], delivery.Arrived.write_down
        monkeypatch.setattr(delivery.time, "monotonic", lambda: clock[0])

        def noted(arrived):
            write_down(arrived)
            written.append([state_of(row) for row in rows].count("DELIVERED"))

        monkeypatch.setattr(delivery.Arrived, "write_down", noted)
        bap_server.answers.extend([lambda got: (clock.__setitem__(0, clock[0] + 0.2), (200, b""))[1]] * 3)
        delivery._deliver_batch("bap.tests.example")

        assert written == [2, 3]  # after 0.4 s, and at the end

    def test_a_receiver_whose_slots_are_taken_is_passed_over(self, bap_server):
        slow = pending(bap_server, bap_id="slow.example")
        quick = pending(bap_server, bap_id="quick.example")
        for _ in range(delivery.in_flight.limit):
            assert delivery.in_flight.take("slow.example")
        assert not delivery.in_flight.take("slow.example")

        delivery.deliver_due()
        assert (state_of(slow), state_of(quick)) == ("PENDING", "DELIVERED")
        assert not delivery.has_due()
        delivery.in_flight.free("slow.example")
        assert delivery.has_due()
        delivery.deliver_due()
        assert state_of(slow) == "DELIVERED"


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


@pytest.mark.django_db(transaction=True)
class TestThreads:
    def deliver_at_once(self, count):
        def one():
            try:
                delivery.deliver_due()
            finally:
                connection.close()

        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        return threads

    def test_each_callback_is_sent_once(self, bap_server):
        for _ in range(40):
            pending(bap_server)
        for thread in self.deliver_at_once(4):
            thread.join(30)
        ids = [got.body["context"]["message_id"] for got in bap_server.received]
        assert len(ids) == len(set(ids)) == 40
        assert set(Callback.objects.values_list("state", flat=True)) == {"DELIVERED"}

    def test_a_slow_app_delays_only_itself(self, bap_server):
        release, threads = threading.Event(), []

        def answer(got):
            if got.action == "on_status":
                release.wait(20)
            return 200, b""

        bap_server.answers.extend([answer] * 20)
        try:
            for number in range(delivery.in_flight.limit):
                pending(bap_server, "on_status", bap_id="slow.example")
                threads += self.deliver_at_once(1)
                bap_server.wait_for(number + 1)
            pending(bap_server, "on_status", bap_id="slow.example")
            quick = pending(bap_server, bap_id="quick.example")
            (thread,) = self.deliver_at_once(1)
            thread.join(5)
            assert not thread.is_alive()
            assert state_of(quick) == "DELIVERED"
            assert len(bap_server.received) == 5
        finally:
            release.set()
            for thread in threads:
                thread.join(30)
        assert Callback.objects.filter(state="DELIVERED").count() == 6


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
