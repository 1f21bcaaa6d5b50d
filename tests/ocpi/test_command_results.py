"""CommandResults, and those that never come (ocpi.md 3.6, T54, checklist 79, 82-85)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.models import Command
from ocpi.services import command_states, command_sweep, commands
from ocpi.services.commands import UnknownCommand, accept_result
from ocpi.signals import command_finished
from tests.ocpi.cpo import make_party

pytestmark = pytest.mark.django_db


@pytest.fixture
def party():
    return make_party()


def make_command(party, kind="START_SESSION", state="AWAITING_RESULT", **more):
    now = timezone.now()
    values = {"due_at": now, "sent_at": now, "deadline_at": now + timedelta(seconds=35)} | more
    return Command.objects.create(party=party, kind=kind, state=state, **values)


def hear(command, result, **more):
    return accept_result(
        command_uid=command.uid, connection=command.party.connection, result=result, **more
    )


@pytest.mark.parametrize("state", ["SENT", "AWAITING_RESULT", "UNKNOWN"])
@pytest.mark.parametrize(
    ("result", "final", "kept"),
    [
        ("ACCEPTED", "SUCCEEDED", "ACCEPTED"),
        (" accepted ", "SUCCEEDED", "ACCEPTED"),
        ("TIMEOUT", "TIMED_OUT", "TIMEOUT"),
        ("REJECTED", "FAILED", "REJECTED"),
        ("EVSE_OCCUPIED", "FAILED", "EVSE_OCCUPIED"),
        ("CANCELED_RESERVATION", "FAILED", "CANCELED_RESERVATION"),
        ("SOMETHING_THAT_OCPI_DOES_NOT_KNOW_AT_ALL", "FAILED", "SOMETHING_THAT_OCPI_DOES_NOT_KNO"),
    ],
)
def test_the_result_ends_the_command(party, told, state, result, final, kept):
    command = hear(make_command(party, state=state), result, message="m" * 600)

    assert (command.state, command.result, command.message) == (final, kept, "m" * 512)
    assert timezone.now() - command.finished_at < timedelta(seconds=30)
    assert told == [("START_SESSION", final, kept)]


def test_the_first_result_counts_and_repeats_do_nothing(party, told):
    command = make_command(party)

    for result in ("ACCEPTED", "ACCEPTED", "REJECTED", "TIMEOUT"):
        assert hear(command, result).state == "SUCCEEDED"

    assert told == [("START_SESSION", "SUCCEEDED", "ACCEPTED")]


def test_a_timeout_told_by_the_cpo_is_a_result_and_stays(party, told):
    command = make_command(party)

    hear(command, "TIMEOUT")
    hear(command, "ACCEPTED")

    assert told == [("START_SESSION", "TIMED_OUT", "TIMEOUT")]


def test_a_reservation_that_the_cpo_takes_back_later_is_told_again(party, told):
    command = make_command(party, "RESERVE_NOW")

    hear(command, "ACCEPTED")
    hear(command, "CANCELED_RESERVATION", message="broken")
    hear(command, "CANCELED_RESERVATION")
    hear(command, "ACCEPTED")

    command.refresh_from_db()
    assert (command.state, command.result, command.message) == ("TAKEN_BACK", "CANCELED_RESERVATION", "broken")
    assert told == [
        ("RESERVE_NOW", "SUCCEEDED", "ACCEPTED"), ("RESERVE_NOW", "TAKEN_BACK", "CANCELED_RESERVATION"),
    ]


def test_only_a_reservation_can_be_taken_back(party, told):
    command = make_command(party, "START_SESSION")

    hear(command, "ACCEPTED")

    assert hear(command, "CANCELED_RESERVATION").state == "SUCCEEDED"
    assert told == [("START_SESSION", "SUCCEEDED", "ACCEPTED")]


def test_a_result_for_another_connection_or_an_unknown_id_changes_nothing(party, told):
    command, stranger = make_command(party), make_party("STRANGER")

    with pytest.raises(UnknownCommand):
        accept_result(command_uid=command.uid, connection=stranger.connection, result="ACCEPTED")
    for uid in ("x" * 40, command.uid.upper(), "", "\x00"):
        with pytest.raises(UnknownCommand):
            accept_result(command_uid=uid, connection=party.connection, result="ACCEPTED")

    command.refresh_from_db()
    assert (command.state, told) == ("AWAITING_RESULT", [])


@pytest.mark.parametrize(
    ("finished", "expires", "known"),
    [
        (timedelta(hours=23), None, True),
        (timedelta(hours=25), None, False),
        (timedelta(hours=25), timedelta(hours=2), True),
        (timedelta(hours=50), timedelta(hours=26), False),
    ],
)
def test_the_response_url_is_good_for_a_day_after_the_end(party, finished, expires, known):
    now = timezone.now()
    command = make_command(
        party, "RESERVE_NOW", "FAILED", finished_at=now - finished,
        reservation_expires_at=now - expires if expires else None,
    )

    if known:
        assert hear(command, "ACCEPTED").state == "FAILED"
    else:
        with pytest.raises(UnknownCommand):
            hear(command, "ACCEPTED")


def test_our_own_check_has_no_response_url(party):
    command = make_command(party, "CHECK_EVSE", "CREATED")

    with pytest.raises(UnknownCommand):
        hear(command, "ACCEPTED")


# Without a result

@pytest.mark.parametrize("state", ["AWAITING_RESULT", "UNKNOWN"])
def test_without_a_result_the_command_times_out_at_its_deadline(party, told, state):
    past, later = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(seconds=20)
    make_command(party, state=state, due_at=past, deadline_at=past)
    waiting = make_command(party, state=state, order_reference="other", due_at=later, deadline_at=later)

    assert commands.sweep() == 1
    assert commands.sweep() == 0

    assert told == [("START_SESSION", "TIMED_OUT", "NO_RESULT")]
    waiting.refresh_from_db()
    assert waiting.state == state


@pytest.mark.parametrize(("result", "final"), [("ACCEPTED", "SUCCEEDED"), ("REJECTED", "FAILED")])
def test_a_result_after_our_own_deadline_is_still_the_truth(party, told, result, final):
    past = timezone.now() - timedelta(seconds=1)
    command = make_command(party, due_at=past, deadline_at=past)
    commands.sweep()

    hear(command, result)
    hear(command, "TIMEOUT")

    assert told == [("START_SESSION", "TIMED_OUT", "NO_RESULT"), ("START_SESSION", final, result)]


def test_a_timeout_after_our_own_deadline_is_nothing_new(party, told):
    past = timezone.now() - timedelta(seconds=1)
    command = make_command(party, due_at=past, deadline_at=past)
    commands.sweep()

    assert hear(command, "TIMEOUT").state == "TIMED_OUT"
    assert told == [("START_SESSION", "TIMED_OUT", "NO_RESULT")]


@pytest.mark.parametrize(
    ("kind", "age", "state"),
    [
        ("START_SESSION", 0, "UNKNOWN"),
        ("RESERVE_NOW", 0, "UNKNOWN"),
        ("UNLOCK_CONNECTOR", 0, "UNKNOWN"),
        ("STOP_SESSION", 0, "CREATED"),
        ("CANCEL_RESERVATION", 0, "CREATED"),
        ("STOP_SESSION", 301, "UNKNOWN"),
    ],
)
def test_a_request_whose_worker_died_is_repeated_only_where_that_does_no_harm(party, told, kind, age, state):
    past = timezone.now() - timedelta(seconds=1)
    command = make_command(party, kind, "SENT", due_at=past, leased_until=past)
    Command.objects.update(created_at=timezone.now() - timedelta(seconds=age))

    commands.sweep()

    command.refresh_from_db()
    assert (command.state, command.leased_until) == (state, None)
    assert command.due_at == command.deadline_at or state == "CREATED"
    assert told == []


def test_a_request_under_way_is_left_alone(party):
    now = timezone.now()
    lease = now + timedelta(seconds=20)
    command = make_command(party, state="SENT", due_at=now - timedelta(seconds=1), leased_until=lease)

    commands.sweep()

    command.refresh_from_db()
    assert (command.state, command.leased_until) == ("SENT", lease)


def test_one_command_whose_receivers_fail_does_not_keep_the_others(party, told, caplog):
    past = timezone.now() - timedelta(seconds=1)
    bad = make_command(party, due_at=past, deadline_at=past, order_reference="bad")
    good = make_command(party, due_at=past, deadline_at=past, order_reference="good")

    def fail(command, **kwargs):
        if command.pk == bad.pk:
            raise RuntimeError("receiver")

    command_finished.connect(fail)
    try:
        assert commands.sweep() == 2
    finally:
        command_finished.disconnect(fail)

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state) == ("TIMED_OUT", "AWAITING_RESULT")
    assert bad.due_at - timezone.now() > command_sweep.LOOK_AGAIN - timedelta(seconds=10)
    assert f"command {bad.pk} could not be moved on" in caplog.text


def test_a_command_does_not_move_where_its_table_has_no_way(party, told):
    command = make_command(party, state="FAILED")

    with pytest.raises(command_states.IllegalMove, match="FAILED cannot become SUCCEEDED"):
        command_states.move(command.pk, "SUCCEEDED")

    assert command_states.move(command.pk, "FAILED") is False
    assert told == []
