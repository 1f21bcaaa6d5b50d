"""What our requests look like, and where they may go (ocpi.md 1.2-1.4, 1.7, checklist 19, 20, 87)."""

import base64
import uuid

import pytest

from ocpi.client import NotOffered, OcpiClient, PeerError, transport
from tests.ocpi.cpo import BASE, TOKEN, VERSIONS, envelope, make_party


@pytest.fixture
def party(db):
    return make_party(country_code="in", party_id="CpO")


def is_uuid(text):
    return str(uuid.UUID(text)) == text


def test_a_request_to_a_module_says_who_asks_whom(network, party, settings):
    network.get(f"{BASE}/locations/LOC%2F1", json=envelope({"id": "LOC/1"}))

    assert OcpiClient(party.connection, party).get_object("locations", "LOC/1") == {"id": "LOC/1"}

    sent = network.calls[0].request.headers
    assert sent["Authorization"] == "Token " + base64.b64encode(TOKEN.encode()).decode()
    assert is_uuid(sent["X-Request-ID"])
    assert is_uuid(sent["X-Correlation-ID"])
    assert sent["OCPI-from-country-code"] == settings.OCPI_COUNTRY_CODE
    assert sent["OCPI-from-party-id"] == settings.OCPI_PARTY_ID
    assert (sent["OCPI-to-country-code"], sent["OCPI-to-party-id"]) == ("in", "CpO")


def test_requests_of_one_client_have_one_correlation_id_and_ids_of_their_own(network, party):
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))
    client = OcpiClient(party.connection)

    client.get_object("locations", "A")
    client.get_object("locations", "A")

    first, second = (call.request.headers for call in network.calls)
    assert first["X-Correlation-ID"] == second["X-Correlation-ID"]
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert second["OCPI-to-party-id"] == "CpO"


def test_versions_and_credentials_carry_no_routing_headers(network):
    network.get(VERSIONS, json=envelope([{"version": "2.2.1", "url": "/ocpi/cpo/2.2.1"}]))
    cdrs = {"identifier": "cdrs", "role": "SENDER"}
    network.get(BASE, json=envelope({"version": "2.2.1", "endpoints": [cdrs | {"url": "cdrs"}]}))
    network.post(f"{BASE}/credentials", json=envelope({"token": "C"}))
    client = OcpiClient.for_registration(VERSIONS, "token-a", "raw")

    (offered,) = client.versions()
    details = client.details(offered["url"])
    theirs = client.post_credentials(f"{BASE}/credentials", {"token": "B"})

    assert offered == {"version": "2.2.1", "url": BASE}
    assert details["endpoints"] == [cdrs | {"url": "https://cpo.example/ocpi/cpo/cdrs"}]
    assert theirs == {"token": "C"}
    for call in network.calls:
        assert call.request.headers["Authorization"] == "Token token-a"
        assert not [name for name in call.request.headers if name.lower().startswith("ocpi-")]
    assert network.calls[2].request.body == b'{"token":"B"}'
    assert network.calls[2].request.headers["Content-Type"] == "application/json"


def test_version_details_in_place_of_versions_count_as_the_one_version(network):
    network.get(VERSIONS, json=envelope({"version": "2.2.1", "endpoints": []}))

    client = OcpiClient.for_registration(VERSIONS, "token-a")

    assert client.versions() == [{"version": "2.2.1", "url": VERSIONS}]


