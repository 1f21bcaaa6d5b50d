"""Lists and single objects, tokens from the eMSP, and requests that make no sense."""

import pytest

from tests.ocpi.simulator.stage import DRIVER


def test_following_the_links_gives_every_location_once(registered):
    url, ids, pages = f"{registered.base}/ocpi/cpo/2.2.1/locations", [], 0
    while url:
        answer = registered.get(url.partition("/ocpi/cpo/")[2])
        assert (answer.headers["X-Total-Count"], answer.headers["X-Limit"]) == ("60", "25")
        ids += [row["id"] for row in answer.json()["data"]]
        url, pages = answer.links.get("next", {}).get("url"), pages + 1

    assert (pages, len(ids), len(set(ids))) == (3, 60, 60)
    assert (ids[0], ids[30], ids[59]) == ("SIM-DEL-001", "SIM-BLR-001", "SIM-BLR-030")


def test_a_link_keeps_all_parameters(registered):
    answer = registered.get("2.2.1/locations?date_from=2026-01-01T00:00:00Z&limit=2&offset=4")

    assert answer.headers["Link"] == (
        f"<{registered.base}/ocpi/cpo/2.2.1/locations?date_from=2026-01-01T00%3A00%3A00Z&limit=2&offset=6>"
        '; rel="next"'
    )
    assert [row["id"] for row in answer.json()["data"]] == ["SIM-DEL-005", "SIM-DEL-006"]


def test_the_last_page_has_no_link_and_a_page_beyond_is_empty(registered):
    assert "Link" not in registered.get("2.2.1/locations?offset=50").headers
    beyond = registered.get("2.2.1/locations?offset=60")
    assert (beyond.json()["data"], beyond.headers["X-Total-Count"]) == ([], "60")


def test_date_from_is_inclusive_and_date_to_exclusive(registered):
    second = registered.data("2.2.1/locations/SIM-DEL-002")["last_updated"]
    assert second == "2026-01-10T07:00:00Z"

    since = registered.data(f"2.2.1/locations?date_from={second}&limit=1")
    until = registered.get(f"2.2.1/locations?date_to={second}")
    assert since[0]["id"] == "SIM-DEL-002"
    assert [row["id"] for row in until.json()["data"]] == ["SIM-DEL-001"]


def test_a_changed_evse_brings_its_location_into_the_delta(registered):
    registered.control(evse={"location_id": "SIM-BLR-007", "evse_uid": "SIM-BLR-007-2", "status": "BLOCKED"})
    (changed,) = registered.data("2.2.1/locations?date_from=2026-03-02T00:00:00Z")

    assert (changed["id"], changed["last_updated"]) == ("SIM-BLR-007", "2026-03-02T09:00:00.000Z")
    assert changed["evses"][1]["status"] == "BLOCKED"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", "limit: not a whole number of at least 1"),
        ("limit=x", "limit: not a whole number of at least 1"),
        ("offset=-1", "offset: not a whole number of at least 0"),
        ("date_from=yesterday", "date_from: not a DateTime"),
    ],
)
def test_a_wrong_parameter_is_named(registered, query, message):
    answer = registered.get(f"2.2.1/tariffs?{query}").json()
    assert (answer["status_code"], answer["status_message"]) == (2001, message)


def test_sessions_need_date_from(registered):
    answer = registered.get("2.2.1/sessions").json()
    assert (answer["status_code"], answer["status_message"]) == (2001, "date_from: required, but missing")


def test_a_location_at_all_three_levels(registered):
    location = registered.data("2.2.1/locations/sim-del-001")
    evse = registered.data("2.2.1/locations/SIM-DEL-001/SIM-DEL-001-1")
    connector = registered.data("2.2.1/locations/SIM-DEL-001/SIM-DEL-001-1/2")

    assert (location["name"], location["city"]) == ("Connaught Place Fast Charging Hub", "Delhi")
    assert location["coordinates"] == {"latitude": "28.63150", "longitude": "77.21670"}
    assert location["evses"][0] == evse
    assert evse["connectors"][1] == connector
    assert (evse["evse_id"], connector["standard"]) == ("IN*SIM*EDEL001*1", "CHADEMO")


