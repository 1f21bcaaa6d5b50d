"""How answers of peers are read, and what is kept of them (ocpi.md 1.5, T3-T6, checklist 102)."""

import base64
import logging
import socket
from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.utils import timezone
from urllib3.exceptions import NewConnectionError

from ocpi.client import OcpiClient, PeerError
from ocpi.models import Connection
from tests.ocpi.cpo import BASE, TOKEN, VERSIONS, envelope, make_party


@pytest.fixture
def party(db):
    return make_party()


@pytest.mark.parametrize(
    ("answer", "data"),
    [
        ({"json": envelope({"id": "A"})}, {"id": "A"}),
        ({"json": envelope([{"id": "A"}])}, {"id": "A"}),
        ({"json": envelope({"id": "A"}, code=1999), "status": 202}, {"id": "A"}),
        ({"json": envelope({"id": "A"}, code="1000")}, {"id": "A"}),
        ({"json": {"data": {"id": "A"}}}, {"id": "A"}),
    ],
)
def test_these_answers_are_the_object(network, party, answer, data):
    network.get(f"{BASE}/locations/A", **answer)

    assert OcpiClient(party.connection).get_object("locations", "A") == data


@pytest.mark.parametrize(
    ("answer", "status", "code", "transient", "reason"),
    [
        ({"json": envelope(code=2003)}, 200, 2003, False, "status_code 2003: said"),
        ({"json": envelope(code=3000)}, 200, 3000, False, "status_code 3000: said"),
        ({"json": envelope(code=2003), "status": 404}, 404, 2003, False, "HTTP 404: said"),
        ({"json": envelope(code=2003, status_message="a\x00b\n")}, 200, 2003, False, "status_code 2003: ab"),
        ({"json": {"detail": "no"}, "status": 400}, 400, None, False, "HTTP 400"),
        ({"json": envelope(code=1000), "status": 500}, 500, 1000, True, "HTTP 500: said"),
        ({"body": "<html>", "status": 502}, 502, None, True, "HTTP 502"),
        ({"body": "<html>"}, 200, None, True, "its answer is not JSON"),
        ({"body": '{"data": {"id'}, 200, None, True, "its answer is not JSON"),
        ({"json": {"locations": []}}, 200, None, False, "its answer has no OCPI envelope"),
        ({"json": envelope([])}, 200, None, False, "its answer is not an object"),
        ({"body": "", "status": 204}, 204, None, False, "its answer is not an object"),
        ({"body": "", "status": 429}, 429, None, True, "HTTP 429"),
    ],
)
def test_these_answers_are_errors(network, party, answer, status, code, transient, reason):
    network.get(f"{BASE}/locations/A", **answer)

    with pytest.raises(PeerError) as caught:
        OcpiClient(party.connection).get_object("locations", "A")

    error = caught.value
    assert (error.status, error.code, error.transient, error.reason) == (status, code, transient, reason)
    assert error.sent is True


def test_numbers_keep_every_digit(network, party):
    body = '{"status_code":1000,"data":{"price":0.10000000000000000001}}'
    network.get(f"{BASE}/locations/A", body=body)

    assert str(OcpiClient(party.connection).get_object("locations", "A")["price"]) == "0.10000000000000000001"


def test_a_refused_connection_is_known_not_to_have_reached_the_peer(party, unused_port):
    party.connection.endpoints = [
        {"identifier": "commands", "role": "RECEIVER", "url": f"http://127.0.0.1:{unused_port}/commands"}
    ]

    with pytest.raises(PeerError, match="no connection") as caught:
        OcpiClient(party.connection).command("STOP_SESSION", {"session_id": "S"})

    assert caught.value.sent is False
    assert caught.value.status is None


