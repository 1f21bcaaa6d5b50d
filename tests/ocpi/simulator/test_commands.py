"""Commands: the synchronous answer, the result, and what changes at the charge point."""

import pytest

from tests.ocpi.simulator.stage import DRIVER

HUB, BAY = "SIM-DEL-001", "SIM-DEL-001-3"
OTHER_DRIVER = DRIVER | {"uid": "DRIVER0002"}


def test_reserve_now_holds_the_evse(registered, emsp, clock):
    assert registered.reserve(HUB, BAY) == {"result": "ACCEPTED", "timeout": 30}
    assert emsp.seen == [], "the charge point has not answered yet"
    clock.advance(0.5)

    assert emsp.results() == ["ACCEPTED"]
    assert emsp.got("PATCH", f"/locations/IN/SIM/{HUB}/{BAY}") == [
        {"status": "RESERVED", "last_updated": "2026-03-02T09:00:00.501Z"}
    ]
    (session,) = emsp.got("PUT", "/sessions/IN/SIM/")
    assert (session["status"], session["connector_id"], session["kwh"]) == ("RESERVATION", "#NA", 0)
    assert session["authorization_reference"] == "ORDER-1"
    assert session["cdr_token"] == {
        name: DRIVER[name] for name in ("country_code", "party_id", "uid", "type", "contract_id")
    }
    assert registered.status(HUB, BAY) == "RESERVED"


def test_an_evse_is_not_reserved_twice_but_the_same_reservation_is_extended(registered, emsp, clock):
    registered.reserve(HUB, BAY, minutes=15)
    clock.advance(60)
    registered.reserve(HUB, BAY, reservation_id="RES-2")
    registered.reserve(HUB, BAY, minutes=30)
    clock.advance(60)

    assert emsp.results() == ["ACCEPTED", "EVSE_OCCUPIED", "ACCEPTED"]
    clock.advance(16 * 60)
    assert registered.status(HUB, BAY) == "RESERVED"
    clock.advance(15 * 60)
    assert registered.status(HUB, BAY) == "AVAILABLE"


def test_a_reservation_moves_to_another_bay(registered, emsp, clock):
    registered.reserve(HUB, BAY)
    clock.advance(1)
    registered.reserve(HUB, "SIM-DEL-001-2")
    clock.advance(1)

    assert emsp.results() == ["ACCEPTED", "ACCEPTED"]
    assert (registered.status(HUB, BAY), registered.status(HUB, "SIM-DEL-001-2")) == ("AVAILABLE", "RESERVED")
    assert [row["evse_uid"] for row in registered.sessions()] == ["SIM-DEL-001-2"]


def test_an_expired_reservation_without_a_price_is_invalid_and_frees_the_evse(registered, emsp, clock):
    registered.reserve(HUB, BAY, minutes=15)
    clock.advance(15 * 60 - 1)
    assert registered.status(HUB, BAY) == "RESERVED"
    clock.advance(1)

    assert registered.status(HUB, BAY) == "AVAILABLE"
    assert [row["status"] for row in registered.sessions()] == ["INVALID"]
    assert emsp.got("PATCH", "/sessions/")[-1]["status"] == "INVALID"
    assert (registered.cdrs(), emsp.results()) == ([], ["ACCEPTED"])


def test_a_cancelled_reservation_frees_the_evse(registered, emsp, clock):
    registered.reserve(HUB, BAY)
    clock.advance(1)
    assert registered.command("CANCEL_RESERVATION", reservation_id="RES-1")["result"] == "ACCEPTED"
    clock.advance(1)
    registered.command("CANCEL_RESERVATION", reservation_id="RES-1")
    registered.command("CANCEL_RESERVATION", reservation_id="NEVER")
    clock.advance(1)

    assert emsp.results() == ["ACCEPTED", "ACCEPTED", "UNKNOWN_RESERVATION", "UNKNOWN_RESERVATION"]
    assert registered.status(HUB, BAY) == "AVAILABLE"


def test_the_operator_cancels_a_reservation_on_its_response_url(registered, emsp, clock):
    registered.reserve(HUB, BAY)
    clock.advance(1)
    assert registered.control(cancel_reservation="RES-1").status_code == 200
    clock.settle()

    assert emsp.results() == ["ACCEPTED", "CANCELED_RESERVATION"]
    assert registered.status(HUB, BAY) == "AVAILABLE"
    assert registered.control(cancel_reservation="RES-1").status_code == 404


