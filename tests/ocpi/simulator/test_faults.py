"""Every fault that can be switched on, and the switchboard itself."""

import pytest
import requests

from tests.ocpi.simulator.stage import DRIVER

HUB, BAY = "SIM-DEL-001", "SIM-DEL-001-3"


def fault(box, **made):
    answer = box.control(fault=made)
    assert answer.status_code == 200, answer.text
    return answer.json()["faults"]


def test_slow_waits_and_then_answers(registered, clock):
    assert fault(registered, kind="slow", seconds=7, path="/tariffs", times=1) == [
        {"kind": "slow", "path": "/tariffs", "times": 1, "seconds": 7}
    ]
    assert registered.get("2.2.1/locations").status_code == 200
    assert clock.slept == []
    assert registered.get("2.2.1/tariffs").status_code == 200
    assert registered.get("2.2.1/tariffs").status_code == 200
    assert clock.slept == [7]


def test_500_as_often_as_asked(registered):
    fault(registered, kind="500", path="/locations$", times=2)
    answers = [registered.get("2.2.1/locations") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [500, 500, 200]
    assert answers[0].json()["status_code"] == 3000
    assert registered.http.get(f"{registered.base}/control", timeout=5).json()["faults"] == []


def test_reset_breaks_the_connection(registered):
    fault(registered, kind="reset", times=1)
    with pytest.raises(requests.ConnectionError) as broken:
        registered.get("2.2.1/tariffs")
    assert "ConnectionResetError" in str(broken.value)
    assert registered.get("2.2.1/tariffs").status_code == 200


def test_401_although_the_token_is_good(registered):
    fault(registered, kind="401", path="/tariffs")
    answer = registered.get("2.2.1/tariffs")
    assert (answer.status_code, answer.json()["status_code"]) == (401, 2000)


def test_garbage_is_no_json(registered):
    fault(registered, kind="garbage")
    answer = registered.get("2.2.1/tariffs")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_reset_of_the_faults_ends_them(registered):
    fault(registered, kind="500")
    assert len(fault(registered, kind="401")) == 2
    assert registered.control(reset=True).json()["faults"] == []
    assert registered.get("2.2.1/tariffs").status_code == 200


def test_a_fault_of_one_command_only(registered, clock):
    fault(registered, kind="500", command="START_SESSION")
    body = {"response_url": "http://127.0.0.1:9/x", "token": DRIVER, "location_id": HUB, "evse_uid": BAY}
    assert registered.call("POST", "2.2.1/commands/START_SESSION", body).status_code == 500
    assert registered.reserve(HUB, BAY)["result"] == "ACCEPTED"
    assert registered.sessions() == []


def test_one_bad_object_spoils_one_object_of_a_page(registered):
    good = registered.data("2.2.1/locations?limit=3")
    fault(registered, kind="bad_object", path="/locations", times=1)
    spoiled = registered.data("2.2.1/locations?limit=3")

    assert spoiled[1:] == good[1:]
    assert (spoiled[0]["id"], spoiled[0]["last_updated"]) == ("SIM-DEL-001", "yesterday")
    assert "coordinates" not in spoiled[0]
    assert registered.data("2.2.1/locations?limit=3") == good


def test_a_late_result_comes_after_the_session(registered, emsp, clock):
    fault(registered, kind="late_result", command="START_SESSION", seconds=20)
    registered.start(HUB, BAY)
    clock.advance(5)
    assert (emsp.results(), registered.sessions()[0]["status"]) == ([], "ACTIVE")
    clock.advance(15.5)
    assert emsp.results() == ["ACCEPTED"]


@pytest.mark.parametrize(("effect", "sessions"), [(True, 1), (False, 0)])
def test_a_missing_result(registered, emsp, clock, effect, sessions):
    fault(registered, kind="missing_result", command="START_SESSION", effect=effect)
    assert registered.start(HUB, BAY)["result"] == "ACCEPTED"
    clock.advance(60)
    assert (emsp.results(), len(registered.sessions())) == ([], sessions)


def test_a_repeated_result(registered, emsp, clock):
    fault(registered, kind="repeated_result", repeat=3, times=1)
    registered.start(HUB, BAY)
    clock.advance(2)
    assert (emsp.results(), len(registered.sessions())) == (["ACCEPTED"] * 3, 1)


def test_a_negative_result_has_no_effect(registered, emsp, clock):
    fault(registered, kind="negative_result", result="EVSE_OCCUPIED", times=1)
    registered.start(HUB, BAY)
    clock.advance(60)
    assert (emsp.results(), registered.sessions()) == (["EVSE_OCCUPIED"], [])
    registered.start(HUB, BAY)
    clock.advance(2)
    assert emsp.results()[-1] == "ACCEPTED"


def test_a_session_after_a_timeout(registered, emsp, clock):
    fault(registered, kind="session_after_timeout", command="START_SESSION", seconds=40)
    registered.start(HUB, BAY)
    clock.advance(40)
    assert (emsp.results(), registered.sessions()) == (["TIMEOUT"], [])
    clock.advance(2)
    assert (emsp.results(), registered.sessions()[0]["status"]) == (["TIMEOUT"], "ACTIVE")


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ({"fault": {"kind": "earthquake"}}, "fault.kind: Invalid enum value 'earthquake'"),
        ({"fault": {"kind": "500", "path": "("}}, "fault.path: not a regular expression"),
        ({"fault": {"kind": "500", "times": 0}}, "fault.times: must be at least 1"),
        ({"fault": {"kind": "slow", "seconds": -1}}, "fault.seconds: must be at least 0"),
        ({"fault": {"kind": "500", "tines": 1}}, "fault: Object contains unknown field `tines`"),
        ({"dance": True}, "Object contains unknown field `dance`"),
    ],
)
def test_a_wrong_order_is_refused_by_name(box, orders, message):
    answer = box.control(**orders)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)
    assert box.http.get(f"{box.base}/control", timeout=5).json()["faults"] == []


def test_control_is_for_this_machine_and_for_json(box):
    url = f"{box.base}/control"
    elsewhere = box.http.get(url, headers={"Host": "cpo.example"}, timeout=5)
    form = box.http.post(url, data={"reset": "true"}, timeout=5)
    assert (elsewhere.status_code, form.status_code) == (403, 415)
    assert box.http.delete(url, timeout=5).status_code == 405


def test_control_tells_what_goes_on(registered, clock):
    registered.start(HUB, BAY)
    clock.advance(5)
    report = registered.http.get(f"{registered.base}/control", timeout=5).json()

    assert (report["registered"], report["locations"], report["tariffs"]) == (True, 60, 7)
    assert [row["status"] for row in report["sessions"]] == ["ACTIVE"]
    assert registered.token not in str(report)
    assert registered.control(stop=report["sessions"][0]["id"]).json()["sessions"][0]["status"] == "COMPLETED"
    assert registered.control(stop="NOPE").status_code == 404


def test_unregistering_opens_the_door_for_token_a_again(registered):
    assert registered.control(unregister=True).json()["registered"] is False
    assert registered.get("2.2.1/tariffs").status_code == 401