@pytest.fixture
def unused_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(
    ("failure", "sent"),
    [
        (requests.ConnectTimeout(), False),
        (requests.ConnectionError(NewConnectionError(None, "refused")), False),
        (requests.exceptions.InvalidURL("bad"), False),
        (requests.ReadTimeout(), True),
        (requests.ConnectionError("reset"), True),
        (requests.exceptions.ChunkedEncodingError("short"), True),
    ],
)
def test_only_what_never_left_counts_as_not_sent(network, party, failure, sent):
    network.post(f"{BASE}/commands/STOP_SESSION", body=failure)

    with pytest.raises(PeerError) as caught:
        OcpiClient(party.connection).command("STOP_SESSION", {})

    assert caught.value.sent is sent


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (envelope({"result": "ACCEPTED", "timeout": 30}), ("ACCEPTED", 30, "", 1000)),
        (envelope({"result": "accepted", "timeout": "30"}), ("ACCEPTED", 30, "", 1000)),
        (envelope({"result": "ACCEPTED"}), ("ACCEPTED", None, "", 1000)),
        (envelope({"result": "ACCEPTED", "timeout": -1}), ("ACCEPTED", None, "", 1000)),
        (
            envelope({"result": "REJECTED", "timeout": 0, "message": [
                {"language": "de", "text": "nein"}, {"language": "en", "text": "no"},
            ]}),
            ("REJECTED", 0, "no", 1000),
        ),
        (
            envelope({"result": "REJECTED", "timeout": 0}, code=2001),
            ("REJECTED", 0, "status_code 2001: said", 2001),
        ),
        (envelope(code=2003), ("", None, "status_code 2003: said", 2003)),
        (envelope(), ("", None, "", 1000)),
    ],
)
def test_a_command_response_is_read_also_beside_an_error_code(network, party, answer, expected):
    network.post(f"{BASE}/commands/START_SESSION", json=answer)

    found = OcpiClient(party.connection, party).command("START_SESSION", {"location_id": "L"})

    assert (found.result, found.timeout_s, found.message, found.code) == expected
    assert network.calls[0].request.body == b'{"location_id":"L"}'


def test_health_is_written_once_a_minute(network, party):
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))
    network.get(f"{BASE}/locations/B", json=envelope(code=2003), status=404)
    client = OcpiClient(party.connection)

    client.get_object("locations", "A")
    first = Connection.objects.get().last_ok_at
    with pytest.raises(PeerError):
        client.get_object("locations", "B")

    assert timezone.now() - first < timedelta(seconds=30)
    connection = Connection.objects.get()
    assert (connection.last_ok_at, connection.last_error_at, connection.last_error) == (first, None, "")

    Connection.objects.update(last_ok_at=datetime(2026, 1, 1, tzinfo=UTC))
    OcpiClient(Connection.objects.get()).get_object("locations", "A")
    assert Connection.objects.get().last_ok_at > first


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"body": requests.ReadTimeout()}, "no answer in time"),
        ({"json": envelope(code=2000), "status": 401}, "HTTP 401: said"),
        ({"json": envelope(code=3000), "status": 503}, "HTTP 503: said"),
    ],
)
def test_what_went_wrong_last_stands_at_the_connection(network, party, answer, text):
    network.get(f"{BASE}/locations/A", **answer)

    with pytest.raises(PeerError):
        OcpiClient(party.connection).get_object("locations", "A")

    connection = Connection.objects.get()
    assert connection.last_error == text
    assert timezone.now() - connection.last_error_at < timedelta(seconds=30)
    assert connection.last_ok_at is None


def test_our_token_is_neither_logged_nor_told_when_a_peer_repeats_it(network, party, caplog):
    encoded = base64.b64encode(TOKEN.encode()).decode()
    network.get(f"{BASE}/locations/A", body=f"bad credentials {TOKEN} {encoded}", status=403)
    refusal = envelope(code=2000, status_message=f"not {TOKEN}")
    network.get(f"{BASE}/locations/B", json=refusal, status=401)
    caplog.set_level(logging.DEBUG, "ocpi")

    texts = []
    for name in "AB":
        with pytest.raises(PeerError) as caught:
            OcpiClient(party.connection).get_object("locations", name)
        texts.append(str(caught.value))

    assert texts == ["HTTP 403", "HTTP 401: not ***"]
    assert "bad credentials *** ***" in caplog.text
    assert TOKEN not in caplog.text
    assert encoded not in caplog.text


def test_bodies_of_credentials_are_not_logged_at_all(network, caplog):
    network.post(f"{BASE}/credentials", body='{"new": "secret-c-token"', status=500)
    client = OcpiClient.for_registration(VERSIONS, "token-a")

    with pytest.raises(PeerError, match="HTTP 500"):
        client.post_credentials(f"{BASE}/credentials", {"token": "B"})

    assert "(not shown)" in caplog.text
    assert "secret-c-token" not in caplog.text