def test_a_defect_cancels_the_reservation(registered, emsp, clock):
    registered.reserve(HUB, BAY)
    clock.advance(1)
    registered.control(evse={"location_id": HUB, "evse_uid": BAY, "status": "OUTOFORDER"})
    clock.settle()

    assert emsp.results() == ["ACCEPTED", "CANCELED_RESERVATION"]
    assert registered.status(HUB, BAY) == "OUTOFORDER"


def test_start_session_makes_it_pending_and_then_active(registered, emsp, clock):
    assert registered.start(HUB, BAY) == {"result": "ACCEPTED", "timeout": 30}
    clock.advance(0.5)
    assert emsp.results() == ["ACCEPTED"]
    (pending,) = emsp.got("PUT", "/sessions/IN/SIM/")
    assert (pending["status"], pending["evse_uid"], pending["connector_id"]) == ("PENDING", BAY, "1")
    assert (pending["auth_method"], pending["currency"]) == ("COMMAND", "INR")
    clock.advance(1)

    active = emsp.got("PUT", "/sessions/IN/SIM/")[-1]
    assert (active["id"], active["status"]) == (pending["id"], "ACTIVE")
    assert active["start_date_time"] == "2026-03-02T09:00:01Z"
    assert emsp.got("PATCH", "/locations/")[-1]["status"] == "CHARGING"


def test_a_second_start_finds_the_evse_occupied(registered, emsp, clock):
    registered.start(HUB, BAY)
    registered.start(HUB, BAY, token=OTHER_DRIVER)
    clock.advance(1)
    registered.start(HUB, BAY)
    clock.advance(5)
    registered.start(HUB, BAY)
    clock.advance(1)

    assert emsp.results() == ["ACCEPTED", "EVSE_OCCUPIED", "EVSE_OCCUPIED", "EVSE_OCCUPIED"]
    assert len(registered.sessions()) == 1


def test_only_the_driver_of_the_reservation_may_start(registered, emsp, clock):
    registered.reserve(HUB, BAY)
    clock.advance(1)
    registered.start(HUB, BAY, token=OTHER_DRIVER)
    clock.advance(1)
    assert (emsp.results(), registered.status(HUB, BAY)) == (["ACCEPTED", "REJECTED"], "RESERVED")

    registered.start(HUB, BAY, authorization_reference="ORDER-2")
    clock.advance(2)
    (session,) = registered.sessions()
    assert emsp.results()[-1] == "ACCEPTED"
    assert (session["status"], session["connector_id"]) == ("ACTIVE", "1")
    assert session["authorization_reference"] == "ORDER-2", "the last one given counts"
    clock.advance(20 * 60)
    assert registered.sessions()[0]["status"] != "INVALID", "the reservation was used, it does not expire"


@pytest.mark.parametrize(
    ("location_id", "evse_uid", "result"),
    [
        ("SIM-DEL-005", "SIM-DEL-005-2", "EVSE_INOPERATIVE"),  # OUTOFORDER
        ("SIM-DEL-018", "SIM-DEL-018-1", "EVSE_INOPERATIVE"),  # INOPERATIVE
        ("SIM-BLR-030", "SIM-BLR-030-3", "EVSE_INOPERATIVE"),  # PLANNED
        ("SIM-DEL-023", "SIM-DEL-023-3", "EVSE_OCCUPIED"),  # BLOCKED
    ],
)
def test_a_charge_point_that_cannot_says_so(registered, emsp, clock, location_id, evse_uid, result):
    assert registered.start(location_id, evse_uid)["result"] == "ACCEPTED"
    clock.advance(1)
    assert (emsp.results(), registered.sessions()) == ([result], [])


def test_an_evse_held_by_somebody_unknown_is_occupied(registered, emsp, clock):
    registered.control(evse={"location_id": HUB, "evse_uid": BAY, "status": "RESERVED"})
    registered.start(HUB, BAY)
    registered.reserve(HUB, BAY)
    clock.advance(1)
    assert (emsp.results(), registered.sessions()) == (["EVSE_OCCUPIED", "EVSE_OCCUPIED"], [])


def test_without_the_capability_it_is_not_supported(registered, emsp, clock):
    assert registered.start("SIM-DEL-012", "SIM-DEL-012-1")["result"] == "NOT_SUPPORTED"
    assert registered.reserve("SIM-DEL-012", "SIM-DEL-012-1")["result"] == "NOT_SUPPORTED"
    assert registered.reserve("SIM-DEL-005", "SIM-DEL-005-1")["result"] == "NOT_SUPPORTED"
    clock.advance(60)
    assert emsp.seen == []


