"""An app that does not answer is left alone: its callbacks wait, none is lost, none spends an attempt, order is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beckn.models import Callback
from beckn.services import delivery
from beckn.services.outcome import judge
from emsp.core.models import Circuit
from tests.factories.beckn import CallbackFactory

pytestmark = pytest.mark.django_db
AWAY = (503, b"")


@pytest.fixture
def after_three(settings):
    settings.CIRCUIT_OPENS_AFTER = 3


def pending(bap_server, count=1, **more):
    return [CallbackFactory(url=f"{bap_server.url}/on_search", **more) for _ in range(count)]


def attempts():
    return list(Callback.objects.order_by("pk").values_list("attempts", flat=True))


def states():
    return list(Callback.objects.order_by("pk").values_list("state", flat=True))


def end_pause():
    Circuit.objects.update(probe_at=timezone.now())


def all_due():
    Callback.objects.filter(state="PENDING").update(due_at=timezone.now())


def test_after_failures_in_a_row_the_rest_waits_and_spends_no_attempt(bap_server, after_three):
    pending(bap_server, 6)
    bap_server.answer_with(*[AWAY] * 6)

    assert delivery.deliver_due() == 3
    all_due()
    assert delivery.deliver_due() == 0

    assert (attempts(), states()) == ([1, 1, 1, 0, 0, 0], ["PENDING"] * 6)
    assert list(Callback.objects.filter(leased_until__isnull=False)) == []
    assert not delivery.has_due()
    circuit = Circuit.objects.get()
    assert (circuit.kind, circuit.partner, circuit.failures, circuit.last_failure) == (
        "BAP", "bap.tests.example", 3, "HTTP 503",
    )


def test_after_the_pause_one_callback_is_tried_and_when_it_arrives_all_leave(bap_server, after_three):
    rows = pending(bap_server, 5)
    bap_server.answer_with(*[AWAY] * 4)
    delivery.deliver_due()
    end_pause()
    all_due()
    assert delivery.has_due()

    assert delivery.deliver_due() == 1
    assert (sum(attempts()), Circuit.objects.get().pause_s) == (4, 4)
    end_pause()
    all_due()
    assert delivery.deliver_due() == 5

    assert states() == ["DELIVERED"] * 5
    assert {row.message_id for row in rows} == set(Callback.objects.values_list("message_id", flat=True))
    assert (len(bap_server.received), Circuit.objects.get().opened_at) == (9, None)


def test_callbacks_of_one_order_still_leave_in_order(bap_server, after_three):
    first, second = pending(bap_server, 2, sequence_key="order-1")
    bap_server.answer_with(*[AWAY] * 3)
    for _ in range(3):
        all_due()
        delivery.deliver_due()
    assert attempts() == [3, 0]
    end_pause()
    all_due()

    delivery.deliver_due()

    assert [got.raw for got in bap_server.received[3:]] == [bytes(first.body), bytes(second.body)]


def test_an_open_circuit_ends_no_callback_before_its_time(bap_server, after_three):
    pending(bap_server, 4)
    bap_server.answer_with(*[AWAY] * 3)
    delivery.deliver_due()

    assert delivery.expire() == 0
    assert states() == ["PENDING"] * 4


def test_an_app_that_is_away_costs_another_nothing(bap_server, after_three):
    CallbackFactory.create_batch(4, bap_id="away.example")  # nothing listens on port 9
    pending(bap_server, 4)

    delivery.deliver_due()

    assert len(bap_server.received) == 4
    assert [row.partner for row in Circuit.objects.exclude(opened_at=None)] == ["away.example"]


@pytest.mark.parametrize("answer", [(200, b""), (404, b""), (429, b""), (408, b"")])
def test_whoever_answers_is_there_whatever_the_answer_is(bap_server, after_three, answer):
    pending(bap_server, 3)
    bap_server.answer_with(AWAY, AWAY, answer)
    delivery.deliver_due()
    assert Circuit.objects.get().failures == 0


def test_what_another_thread_finds_out_meanwhile_gives_the_claimed_callbacks_back(bap_server, after_three, monkeypatch):
    pending(bap_server, 2)
    claimed = delivery._take_receiver(set())
    Circuit.objects.create(
        kind="BAP", partner=claimed, name=claimed, failures=3, opened_at=timezone.now(),
        probe_at=timezone.now() + timedelta(seconds=9),
    )

    assert delivery._deliver_batch(claimed) == 0

    assert (attempts(), Callback.objects.filter(leased_until=None).count()) == ([0, 0], 2)


def test_a_refused_connection_and_5xx_are_silence_and_a_nack_is_none():
    nack = b'{"message": {"ack": {"status": "NACK"}}}'
    assert [judge(status, b"").silent for status in (200, 404, 408, 429, 500, 502)] == [False] * 4 + [True] * 2
    assert not judge(500, nack).silent
