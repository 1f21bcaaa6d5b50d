"""Sending commands, and what the CPO answers at once (ocpi.md 3.6, checklist 78, 80, 81)."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.utils import timezone
from urllib3.exceptions import NewConnectionError

from ocpi.models import Command
from ocpi.services import command_dispatch, commands
from tests.ocpi.cpo import BASE, envelope, make_party

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, 15, tzinfo=UTC)
TOKEN = {"country_code": "IN", "party_id": "EMS", "uid": "ABC", "type": "APP_USER"}
REFUSED = requests.ConnectionError(NewConnectionError(None, "refused"))


@pytest.fixture
def party():
    return make_party()


def make_command(party, kind="START_SESSION", **more):
    wish = {"order_reference": "", "body": {"token": TOKEN, "location_id": "LOC1"}, "due_at": timezone.now()}
    return Command.objects.create(party=party, kind=kind, **wish | more)


def dispatch():
    return commands.dispatch_due(parallel=False)


def accepted(timeout=30):
    return envelope({"result": "ACCEPTED", "timeout": timeout})


def test_a_command_is_sent_with_a_response_url_nobody_can_guess(party, network, settings):
    settings.OCPI_EMSP_URL = "https://emsp.example/ocpi/emsp"
    network.post(f"{BASE}/commands/START_SESSION", json=accepted())
    command = make_command(party)

    assert dispatch() == 1

    (call,) = network.calls
    assert json.loads(call.request.body) == {
        "token": TOKEN,
        "location_id": "LOC1",
        "response_url": f"https://emsp.example/ocpi/emsp/2.2.1/commands/START_SESSION/callback/{command.uid}",
    }
    assert re.fullmatch(r"[0-9a-f]{40}", command.uid)
    assert call.request.headers["OCPI-to-party-id"] == "CPO"
    command.refresh_from_db()
    assert command.body == {"token": TOKEN, "location_id": "LOC1"}
    assert dispatch() == 0


def test_the_row_is_sent_before_the_request_leaves(party, network):
    seen = []

    def look(request):
        seen.append(Command.objects.values_list("state", flat=True).get())
        return 200, {}, json.dumps(accepted())

    network.add_callback("POST", f"{BASE}/commands/START_SESSION", look)
    make_command(party)

    dispatch()

    assert seen == ["SENT"]


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [
        (envelope({"result": "ACCEPTED", "timeout": 120}), 125),
        (envelope({"result": "ACCEPTED", "timeout": 5}), 35),
        (envelope({"result": "ACCEPTED"}), 65),
        (envelope({"result": "ACCEPTED", "timeout": 999_999}), 3605),
    ],
)
def test_an_accepted_command_waits_for_its_result_until_the_deadline(party, network, told, answer, wait_s):
    network.post(f"{BASE}/commands/START_SESSION", json=answer)
    make_command(party)

    dispatch()

    command = Command.objects.get()
    assert (command.state, command.response, command.result) == ("AWAITING_RESULT", "ACCEPTED", "")
    assert command.deadline_at - command.sent_at == timedelta(seconds=wait_s)
    assert command.due_at == command.deadline_at
    assert (command.leased_until, command.finished_at) == (None, None)
    assert told == []


@pytest.mark.parametrize(
    ("answer", "result", "response", "message"),
    [
        (
            {"json": envelope({"result": "REJECTED", "timeout": 0, "message": {"language": "en", "text": "no"}})},
            "REJECTED", "REJECTED", "no",
        ),
        ({"json": envelope({"result": "NOT_SUPPORTED", "timeout": 0})}, "NOT_SUPPORTED", "NOT_SUPPORTED", ""),
        ({"json": envelope({"result": "UNKNOWN_SESSION"})}, "UNKNOWN_SESSION", "UNKNOWN_SESSION", ""),
        ({"json": envelope(code=2003)}, "OCPI_2003", "", "status_code 2003: said"),
        ({"json": envelope({"result": "REJECTED"}, code=2001)}, "OCPI_2001", "REJECTED", "status_code 2001: said"),
        ({"json": envelope({"result": "ACCEPTED"}, code=3000)}, "OCPI_3000", "ACCEPTED", "status_code 3000: said"),
        ({"json": envelope(code=2003), "status": 404}, "OCPI_2003", "", "HTTP 404: said"),
        ({"json": envelope(code=3000), "status": 500}, "HTTP_500", "", "HTTP 500: said"),
        ({"body": "<html>", "status": 503}, "HTTP_503", "", "HTTP 503"),
        ({"json": envelope(code=2000), "status": 401}, "HTTP_401", "", "HTTP 401: said"),
        ({"json": envelope(code=2004), "status": 403}, "HTTP_403", "", "HTTP 403: said"),
        ({"body": "", "status": 405}, "HTTP_405", "", "HTTP 405"),
        ({"body": REFUSED}, "CPO_UNREACHABLE", "", "no connection"),
        ({"json": envelope({"result": "SOMETHING_ELSE_ENTIRELY_AND_FAR_TOO_LONG"})},
         "SOMETHING_ELSE_ENTIRELY_AND_FAR_", "SOMETHING_ELSE_ENTIRELY_AND_FAR_", ""),
    ],
)
def test_a_refusal_ends_the_command_at_once(party, network, told, answer, result, response, message):
    network.post(f"{BASE}/commands/START_SESSION", **answer)
    make_command(party)

    dispatch()

    command = Command.objects.get()
    assert (command.state, command.result, command.response) == ("FAILED", result, response)
    assert command.message == message
    assert command.finished_at is not None
    assert told == [("START_SESSION", "FAILED", result)]


@pytest.mark.parametrize(
    "answer",
    [
        {"body": requests.ReadTimeout()},
        {"body": requests.ConnectionError("reset")},
        {"body": '{"data": {"result": "ACC'},
        {"body": "", "status": 204},
        {"json": envelope()},
        {"body": "", "status": 504},
        {"json": envelope(code=4002)},
        {"json": envelope(code=4002), "status": 502},
    ],
)
def test_what_the_cpo_may_have_is_left_open_and_not_sent_again(party, network, told, answer):
    posted = network.post(f"{BASE}/commands/START_SESSION", **answer)
    make_command(party)

    dispatch()
    dispatch()

    command = Command.objects.get()
    assert command.state == "UNKNOWN"
    assert command.deadline_at - command.sent_at == timedelta(seconds=65)
    assert posted.call_count == 1
    assert told == []


def test_a_result_that_comes_before_the_answer_is_the_truth(party, network, told):
    command = make_command(party)

    def answer(request):
        commands.accept_result(command_uid=command.uid, connection=party.connection, result="EVSE_OCCUPIED")
        return 200, {}, json.dumps(accepted())

    network.add_callback("POST", f"{BASE}/commands/START_SESSION", answer)

    dispatch()

    command.refresh_from_db()
    assert (command.state, command.result) == ("FAILED", "EVSE_OCCUPIED")
    assert told == [("START_SESSION", "FAILED", "EVSE_OCCUPIED")]


def test_a_refusal_after_the_result_changes_nothing(party, network, told):
    command = make_command(party)

    def answer(request):
        commands.accept_result(command_uid=command.uid, connection=party.connection, result="ACCEPTED")
        return 500, {}, ""

    network.add_callback("POST", f"{BASE}/commands/START_SESSION", answer)

    dispatch()

    command.refresh_from_db()
    assert (command.state, command.result) == ("SUCCEEDED", "ACCEPTED")
    assert told == [("START_SESSION", "SUCCEEDED", "ACCEPTED")]


def test_a_cpo_that_offers_no_commands_does_not_support_them(party, network, told):
    party.connection.endpoints = []
    party.connection.save()
    make_command(party)

    dispatch()

    assert told == [("START_SESSION", "FAILED", "NOT_SUPPORTED")]


def test_nothing_is_sent_over_an_ended_registration(party, network, told):
    party.connection.status = "UNREGISTERED"
    party.connection.save()
    make_command(party)

    dispatch()

    assert told == [("START_SESSION", "FAILED", "CPO_UNREACHABLE")]
    assert len(network.calls) == 0


@pytest.mark.parametrize(
    ("kind", "age", "expires_in", "result"),
    [
        ("START_SESSION", timedelta(minutes=11), None, "CPO_UNREACHABLE"),
        ("RESERVE_NOW", timedelta(0), timedelta(seconds=-1), "CPO_UNREACHABLE"),
        ("RESERVE_NOW", timedelta(0), timedelta(minutes=5), ""),
        ("STOP_SESSION", timedelta(hours=11), None, ""),
    ],
)
def test_a_start_that_nobody_waits_for_any_more_is_not_sent(party, network, kind, age, expires_in, result):
    posted = network.post(f"{BASE}/commands/{kind}", json=accepted())
    expires_at = timezone.now() + expires_in if expires_in is not None else None
    make_command(party, kind, reservation_expires_at=expires_at)
    Command.objects.update(created_at=timezone.now() - age)

    dispatch()

    command = Command.objects.get()
    assert (command.state, command.result) == ("FAILED" if result else "AWAITING_RESULT", result)
    assert posted.call_count == (0 if result else 1)


@pytest.mark.parametrize(("kind", "wanted"), [("START_SESSION", 1), ("RESERVE_NOW", 1), ("STOP_SESSION", 0)])
def test_a_peer_that_wants_it_gets_the_token_first(network, kind, wanted):
    party = make_party(push_app_tokens=True)
    put = network.put(f"{BASE}/tokens/IN/EMS/ABC", status=500)
    network.post(f"{BASE}/commands/{kind}", json=accepted())
    make_command(party, kind)

    dispatch()

    assert put.call_count == wanted
    assert Command.objects.get().state == "AWAITING_RESULT"
    assert [call.request.method for call in network.calls] == ["PUT"] * wanted + ["POST"]


def test_a_cancellation_does_not_overtake_its_reservation(party, network):
    network.post(f"{BASE}/commands/CANCEL_RESERVATION", json=accepted())
    reserve = make_command(party, "RESERVE_NOW", order_reference="ORDER", state="SENT")
    make_command(party, "CANCEL_RESERVATION", order_reference="ORDER")

    assert dispatch() == 0
    Command.objects.filter(pk=reserve.pk).update(state="AWAITING_RESULT")
    assert dispatch() == 1


def test_a_slow_cpo_gets_no_more_than_its_share(party, network):
    others = make_party("OTHER", base="https://other.example")
    for _ in range(40):
        make_command(party, "STOP_SESSION")
    mine = make_command(others, "STOP_SESSION")

    first, second, third = (command_dispatch.claim(32) for _ in range(3))

    assert [command.party_id for command in first] == [party.pk] * 8
    assert second == [mine]
    assert third == []
    Command.objects.filter(pk=first[0].pk).update(state="AWAITING_RESULT", leased_until=None)
    assert len(command_dispatch.claim(32)) == 1