@pytest.mark.parametrize(
    "path", ["NOPE", "SIM-DEL-001/NOPE", "SIM-DEL-001/SIM-DEL-001-1/9", "SIM-DEL-001/SIM-DEL-002-1"]
)
def test_an_unknown_location_evse_or_connector_is_404_and_2003(registered, path):
    answer = registered.get(f"2.2.1/locations/{path}")
    assert (answer.status_code, answer.json()["status_code"]) == (404, 2003)


def test_charging_preferences_are_not_offered(registered):
    answer = registered.call("PUT", "2.2.1/sessions/S1/charging_preferences", {"profile_type": "FAST"})
    assert (answer.status_code, answer.json()["status_code"]) == (404, 2001)


def test_a_token_is_put_patched_and_read(registered):
    path = "2.2.1/tokens/IN/EMS/DRIVER0001?type=APP_USER"

    assert registered.get(path).json()["status_code"] == 2004
    assert registered.call("PUT", path, DRIVER).status_code == 201
    assert registered.call("PUT", path, DRIVER).status_code == 200
    change = {"valid": False, "last_updated": "2026-03-02T00:00:00Z"}
    assert registered.call("PATCH", path, change).json()["status_code"] == 1000
    assert registered.data(path) == DRIVER | change
    assert registered.get("2.2.1/tokens/IN/EMS/DRIVER0001").status_code == 404, "that would be an RFID token"


@pytest.mark.parametrize(
    ("method", "body", "message"),
    [
        ("PUT", {**DRIVER, "uid": "OTHER"}, "uid differs from the one in the URL"),
        ("PUT", {k: v for k, v in DRIVER.items() if k != "valid"}, "valid: required, but missing"),
        ("PATCH", {"valid": False}, "last_updated: required, but missing"),
    ],
)
def test_a_wrong_token_is_refused_and_not_kept(registered, method, body, message):
    answer = registered.call(method, "2.2.1/tokens/IN/EMS/DRIVER0001?type=APP_USER", body).json()
    assert (answer["status_code"], answer["status_message"]) == (2001, message)
    assert registered.cpo.store.state.tokens == {}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "2.2.1/nope", 404),
        ("GET", "2.1.1/locations", 404),
        ("GET", "", 404),
        ("POST", "2.2.1/locations", 405),
        ("DELETE", "2.2.1/tokens/IN/EMS/X", 405),
        ("GET", "2.2.1/commands/START_SESSION", 405),
        ("POST", "2.2.1/commands/DANCE", 404),
        ("OPTIONS", "2.2.1/locations", 405),
    ],
)
def test_every_refusal_is_an_envelope(registered, method, path, status):
    answer = registered.call(method, path, {} if method == "POST" else None)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json()["status_code"] == 2000


def test_a_body_that_is_no_json_is_400(registered):
    answer = registered.call("POST", "2.2.1/commands/START_SESSION", raw=b"{bad")
    assert (answer.status_code, answer.json()["status_code"]) == (400, 2001)


def test_a_body_over_one_megabyte_is_413(registered):
    answer = registered.call("PUT", "2.2.1/tokens/IN/EMS/X", raw=b" " * 1_000_001)
    assert (answer.status_code, answer.json()["status_code"]) == (413, 2000)


def test_a_body_without_content_length_is_411(registered):
    answer = registered.call("PUT", "2.2.1/tokens/IN/EMS/X", raw=iter([b"{}"]))
    assert (answer.status_code, answer.json()["status_code"]) == (411, 2000)


def test_an_unknown_method_gets_an_envelope_too(registered):
    answer = registered.call("DANCE", "2.2.1/tariffs")
    assert (answer.status_code, answer.json()["status_code"]) == (501, 2000)
