"""Two workers, and a worker that dies: nothing is started twice, nothing is lost (design.md §2, §5)."""

import json
import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ocpi.models import Command
from ocpi.services import command_dispatch, command_send, commands
from ocpi.services.commands import request_command
from tests.ocpi.cpo import BASE, envelope, make_party
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ACCEPTED = envelope({"result": "ACCEPTED", "timeout": 30})


class Killed(BaseException):
    """A worker process that is no more."""


@pytest.fixture
def party():
    return make_party()


def make_command(party, kind="START_SESSION", **more):
    return Command.objects.create(party=party, kind=kind, **{"due_at": timezone.now()} | more)


def lose_leases():
    past = timezone.now() - timedelta(seconds=1)
    Command.objects.filter(state="SENT").update(due_at=past)
    Command.objects.filter(leased_until__isnull=False).update(leased_until=past)


def test_a_command_leaves_when_the_transaction_that_asked_for_it_has_committed(party, network):
    stop = network.post(f"{BASE}/commands/STOP_SESSION", json=ACCEPTED)

    with transaction.atomic():
        request_command(party=party, kind="STOP_SESSION", session_id="S-1")
        assert stop.call_count == 0

    assert stop.call_count == 1
    assert Command.objects.get().state == "AWAITING_RESULT"


def test_a_command_of_a_transaction_that_failed_does_not_exist(party, network):
    stop = network.post(f"{BASE}/commands/STOP_SESSION", json=ACCEPTED)

    with pytest.raises(Killed), transaction.atomic():
        request_command(party=party, kind="STOP_SESSION", session_id="S-1")
        raise Killed

    assert (stop.call_count, Command.objects.count()) == (0, 0)


def test_no_database_connection_is_held_while_a_cpo_takes_its_time(party, network):
    held = []

    def answer(request):
        held.append(connection.connection)
        return 200, {}, json.dumps(ACCEPTED if request.method == "POST" else envelope(code=2003))

    network.add_callback("GET", f"{BASE}/locations/L1/E1", answer)
    network.add_callback("POST", f"{BASE}/commands/RESERVE_NOW", answer)
    make_command(party, "RESERVE_NOW", check_evse_first=True, location_id="L1", evse_uid="E1")

    commands.dispatch_due(parallel=False)

    assert held == [None, None]
    assert Command.objects.get().state == "AWAITING_RESULT"


def test_two_workers_send_each_command_once(party, network):
    start = network.post(f"{BASE}/commands/START_SESSION", json=ACCEPTED)
    for number in range(12):
        make_command(party, order_reference=f"ORDER-{number}")

    at_once(*[lambda: commands.dispatch_due(parallel=False)] * 4)

    assert start.call_count == 12
    assert set(Command.objects.values_list("state", flat=True)) == {"AWAITING_RESULT"}


def test_many_commands_leave_side_by_side(party, network):
    """Eight at a time, in threads of their own: none of them is answered before all eight have been asked."""
    together = threading.Barrier(command_dispatch.PER_CONNECTION)

    def answer(request):
        together.wait(timeout=20)
        return 200, {}, json.dumps(ACCEPTED)

    network.add_callback("POST", f"{BASE}/commands/STOP_SESSION", answer)
    for _ in range(16):
        make_command(party, "STOP_SESSION")

    assert commands.dispatch_due() == 16

    assert set(Command.objects.values_list("state", flat=True)) == {"AWAITING_RESULT"}


def test_a_slow_cpo_does_not_hold_up_another_within_one_run(party, network):
    other = make_party("OTHER", base="https://other.example")
    released = threading.Event()

    def slow(request):
        make_command(other, "STOP_SESSION")  # asked for while this one waits
        assert released.wait(timeout=20)
        return 200, {}, json.dumps(ACCEPTED)

    def quick(request):
        released.set()
        return 200, {}, json.dumps(ACCEPTED)

    network.add_callback("POST", f"{BASE}/commands/STOP_SESSION", slow)
    network.add_callback("POST", "https://other.example/commands/STOP_SESSION", quick)
    make_command(party, "STOP_SESSION")

    assert commands.dispatch_due() == 2


@pytest.mark.parametrize(
    ("kind", "sent", "state"),
    [
        ("START_SESSION", 1, "UNKNOWN"),
        ("RESERVE_NOW", 1, "UNKNOWN"),
        ("STOP_SESSION", 2, "AWAITING_RESULT"),
        ("CANCEL_RESERVATION", 2, "AWAITING_RESULT"),
    ],
)
def test_a_worker_killed_before_the_answer_never_starts_twice(party, network, told, kind, sent, state):
    lives = [Killed()]

    def answer(request):
        if lives:
            raise lives.pop()
        return 200, {}, json.dumps(ACCEPTED)

    network.add_callback("POST", f"{BASE}/commands/{kind}", answer)
    make_command(party, kind, order_reference="ORDER")

    with pytest.raises(Killed):
        commands.dispatch_due(parallel=False)
    assert Command.objects.get().state == "SENT"
    assert commands.dispatch_due(parallel=False) == 0

    lose_leases()
    commands.sweep()
    commands.dispatch_due(parallel=False)

    assert len(network.calls) == sent
    assert Command.objects.get().state == state
    assert told == []


def test_a_worker_killed_before_sending_leaves_the_command_to_the_next(party, network, monkeypatch):
    start = network.post(f"{BASE}/commands/START_SESSION", json=ACCEPTED)
    make_command(party)

    def die(command):
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(command_send, "_mark_sent", die)
        commands.dispatch_due(parallel=False)
    assert Command.objects.get().state == "CREATED"
    assert commands.dispatch_due(parallel=False) == 0

    lose_leases()
    assert commands.dispatch_due(parallel=False) == 1
    assert start.call_count == 1


def test_a_worker_that_comes_too_late_to_its_own_command_does_not_send_it(party, network):
    start = network.post(f"{BASE}/commands/START_SESSION", json=ACCEPTED)
    make_command(party)
    (late,) = command_dispatch.claim(1)
    lose_leases()
    (taken,) = command_dispatch.claim(1)

    command_send.send(late)
    assert start.call_count == 0
    command_send.send(taken)
    command_send.send(late)

    assert start.call_count == 1


def test_twenty_copies_of_one_result_are_told_once(party, told):
    command = make_command(party, state="AWAITING_RESULT")

    told_of = {"command_uid": command.uid, "connection": party.connection, "result": "ACCEPTED"}
    at_once(*[partial(commands.accept_result, **told_of)] * 20)

    assert told == [("START_SESSION", "SUCCEEDED", "ACCEPTED")]


def test_result_and_deadline_at_once_end_the_command_by_one_of_them(party, told):
    past = timezone.now() - timedelta(seconds=1)
    command = make_command(party, state="AWAITING_RESULT", due_at=past, deadline_at=past)

    def work():
        commands.sweep()
        commands.accept_result(command_uid=command.uid, connection=party.connection, result="TIMEOUT")

    at_once(*[work] * 6)

    command.refresh_from_db()
    assert told == [(command.kind, command.state, command.result)]
    assert command.state == "TIMED_OUT"