def test_a_netrc_of_the_machine_does_not_replace_our_token(network, party, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine cpo.example login someone password something")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))

    OcpiClient(party.connection).get_object("locations", "A")

    assert network.calls[0].request.headers["Authorization"].startswith("Token ")


def test_a_token_is_put_and_patched_below_our_party_with_its_type(network, party):
    url = f"{BASE}/tokens/IN/EMS/ABC%231"
    network.put(url, json=envelope(), status=201)
    network.patch(url, json=envelope())
    token = {"country_code": "IN", "party_id": "EMS", "uid": "ABC#1", "type": "APP_USER", "valid": True}
    client = OcpiClient(party.connection, party)

    client.put_token(token)
    client.patch_token(token, {"valid": False, "last_updated": "2026-03-01T00:00:00Z"})

    assert [call.request.params for call in network.calls] == [{"type": "APP_USER"}] * 2
    assert network.calls[0].request.body == (
        b'{"country_code":"IN","party_id":"EMS","uid":"ABC#1","type":"APP_USER","valid":true}'
    )
    assert network.calls[1].request.body == b'{"valid":false,"last_updated":"2026-03-01T00:00:00Z"}'


def test_a_peer_that_wants_a_slash_at_the_end_gets_one(network, party):
    party.connection.trailing_slash = True
    network.get(f"{BASE}/locations/A/", json=envelope({"id": "A"}))

    assert OcpiClient(party.connection).get_object("locations", "A") == {"id": "A"}


def test_a_redirect_is_followed_for_get_on_the_same_host_only(network, party):
    network.get(f"{BASE}/locations/A", status=308, headers={"Location": "/elsewhere"})
    network.get("https://cpo.example/elsewhere", json=envelope({"id": "A"}))
    foreign = network.get("https://evil.example/steal", json=envelope({"id": "A"}))
    network.get(f"{BASE}/locations/B", status=302, headers={"Location": "https://evil.example/steal"})
    client = OcpiClient(party.connection)

    assert client.get_object("locations", "A") == {"id": "A"}
    with pytest.raises(PeerError, match="it redirects a GET to another address"):
        client.get_object("locations", "B")

    assert foreign.call_count == 0


def test_a_redirected_post_is_not_sent_again(network, party):
    network.post(f"{BASE}/commands/STOP_SESSION", status=307, headers={"Location": "/elsewhere"})
    elsewhere = network.post("https://cpo.example/elsewhere", json=envelope({"result": "ACCEPTED"}))

    with pytest.raises(PeerError) as caught:
        OcpiClient(party.connection).command("STOP_SESSION", {})

    assert (caught.value.status, caught.value.sent, elsewhere.call_count) == (307, True, 0)


def test_a_redirect_to_no_address_is_refused(network, party):
    network.get(f"{BASE}/locations/A", status=302, headers={"Location": "https://[half"})

    with pytest.raises(PeerError, match="it redirects a GET to another address"):
        OcpiClient(party.connection).get_object("locations", "A")


@pytest.mark.parametrize("location", ["https://[half", "http://*", "http://", "//"])
def test_a_command_that_was_redirected_anywhere_counts_as_sent(network, party, location):
    network.post(f"{BASE}/commands/START_SESSION", status=307, headers={"Location": location})

    with pytest.raises(PeerError) as caught:
        OcpiClient(party.connection).command("START_SESSION", {})

    assert (caught.value.sent, caught.value.status) == (True, 307)


def test_circles_of_redirects_end(network, party):
    url = f"{BASE}/locations/A"
    asked = network.get(url, status=301, headers={"Location": url})

    with pytest.raises(PeerError, match="circles"):
        OcpiClient(party.connection).get_object("locations", "A")

    assert asked.call_count == 4


def test_private_addresses_are_refused_outside_the_sandbox(network, party, settings):
    settings.SANDBOX = False
    party.connection.endpoints = [
        {"identifier": "locations", "role": "SENDER", "url": "https://127.0.0.1/locations"}
    ]

    with pytest.raises(PeerError, match="private address") as caught:
        OcpiClient(party.connection).get_object("locations", "A")

    assert caught.value.sent is False
    assert len(network.calls) == 0


def test_an_address_of_another_host_is_not_called_with_our_token(network, party):
    with pytest.raises(PeerError, match="not the peer's") as caught:
        OcpiClient(party.connection).get("https://evil.example/x")

    assert caught.value.sent is False
    assert len(network.calls) == 0


def test_an_answer_over_the_size_limit_is_not_read_to_its_end(network, party, monkeypatch):
    monkeypatch.setattr(transport, "RESPONSE_LIMIT_BYTES", 1000)
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A", "name": "x" * 1000}))

    with pytest.raises(PeerError, match="larger than 1000 bytes"):
        OcpiClient(party.connection).get_object("locations", "A")


def test_a_module_that_is_not_offered_is_not_asked_for(network, party):
    party.connection.endpoints = [{"identifier": "cdrs", "role": "RECEIVER", "url": f"{BASE}/cdrs"}]

    with pytest.raises(NotOffered, match="it offers no cdrs module"):
        list(OcpiClient(party.connection).pages("cdrs"))

    assert len(network.calls) == 0
