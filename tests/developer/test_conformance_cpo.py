"""Conformance runs against the CPO simulator on a real socket: charging, and broken at one place each."""

import base64
import re

import pytest
from django.utils import timezone

from emsp.developer.conformance import cpo, runs
from emsp.developer.conformance.cpo_calls import Calls
from ocpi.models import Command, Evse, Session
from ocpi.services import locations, registration
from ocpi.simulator.envelope import Answer, Refusal, refused, success
from tests.ocpi.cpo import make_party
from tests.ocpi.simulator.conftest import box, clock, emsp, make_box, registered  # noqa: F401 (fixtures)
from tests.ocpi.simulator.stage import TOKEN_A

BROKEN = [
    ("GET", "/versions$", success([{"version": "2.1.1", "url": "x"}]), "versions",
     "2.2.1 is not among them: HTTP 200, status_code 1000"),
    ("GET", "/versions$", Answer(200, b"<html>"), "versions", "2.2.1 is not among them: HTTP 200, no OCPI envelope"),
    ("GET", "/2.2.1$", success({"version": "2.2.1", "endpoints": [
        {"identifier": "locations", "role": "SENDER", "url": "x"},
        {"identifier": "commands", "role": "SENDER", "url": "x"}]}), "details",
     "missing: credentials, commands RECEIVER"),
    ("GET", "/2.2.1$", success([]), "details",
     "data.endpoints: a list is expected, got HTTP 200, status_code 1000"),
    ("GET", "/locations/conformance-", success({}), "locations.unknown", "got HTTP 200, status_code 1000"),
    ("GET", "/locations/conformance-", refused(Refusal(500, 3000, "no")), "locations.unknown",
     "got HTTP 500, status_code 3000"),
    ("PUT", "/tokens/", refused(Refusal(400, 2001, "no")), "tokens.push", "got HTTP 400, status_code 2001"),
    ("GET", "/tokens/", success({"uid": "ANOTHER", "valid": False}), "tokens.read",
     "another token is given, or none: HTTP 200, status_code 1000"),
    ("POST", "/commands/STOP_SESSION", Answer(200, b"{}"), "commands.answer",
     "data: an object is expected, got null"),
    ("POST", "/commands/STOP_SESSION", success({"result": "PERHAPS", "timeout": 30}), "commands.answer",
     "data.result: 'PERHAPS' is not among ACCEPTED, NOT_SUPPORTED, REJECTED, UNKNOWN_SESSION"),
    ("POST", "/commands/STOP_SESSION", Answer(500, b""), "commands.answer",
     "a CommandResponse is expected, got HTTP 500, no OCPI envelope"),
]  # fmt: skip


def break_at(box, method, path, answer, *, to_all=False):  # noqa: F811
    """Have the simulator give this answer to that method at paths that match; to_all: also to who has no token."""
    whole = box._server.answer

    def broken(call):
        ours = "Token " + base64.b64encode(box.token.encode()).decode()
        known = to_all or call.headers.get("authorization") == ours
        return answer if known and call.method == method and re.search(path, call.path) else whole(call)

    box._server.answer = broken


def party_of(box):  # noqa: F811
    base = f"{box.base}/ocpi/cpo"
    return make_party(base=f"{base}/2.2.1", versions_url=f"{base}/versions", outgoing_token=box.token)


def found_in(box):  # noqa: F811
    """Verdict and detail of each check that asks for no command of ours."""
    calls = Calls(party_of(box))
    checks = [cpo._versions(calls), cpo._details(calls), cpo._wrong_token(calls), cpo._unknown_object(calls)]
    checks += [*cpo._token_push(calls), cpo._command_answer(calls)]
    return {check.id: (check.verdict, check.detail) for check in checks}


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "answer", "check", "detail"), BROKEN)
def test_what_is_broken_fails_its_own_check(registered, method, path, answer, check, detail):  # noqa: F811
    break_at(registered, method, path, answer)

    found = found_in(registered)

    assert found.pop(check) == ("failed", detail)
    assert {verdict for verdict, _ in found.values()} <= {"passed", "skipped"}


@pytest.mark.django_db
def test_a_platform_that_lets_everybody_in_fails(registered):  # noqa: F811
    break_at(registered, "GET", "/locations$", success([]), to_all=True)

    assert found_in(registered)["wrong_token"] == ("failed", "401 is expected, got HTTP 200, status_code 1000")


@pytest.fixture
def connected(box, live_server, settings, monkeypatch):  # noqa: F811
    """The simulator after a real handshake with our server, and one of its stations read."""
    settings.OCPI_EMSP_URL = f"{live_server.url}/ocpi/emsp"
    monkeypatch.setattr("ocpi.services.wanted.wake", lambda task, *args: None)
    connection = registration.register("Box", f"{box.base}/ocpi/cpo/versions", TOKEN_A)
    box.token = connection.outgoing_token
    party = connection.parties.get()
    page = box.data("2.2.1/locations?limit=1")
    locations.store_locations(party, page, received_at=timezone.now())
    assert Evse.objects.filter(location__party=party, status="AVAILABLE").exists()
    return box


def checks_of(box, monkeypatch):  # noqa: F811
    """A whole run with commands; the simulator's clock moves while the run waits."""
    monkeypatch.setattr(
        cpo.examine, "__kwdefaults__", cpo.examine.__kwdefaults__ | {"wait": box.clock.advance}
    )
    run = runs.carry_out(runs.prepare("cpo", "IN-SIM", with_commands=True))
    assert run.state == "DONE"
    return run, {row["id"]: (row["verdict"], row["detail"]) for row in run.checks}


@pytest.mark.django_db(transaction=True)
def test_a_charge_is_started_and_stopped(connected, monkeypatch):
    run, found = checks_of(connected, monkeypatch)

    assert run.passed
    assert found["commands.result"] == ("passed", "CANCEL_RESERVATION: UNKNOWN_RESERVATION")
    assert found["commands.start"] == ("passed", "START_SESSION: ACCEPTED")
    assert found["commands.stop"] == ("passed", "STOP_SESSION: ACCEPTED")
    asked = Command.objects.order_by("pk").values_list("kind", "result")
    assert list(asked) == [
        ("CANCEL_RESERVATION", "UNKNOWN_RESERVATION"), ("START_SESSION", "ACCEPTED"), ("STOP_SESSION", "ACCEPTED"),
    ]  # fmt: skip
    connected.clock.advance(5)
    assert Session.objects.get().status == "COMPLETED"


@pytest.mark.django_db(transaction=True)
def test_a_charge_that_is_not_ended_fails(connected, monkeypatch):
    refusal = success({"result": "REJECTED", "timeout": 30})
    break_at(connected, "POST", "/commands/STOP_SESSION", refusal)

    _, found = checks_of(connected, monkeypatch)

    assert found["commands.start"] == ("passed", "START_SESSION: ACCEPTED")
    assert found["commands.stop"] == ("failed", "STOP_SESSION was not accepted: REJECTED")


@pytest.mark.django_db(transaction=True)
def test_a_start_without_result_and_a_result_that_never_comes_fail(connected, monkeypatch):
    promise = success({"result": "ACCEPTED", "timeout": 30})
    for kind in ("CANCEL_RESERVATION", "START_SESSION"):
        break_at(connected, "POST", f"/commands/{kind}", promise)

    _, found = checks_of(connected, monkeypatch)

    assert found["commands.result"] == ("failed", "CANCEL_RESERVATION was accepted, but no CommandResult came")
    assert found["commands.start"] == ("failed", "START_SESSION was accepted, but no CommandResult came")
    assert "commands.stop" not in found
