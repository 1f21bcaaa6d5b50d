"""Registration, whoever starts it."""

import base64

import pytest

from tests.ocpi.simulator.stage import TOKEN_A, TOKEN_B


def test_versions_need_a_token(box):
    answer = box.http.get(f"{box.base}/ocpi/cpo/versions", timeout=5)

    assert answer.status_code == 401
    assert answer.json()["status_code"] == 2000
    assert answer.json()["timestamp"].endswith("Z")


@pytest.mark.parametrize("suffix", ["", "/"])
def test_versions_lead_to_the_modules(box, suffix):
    assert box.data(f"versions{suffix}") == [{"version": "2.2.1", "url": f"{box.base}/ocpi/cpo/2.2.1"}]
    details = box.data(f"2.2.1{suffix}")
    assert details["version"] == "2.2.1"
    assert [(row["identifier"], row["role"]) for row in details["endpoints"]] == [
        ("credentials", "SENDER"),
        ("locations", "SENDER"),
        ("tariffs", "SENDER"),
        ("sessions", "SENDER"),
        ("cdrs", "SENDER"),
        ("tokens", "RECEIVER"),
        ("commands", "RECEIVER"),
    ]
    assert details["endpoints"][1]["url"] == f"{box.base}/ocpi/cpo/2.2.1/locations"


def test_a_token_may_end_in_a_newline_but_must_be_base64(box):
    url = f"{box.base}/ocpi/cpo/versions"
    newline = "Token " + base64.b64encode(f"{TOKEN_A}\n".encode()).decode()

    assert box.http.get(url, headers={"Authorization": newline}, timeout=5).status_code == 200
    assert box.http.get(url, headers={"Authorization": f"Token {TOKEN_A}"}, timeout=5).status_code == 401


def test_token_a_opens_nothing_but_the_registration(box):
    assert box.get("2.2.1/locations").status_code == 401


def test_the_emsp_registers(box, emsp):
    answer = box.call("POST", "2.2.1/credentials", emsp.credentials(TOKEN_B))

    theirs = answer.json()["data"]
    assert answer.status_code == 200
    assert theirs["url"] == f"{box.base}/ocpi/cpo/versions"
    assert [(row["role"], row["country_code"], row["party_id"]) for row in theirs["roles"]] == [
        ("CPO", "IN", "SIM")
    ]
    # it called back with token B while our POST was open, and nothing else
    assert [(row.path, row.token()) for row in emsp.seen] == [
        ("/emsp/versions", TOKEN_B),
        ("/emsp/2.2.1", TOKEN_B),
    ]
    assert "ocpi-from-party-id" not in emsp.seen[0].headers
    assert box.get("versions").status_code == 401, "token A is dead"
    assert box.get("2.2.1/tariffs", token=theirs["token"]).status_code == 200


def test_an_unreachable_emsp_is_not_registered_and_token_a_stays_good(box, emsp):
    body = emsp.credentials(TOKEN_B) | {"url": "http://127.0.0.1:9/versions"}
    answer = box.call("POST", "2.2.1/credentials", body)

    assert (answer.status_code, answer.json()["status_code"]) == (200, 3001)
    assert "data" not in answer.json()
    assert box.get("versions").status_code == 200


def test_an_emsp_without_2_2_1_is_told_3002(box, emsp):
    emsp.versions = ["2.1.1"]
    answer = box.call("POST", "2.2.1/credentials", emsp.credentials(TOKEN_B))

    assert answer.json()["status_code"] == 3002
    assert not box.cpo.store.state.registration.token_out


def test_an_emsp_without_cdrs_is_told_3003(box, emsp):
    emsp.modules = ("credentials", "locations", "sessions")
    answer = box.call("POST", "2.2.1/credentials", emsp.credentials(TOKEN_B))

    assert (answer.json()["status_code"], answer.json()["status_message"]) == (
        3003,
        "missing at the client: cdrs RECEIVER",
    )


def test_credentials_without_token_name_the_member(box, emsp):
    body = emsp.credentials(TOKEN_B)
    del body["token"]
    answer = box.call("POST", "2.2.1/credentials", body)

    assert (answer.status_code, answer.json()["status_code"]) == (200, 2001)
    assert answer.json()["status_message"] == "token: required, but missing"
    assert emsp.seen == []


