"""Pushes that fail are tried again with the newest state, and what fails for good is told in one line."""

import logging

HUB, BAY = "SIM-DEL-001", "SIM-DEL-001-3"
OK = {"status_code": 1000, "timestamp": "2026-03-02T09:00:00Z"}


def change(box, status):
    assert box.control(evse={"location_id": HUB, "evse_uid": BAY, "status": status}).status_code == 200
    box.clock.settle()


def statuses(emsp):
    return [row["status"] for row in emsp.got("PATCH", f"/locations/IN/SIM/{HUB}/{BAY}")]


def test_a_failed_push_is_repeated_with_the_newest_state(registered, emsp, clock):
    emsp.answers["/locations/"] = [(500, OK), (503, OK)]
    change(registered, "BLOCKED")
    change(registered, "UNKNOWN")
    change(registered, "OUTOFORDER")
    assert statuses(emsp) == ["BLOCKED"], "nothing new is said while the lane waits"
    clock.advance(1)
    clock.advance(2)

    assert statuses(emsp) == ["BLOCKED", "OUTOFORDER", "OUTOFORDER"]
    clock.advance(600)
    assert len(statuses(emsp)) == 3
    change(registered, "AVAILABLE")
    assert statuses(emsp)[-1] == "AVAILABLE"


def test_what_was_queued_behind_a_failure_is_not_said_any_more(registered, emsp, clock):
    emsp.answers["/locations/"] = [(500, OK)]
    for status in ("BLOCKED", "UNKNOWN", "OUTOFORDER"):
        registered.control(evse={"location_id": HUB, "evse_uid": BAY, "status": status})
    clock.settle()
    clock.advance(60)

    assert statuses(emsp) == ["BLOCKED", "OUTOFORDER"]


def test_a_push_is_given_up_after_seven_tries_with_two_lines_of_log(registered, emsp, clock, caplog):
    caplog.set_level(logging.WARNING, "ocpi.simulator")
    emsp.answers["/locations/"] = [(500, OK)] * 20
    change(registered, "BLOCKED")
    clock.advance(3600)

    assert len(statuses(emsp)) == 7
    assert [row.getMessage() for row in caplog.records] == [
        f"push of evse {HUB} {BAY} failed, will be tried again: HTTP 500, 1000",
        f"push of evse {HUB} {BAY} given up after 7 tries: HTTP 500, 1000",
    ]
    assert registered.cpo.outbox.waiting() == 0


def test_an_emsp_that_is_gone_is_one_line_and_no_trace(registered, emsp, clock, caplog):
    caplog.set_level(logging.WARNING, "ocpi.simulator")
    for key in registered.cpo.store.state.registration.endpoints:
        registered.cpo.store.state.registration.endpoints[key] = "http://127.0.0.1:9/x"
    change(registered, "BLOCKED")

    (line,) = caplog.records
    assert line.getMessage() == (
        f"push of evse {HUB} {BAY} failed, will be tried again: no answer (ConnectionError)"
    )
    assert line.exc_info is None


def test_what_the_emsp_does_not_know_is_put_whole(registered, emsp, clock):
    emsp.answers["/locations/"] = [(404, {"status_code": 2003, "timestamp": "2026-03-02T09:00:00Z"})]
    change(registered, "BLOCKED")

    (whole,) = emsp.got("PUT", f"/locations/IN/SIM/{HUB}")
    assert (whole["id"], whole["evses"][2]["status"]) == (HUB, "BLOCKED")


def test_an_unknown_session_is_put_whole_with_all_its_periods(registered, emsp, clock):
    registered.start(HUB, BAY)
    clock.advance(1.5 + 3)
    emsp.answers["/sessions/"] = [(404, {"status_code": 2001, "timestamp": "2026-03-02T09:00:00Z"})]
    clock.advance(3)

    whole = emsp.got("PUT", "/sessions/")[-1]
    assert (whole["status"], whole["kwh"], len(whole["charging_periods"])) == ("ACTIVE", 5, 2)


def test_a_refusal_is_not_repeated(registered, emsp, clock, caplog):
    caplog.set_level(logging.WARNING, "ocpi.simulator")
    refusal = {"status_code": 2001, "status_message": "no", "timestamp": "2026-03-02T09:00:00Z"}
    emsp.answers["/locations/"] = [(200, refusal)]
    change(registered, "BLOCKED")
    clock.advance(600)

    assert statuses(emsp) == ["BLOCKED"]
    assert [row.getMessage() for row in caplog.records] == [f"push of evse {HUB} {BAY} was refused: 2001 no"]


def test_a_cdr_and_a_result_are_tried_again_too(registered, emsp, clock):
    emsp.answers["/callback/"] = [(500, OK)]
    emsp.answers["/cdrs"] = [(500, OK)]
    registered.start(HUB, BAY)
    clock.advance(5)
    registered.control(stop=registered.sessions()[0]["id"])
    clock.advance(10)

    assert emsp.results() == ["ACCEPTED", "ACCEPTED"]
    first, second = emsp.got("POST", "/cdrs")
    assert first == second


def test_nothing_is_pushed_without_an_emsp(box, emsp, clock):
    change(box, "BLOCKED")
    clock.advance(60)
    assert (emsp.seen, box.cpo.outbox.waiting()) == ([], 0)
