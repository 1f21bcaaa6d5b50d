"""A peer registers with us, changes its credentials, and leaves (ocpi.md §7, rows 9-17)."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.models import Connection, IncomingToken, Location, Party, SyncState
from ocpi.services import registration
from tests.factories.ocpi import BASE, CpoFactory, endpoints, location_body
from tests.ocpi.conftest import TOKEN, Caller, at

URL = at("credentials", owner=())
VERSIONS = "/ocpi/emsp/versions"
THEIR_VERSIONS, THEIR_DETAILS = f"{BASE}/versions", f"{BASE}/2.2.1"
TOKEN_B = "B-token-of-theirs-0123456789"


def theirs(**changes):
    details = {"name": "Charging Company", "website": "https://www.company.example/about"}
    role = {"role": "CPO", "party_id": "CPA", "country_code": "IN", "business_details": details}
    body = {"token": TOKEN_B, "url": THEIR_VERSIONS, "roles": [role]} | changes
    return {name: value for name, value in body.items() if value is not None}


def serve(network, *, versions=("2.2.1",), modules=None, encoded=True):
    """A CPO that lets its token B read versions and details."""
    import base64

    wanted = base64.b64encode(TOKEN_B.encode()).decode() if encoded else TOKEN_B

    def answer(data):
        def reply(request):
            if request.headers["Authorization"] != f"Token {wanted}":
                return 401, {}, json.dumps({"status_code": 2000, "timestamp": "2026-03-01T00:00:00Z"})
            envelope = {"data": data, "status_code": 1000, "timestamp": "2026-03-01T00:00:00Z"}
            return 200, {}, json.dumps(envelope)

        return reply

    rows = [{"version": version, "url": f"{BASE}/{version}"} for version in versions]
    found = endpoints(modules) if modules is not None else endpoints()
    network.add_callback("GET", THEIR_VERSIONS, answer(rows))
    network.add_callback("GET", THEIR_DETAILS, answer({"version": "2.2.1", "endpoints": found}))


@pytest.fixture
def invited(db, woken):
    """A peer with a token A."""
    return Caller(registration.invite("Peer"))


@pytest.fixture
def registered(cpo, woken):
    return cpo


def test_a_peer_registers_with_its_token_a(invited, network, settings, woken):
    serve(network)

    answer = invited.post(URL, theirs())

    assert answer.said == (200, 1000)
    assert answer.data["url"] == f"{settings.BASE_URL}/ocpi/emsp/versions"
    assert answer.data["roles"] == [{
        "role": "EMSP", "party_id": "EMS", "country_code": "IN",
        "business_details": {"name": settings.OCPI_BUSINESS_NAME, "website": settings.OCPI_BUSINESS_WEBSITE},
    }]
    assert invited.get(VERSIONS).said == (401, 2000)
    assert invited.post(URL, theirs()).said == (401, 2000)
    assert Caller(answer.data["token"]).get(VERSIONS).said == (200, 1000)
    assert [call.request.url for call in network.calls] == [THEIR_VERSIONS, THEIR_DETAILS]
    connection = Connection.objects.get()
    assert (connection.status, connection.version, connection.outgoing_token) == ("REGISTERED", "2.2.1", TOKEN_B)
    assert (connection.versions_url, connection.auth_encoding) == (THEIR_VERSIONS, "base64")
    assert connection.endpoint("commands", "RECEIVER") == f"{BASE}/2.2.1/commands"
    assert connection.registered_at is not None
    assert woken == [("pull_connection", (connection.pk,))]
    states = SyncState.objects.filter(full_wanted=True).values_list("module", flat=True)
    assert sorted(states) == ["cdrs", "locations", "sessions", "tariffs"]


def test_its_roles_become_its_parties(invited, network):
    serve(network)
    CpoFactory(provider_id="company.example")
    roles = [
        theirs()["roles"][0],
        {"role": "CPO", "party_id": "two", "country_code": "in", "business_details": {"name": "Zweite Säule"}},
        {"role": "EMSP", "party_id": "EMP", "country_code": "IN", "business_details": {"name": "Not a CPO"}},
    ]

    invited.post(URL, theirs(roles=roles))

    mine = Party.objects.filter(connection__name="Peer").order_by("pk")
    assert list(mine.values_list("country_code", "party_id", "name", "provider_id")) == [
        ("IN", "CPA", "Charging Company", "company.example-in-cpa"), ("in", "two", "Zweite Säule", "zweite-saule"),
    ]


@pytest.mark.parametrize("url", ["https://[half", "https://[x]/versions", "https://\u2100.example/", "nonsense", "//"])
def test_an_address_that_cannot_be_read_is_3001(invited, network, url):
    assert invited.post(URL, theirs(url=url)).said[1] in (2001, 3001)
    assert not network.calls


def test_what_cannot_be_read_among_its_addresses_is_left_out(invited, network):
    import base64

    def reply(data):
        return {"json": {"data": data, "status_code": 1000, "timestamp": "2026-03-01T00:00:00Z"}}

    odd = "https://[half"
    network.get(THEIR_VERSIONS, **reply([{"version": "2.2", "url": odd}, {"version": "2.2.1", "url": THEIR_DETAILS}]))
    rows = [{"identifier": "tokens", "role": "RECEIVER", "url": odd}, *endpoints()]
    network.get(THEIR_DETAILS, **reply({"version": "2.2.1", "endpoints": rows}))
    body = theirs()
    body["roles"][0]["business_details"]["website"] = odd

    assert invited.post(URL, body).said == (200, 1000)

    assert odd not in [row["url"] for row in Connection.objects.get().endpoints]
    assert Party.objects.get().provider_id == "charging-company"
    assert base64.b64encode(TOKEN_B.encode()).decode() in network.calls[0].request.headers["Authorization"]


def test_token_b_is_sent_raw_where_base64_is_refused(invited, network):
    serve(network, encoded=False)

    assert invited.post(URL, theirs()).said == (200, 1000)
    assert Connection.objects.get().auth_encoding == "raw"


def nothing_happened(invited):
    connection = Connection.objects.get()
    assert (connection.status, connection.outgoing_token, connection.endpoints) == ("INVITED", "", [])
    assert not Party.objects.exists()
    assert IncomingToken.objects.get().kind == "A"
    assert invited.get(VERSIONS).said == (200, 1000)


def test_a_peer_that_cannot_be_reached_is_3001_and_may_try_again(invited, network):
    answer = invited.post(URL, theirs())
    assert answer.said == (200, 3001)
    nothing_happened(invited)

    serve(network)
    assert invited.post(URL, theirs()).said == (200, 1000)


def test_a_peer_that_does_not_know_its_own_token_is_3001(invited, network):
    serve(network)

    assert invited.post(URL, theirs(token="another-token")).said == (200, 3001)
    nothing_happened(invited)


def test_a_private_address_is_not_called(invited, network, settings):
    settings.SANDBOX = False

    for url in ("http://127.0.0.1:9/versions", "https://127.0.0.1/versions", "https://[::ffff:10.0.0.1]/v", "https://0x7f.1/v"):
        assert invited.post(URL, theirs(url=url)).said == (200, 3001)
    assert len(network.calls) == 0
    nothing_happened(invited)


def test_no_common_version_is_3002(invited, network):
    serve(network, versions=("2.1.1", "2.0"))

    answer = invited.post(URL, theirs())
    assert answer.said == (200, 3002)
    assert "2.1.1, 2.0" in answer.body["status_message"]
    nothing_happened(invited)


@pytest.mark.parametrize("modules", [
    [("credentials", "SENDER"), ("tokens", "RECEIVER")], [("locations", "SENDER")],
    [("locations", "RECEIVER"), ("commands", "RECEIVER")], [],
])
def test_missing_endpoints_are_3003(invited, network, modules):
    serve(network, modules=modules)

    assert invited.post(URL, theirs()).said == (200, 3003)
    nothing_happened(invited)


@pytest.mark.parametrize(("change", "path"), [
    ({"token": None}, "token"), ({"url": None}, "url"), ({"roles": None}, "roles"), ({"roles": []}, "roles"),
    ({"token": "with blank"}, "token"), ({"token": "x" * 65}, "token"), ({"url": "ftp://x"}, "url"),
    ({"roles": [theirs()["roles"][0] | {"party_id": "LONG"}]}, "roles[0].party_id"),
    ({"roles": [theirs()["roles"][0] | {"country_code": "IND"}]}, "roles[0].country_code"),
    ({"roles": [theirs()["roles"][0] | {"business_details": {}}]}, "roles[0].business_details.name"),
    ({"roles": [theirs()["roles"][0]] * 2}, "roles[1]"),
    ({"roles": [theirs()["roles"][0] | {"role": "EMSP"}]}, "roles"),
])
def test_incomplete_credentials_are_2001_naming_the_field(invited, network, change, path):
    serve(network)

    answer = invited.post(URL, theirs(**change))
    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{path}: ")
    assert len(network.calls) == 0
    nothing_happened(invited)


def test_the_flat_form_of_2_1_1_is_read(invited, network):
    serve(network)
    flat = {"token": TOKEN_B, "url": THEIR_VERSIONS, "party_id": "CPA", "country_code": "IN",
            "business_details": {"name": "Old Company"}}

    assert invited.post(URL, flat).said == (200, 1000)
    assert Party.objects.get().name == "Old Company"


def test_post_when_registered_is_405(registered, network):
    serve(network)

    assert registered.post(URL, theirs()).said == (405, 2000)
    assert len(network.calls) == 0


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_the_others_when_not_registered_are_405(invited, network, method):
    serve(network)

    assert invited.call(method, URL, theirs()).said == (405, 2000)
    nothing_happened(invited)


def test_get_shows_the_callers_own_token(registered):
    answer = registered.get(URL)

    assert answer.said == (200, 1000)
    assert answer.data["token"] == TOKEN
    assert answer.data["roles"][0]["role"] == "EMSP"


def test_put_changes_both_tokens_and_the_old_one_has_some_minutes(registered, network, woken):
    serve(network)

    answer = registered.put(URL, theirs())

    assert answer.said == (200, 1000)
    assert answer.data["token"] != TOKEN
    assert Caller(answer.data["token"]).get(VERSIONS).said == (200, 1000)
    assert registered.get(VERSIONS).said == (200, 1000)
    left = IncomingToken.objects.exclude(valid_until=None).get().valid_until - timezone.now()
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    assert Connection.objects.get().outgoing_token == TOKEN_B
    assert [call.request.url for call in network.calls] == [THEIR_VERSIONS, THEIR_DETAILS]
    assert woken == []
    IncomingToken.objects.exclude(valid_until=None).update(valid_until=timezone.now())
    assert registered.get(VERSIONS).said == (401, 2000)


def test_a_put_that_fails_changes_nothing(registered, network):
    before = Connection.objects.values().get()

    assert registered.put(URL, theirs()).said == (200, 3001)

    assert IncomingToken.objects.get().valid_until is None
    assert registered.get(VERSIONS).said == (200, 1000)
    after = Connection.objects.values().get()
    assert after | {"last_ok_at": None} == before | {"last_ok_at": None}


def test_a_role_that_disappears_is_switched_off_and_its_objects_stay(registered, network):
    serve(network)
    other = CpoFactory(connection=registered.party.connection, party_id="TWO")
    body = location_body(party_id="TWO")
    assert registered.put(at("locations", "LOC-1", owner=("IN", "TWO")), body).said == (201, 1000)

    registered.put(URL, theirs())

    other.refresh_from_db()
    assert other.active is False
    assert Location.objects.get().party == other
    assert registered.get(at("locations", "LOC-1", owner=("IN", "TWO"))).said == (404, 2001)
    registered.party.refresh_from_db()
    assert (registered.party.active, registered.party.name) == (True, "Charging Company")


def test_a_party_switched_off_by_staff_stays_off_and_keeps_its_provider_id(registered, network):
    serve(network)
    Party.objects.update(active=False)
    before = Party.objects.get().provider_id

    registered.put(URL, theirs())

    assert (Party.objects.get().active, Party.objects.get().provider_id) == (False, before)


def test_delete_makes_both_tokens_void_and_keeps_the_objects(registered, network, woken):
    registered.put(at("locations", "LOC-1"), location_body())

    answer = registered.delete(URL)

    assert answer.said == (200, 1000)
    assert "data" not in answer.body
    assert registered.get(VERSIONS).said == (401, 2000)
    connection = Connection.objects.get()
    assert (connection.status, connection.outgoing_token) == ("UNREGISTERED", "")
    assert Location.objects.count() == 1
    serve(network)
    again = Caller(registration.invite(connection.name)).post(URL, theirs())
    assert Caller(again.data["token"]).get(at("locations", "LOC-1")).said == (200, 1000)
    assert Party.objects.count() == 1


def test_a_registered_peer_may_be_invited_to_register_anew(registered, network):
    serve(network)
    token_a = registration.invite(Connection.objects.get().name)
    assert registered.get(VERSIONS).said == (200, 1000)

    answer = Caller(token_a).post(URL, theirs())

    assert answer.said == (200, 1000)
    assert registered.get(VERSIONS).said == (401, 2000)
    assert Caller(answer.data["token"]).get(VERSIONS).said == (200, 1000)


def test_a_fresh_token_a_makes_the_earlier_one_void(invited):
    fresh = registration.invite("Peer")

    assert invited.get(VERSIONS).said == (401, 2000)
    assert Caller(fresh).get(VERSIONS).said == (200, 1000)
    assert Connection.objects.count() == 1


def test_nothing_is_locked_while_the_peer_is_called(invited, network, monkeypatch):
    from django.db import connection as database

    depth = []
    serve(network)
    monkeypatch.setattr(
        "ocpi.services.credentials.handshake.discover",
        lambda *args, _real=registration.handshake.discover, **more: depth.append(len(database.savepoint_ids))
        or _real(*args, **more),
    )

    assert invited.post(URL, theirs()).said == (200, 1000)
    assert depth == [0]