def test_credentials_before_and_after_registration(box, emsp):
    for method in ("GET", "PUT", "DELETE"):
        body = emsp.credentials(TOKEN_B) if method == "PUT" else None
        assert box.call(method, "2.2.1/credentials", body).status_code == 405
    box.register()
    assert box.call("POST", "2.2.1/credentials", emsp.credentials(TOKEN_B)).status_code == 405
    assert box.data("2.2.1/credentials")["token"] == box.token


def test_put_rotates_both_tokens(registered, emsp):
    old = registered.token
    answer = registered.call("PUT", "2.2.1/credentials", emsp.credentials("token-b-2"))
    registered.token = answer.json()["data"]["token"]

    assert registered.token != old
    assert [row.token() for row in emsp.seen] == ["token-b-2", "token-b-2"]
    assert registered.get("2.2.1/tariffs").status_code == 200
    assert registered.get("2.2.1/tariffs", token=old).status_code == 200, "a call may be on its way"
    registered.clock.advance(121)
    assert registered.get("2.2.1/tariffs", token=old).status_code == 401


def test_delete_ends_it_and_token_a_opens_a_new_registration(registered, emsp):
    answer = registered.call("DELETE", "2.2.1/credentials")

    assert (answer.status_code, answer.json()["status_code"]) == (200, 1000)
    assert "data" not in answer.json()
    assert registered.get("2.2.1/tariffs").status_code == 401
    registered.token = TOKEN_A
    assert registered.register().get("2.2.1/tariffs").status_code == 200


def test_we_register_with_the_emsp(box, emsp):
    answer = box.control(register={"versions_url": emsp.versions_url, "token_a": "their-a"})

    assert (answer.status_code, answer.json()["registered"]) == (200, True)
    assert [(row.method, row.path, row.token()) for row in emsp.seen] == [
        ("GET", "/emsp/versions", "their-a"),
        ("GET", "/emsp/2.2.1", "their-a"),
        ("POST", "/emsp/2.2.1/credentials", "their-a"),
    ]
    token_b = emsp.seen[-1].json["token"]
    assert box.get("2.2.1/tariffs", token=token_b).status_code == 200
    assert box.cpo.store.state.registration.token_out == "token-c-of-the-emsp"


def test_a_refused_registration_changes_nothing(box, emsp):
    emsp.answers["/credentials"] = [(405, {"status_code": 2000, "timestamp": "2026-03-02T09:00:00Z"})]
    answer = box.control(register={"versions_url": emsp.versions_url, "token_a": "their-a"})

    assert (answer.status_code, answer.json()) == (
        502,
        {"error": "the eMSP did not register us: HTTP 405, 2000"},
    )
    token_b = emsp.seen[-1].json["token"]
    assert box.get("2.2.1/tariffs", token=token_b).status_code == 401
    assert box.get("versions").status_code == 200, "token A is still good"


def test_pushes_carry_ids_routing_headers_and_token_b(registered, emsp):
    registered.control(evse={"location_id": "SIM-DEL-001", "evse_uid": "SIM-DEL-001-1", "status": "BLOCKED"})
    registered.clock.settle()

    (push,) = emsp.seen
    assert push.token() == TOKEN_B
    names = ("from-country-code", "from-party-id", "to-country-code", "to-party-id")
    assert [push.headers[f"ocpi-{name}"] for name in names] == ["IN", "SIM", "IN", "EMS"]
    assert len(push.headers["x-request-id"]) == len(push.headers["x-correlation-id"]) == 36


def test_answers_repeat_ids_and_swap_routing_headers(registered):
    answer = registered.get(
        "2.2.1/tariffs",
        headers={
            "X-Request-ID": "r-1",
            "X-Correlation-ID": "c-1",
            "OCPI-from-country-code": "IN",
            "OCPI-from-party-id": "EMS",
            "OCPI-to-country-code": "IN",
            "OCPI-to-party-id": "SIM",
        },
    )

    assert (answer.headers["X-Request-ID"], answer.headers["X-Correlation-ID"]) == ("r-1", "c-1")
    assert (answer.headers["OCPI-from-party-id"], answer.headers["OCPI-to-party-id"]) == ("SIM", "EMS")