def test_without_an_evse_the_first_free_one_is_taken(registered, clock):
    registered.start("SIM-DEL-018", None, connector_id=None)  # its first bay is INOPERATIVE
    clock.advance(2)
    assert [row["evse_uid"] for row in registered.sessions()] == ["SIM-DEL-018-2"]


def test_an_invalid_token_is_rejected(registered, clock):
    assert registered.start(HUB, BAY, token=DRIVER | {"valid": False})["result"] == "REJECTED"
    path = "2.2.1/tokens/IN/EMS/DRIVER0001?type=APP_USER"
    registered.call("PUT", path, DRIVER | {"valid": False})
    assert registered.start(HUB, BAY)["result"] == "REJECTED"
    clock.advance(5)
    assert registered.sessions() == []


def test_a_reservation_in_the_past_is_rejected(registered):
    answer = registered.reserve(HUB, BAY, minutes=0)
    assert answer["result"] == "REJECTED"
    assert answer["message"] == [{"language": "en", "text": "expiry_date is in the past"}]


@pytest.mark.parametrize(
    ("command", "change", "code", "message"),
    [
        ("START_SESSION", {"location_id": "NOPE"}, 2003, "unknown location NOPE"),
        ("START_SESSION", {"evse_uid": "NOPE"}, 2003, "unknown evse NOPE"),
        ("START_SESSION", {"connector_id": "9"}, 2003, "unknown connector 9"),
        ("START_SESSION", {"token": {"uid": "X"}}, 2001, "token.country_code: required, but missing"),
        ("START_SESSION", {"response_url": "x"}, 2001, "response_url: not an absolute URL"),
        ("RESERVE_NOW", {}, 2001, "expiry_date: required, but missing"),
        ("RESERVE_NOW", {"expiry_date": "soon"}, 2001, "expiry_date: not a DateTime"),
        ("STOP_SESSION", {}, 2001, "session_id: required, but missing"),
        ("UNLOCK_CONNECTOR", {"connector_id": "9"}, 2003, "unknown connector 9"),
    ],
)
def test_a_wrong_command_names_what_is_wrong(registered, emsp, clock, command, change, code, message):
    body = {"response_url": f"{emsp.base}/callback/1", "token": DRIVER, "location_id": HUB, "evse_uid": BAY}
    if "expiry_date" in change:
        body["reservation_id"] = "R"
    answer = registered.call("POST", f"2.2.1/commands/{command}", body | change)

    envelope = answer.json()
    assert (answer.status_code, envelope["status_code"]) == (200, code)
    assert envelope["status_message"] == message
    clock.advance(60)
    assert emsp.seen == []


def test_stop_session_of_no_session_or_an_ended_one(registered, emsp, clock):
    assert registered.command("STOP_SESSION", session_id="NOPE")["result"] == "UNKNOWN_SESSION"
    registered.start(HUB, BAY)
    clock.advance(10)
    session_id = registered.sessions()[0]["id"]
    registered.command("STOP_SESSION", session_id=session_id)
    clock.advance(1)
    assert registered.command("STOP_SESSION", session_id=session_id)["result"] == "REJECTED"
    assert emsp.results() == ["ACCEPTED", "ACCEPTED"]


def test_a_session_stopped_before_the_cable_is_in_is_invalid_and_not_billed(registered, emsp, clock):
    registered.start(HUB, BAY)
    clock.advance(0.5)
    session_id = registered.sessions()[0]["id"]
    registered.command("STOP_SESSION", session_id=session_id)
    clock.advance(0.5)
    clock.advance(60)

    assert [row["status"] for row in registered.sessions()] == ["INVALID"]
    assert (registered.cdrs(), registered.status(HUB, BAY)) == ([], "AVAILABLE")


def test_unlocking_ends_the_charge(registered, emsp, clock):
    registered.start(HUB, BAY)
    clock.advance(10)
    wish = {"location_id": HUB, "evse_uid": BAY, "connector_id": "1"}
    assert registered.command("UNLOCK_CONNECTOR", **wish)["result"] == "ACCEPTED"
    clock.advance(2)

    assert emsp.results() == ["ACCEPTED", "ACCEPTED"]
    assert [row["status"] for row in registered.sessions()] == ["COMPLETED"]
    assert len(registered.cdrs()) == 1
