"""Which callbacks leave next: those of an order in turn, each once however many send, no app at the cost of another."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from beckn.models import Callback, CallbackState
from beckn.services import delivery
from tests.beckn.test_delivery import pending, state_of


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
