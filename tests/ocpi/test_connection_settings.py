"""How each CPO wants to be spoken to (ocpi.md §8, connection settings), as it arrives there."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from ocpi.client import OcpiClient, exchange_limit, pace, transport
from ocpi.models import Cdr, Command, Connection, Session
from ocpi.services import command_dispatch, commands, handshake, pulls
from ocpi.services.command_bodies import Asked, command_body
from ocpi.services.command_send import LEASE
from ocpi.services.pull_windows import windows
from tests.core.certificates import key_and_certificate
from tests.factories.catalog import ConnectorFactory
from tests.factories.ocpi import TokenFactory, cdr_body
from tests.ocpi.conftest import at
from tests.ocpi.cpo import BASE, VERSIONS, Listing, envelope, make_party, session

pytestmark = pytest.mark.django_db
KEY, CERT = key_and_certificate("emsp.example")
SOON = "2030-01-01T00:00:00Z"
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


def errors_of(**settings):
    made = Connection(name="CPO", **settings)
    with pytest.raises(ValidationError) as refused:
        made.full_clean()
    return refused.value.message_dict


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("rate_limit", Decimal(0), "Ensure this value is greater than or equal to 0.001."),
        ("rate_limit", Decimal(101), "Ensure this value is less than or equal to 100."),
        ("connect_timeout_s", 11, "Ensure this value is less than or equal to 10."),
        ("read_timeout_s", 0, "Ensure this value is greater than or equal to 1."),
        ("command_timeout_s", 61, "Ensure this value is less than or equal to 60."),
        ("max_range_days", 0, "Ensure this value is greater than or equal to 1."),
        ("price_source", "guess", "Value 'guess' is not a valid choice."),
        ("feed_adapter", "magic", "Value 'magic' is not a valid choice."),
        ("tls_client_cert", CERT, "no private key in PEM (-----BEGIN PRIVATE KEY-----) can be read"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_the_setting(name, value, reason):
    assert errors_of(**{name: value}) == {name: [reason]}


def test_a_hub_gets_routing_headers():
    assert errors_of(is_hub=True, send_routing_headers=False) == {
        "send_routing_headers": ["a hub knows by these headers whom a request is for"]
    }


def test_a_peer_that_refuses_routing_headers_gets_none(network):
    party = make_party(send_routing_headers=False)
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))

    OcpiClient(party.connection, party).get_object("locations", "A")

    sent = network.calls[0].request.headers
    assert [name for name in sent if name.lower().startswith("ocpi-")] == []
    assert sent["X-Request-ID"]


@pytest.mark.parametrize(("always", "wanted"), [(True, "1"), (False, None)])
def test_a_connector_is_named_where_there_is_one_only_if_the_cpo_always_wants_it(always, wanted):
    connector = ConnectorFactory(ocpi_id="1")
    evse, party = connector.evse, connector.evse.location.party
    party.connection.always_send_connector_id = always
    asked = Asked(
        token=TokenFactory(), location_id=evse.location.ocpi_id, evse_uid=evse.uid, connector_id="1",
    )  # fmt: skip

    assert command_body(party, "START_SESSION", asked).get("connector_id") == wanted


@pytest.mark.parametrize(
    ("settings_of", "limits"),
    [
        ({}, [(3, 10), (3, 5), (3, 30)]),
        ({"connect_timeout_s": 7, "read_timeout_s": 25, "command_timeout_s": 55}, [(7, 25), (7, 5), (7, 55)]),
    ],
)
def test_a_slow_peer_gets_the_time_it_needs(network, monkeypatch, settings_of, limits):
    seen, whole = [], []
    party = make_party(**settings_of)
    send = transport.PartnerSession.send

    def noted(self, *args, **more):
        seen.append(more["timeout"])
        return send(self, *args, **more)

    monkeypatch.setattr(transport.PartnerSession, "send", noted)
    within = transport.within
    monkeypatch.setattr(transport, "within", lambda seconds: whole.append(seconds) or within(seconds))
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))
    network.post(f"{BASE}/commands/STOP_SESSION", json=envelope({"result": "ACCEPTED", "timeout": 30}))
    client = OcpiClient(party.connection, party)

    client.get_object("locations", "A")
    client.get_object("locations", "A", read_timeout_s=5)
    client.command("STOP_SESSION", {})

    assert seen == limits
    connect_s = limits[0][0]
    assert whole == [connect_s + 60, connect_s + 5, connect_s + limits[2][1]]


@pytest.mark.parametrize(("command_timeout_s", "held"), [(None, LEASE), (60, timedelta(seconds=75))])
def test_a_command_is_held_for_as_long_as_its_answer_may_take(network, command_timeout_s, held):
    party = make_party(command_timeout_s=command_timeout_s)
    leases = []

    def answer(request):
        row = Command.objects.get()
        leases.append((row.leased_until - row.sent_at, row.due_at - row.sent_at))
        return 200, {}, json.dumps(envelope({"result": "ACCEPTED", "timeout": 30}))

    network.add_callback("POST", f"{BASE}/commands/STOP_SESSION", answer)
    Command.objects.create(party=party, kind="STOP_SESSION", body={}, due_at=timezone.now())

    commands.dispatch_due(parallel=False)

    assert leases == [(held, held)]
    assert exchange_limit(party.connection) < held


class Turns:
    """Stands for Redis: a turn every `step_s`, and what was slept."""

    def __init__(self, monkeypatch, *waits):
        self.asked, self.slept, self._waits = [], [], list(waits)
        monkeypatch.setattr(pace, "turn", self.turn)
        monkeypatch.setattr(pace.time, "sleep", self.slept.append)

    def turn(self, name, **how):
        self.asked.append((name, how))
        return self._waits.pop(0)


def test_without_a_rate_limit_nothing_waits(network, monkeypatch):
    party, turns = make_party(), Turns(monkeypatch)
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))

    OcpiClient(party.connection).get_object("locations", "A")

    assert turns.asked == []


def test_lists_wait_their_turn_in_pieces_and_hold_on_to_their_lease(network, monkeypatch):
    party = make_party(rate_limit=Decimal("0.0083"))
    turns = Turns(monkeypatch, 0.0, 70.5)
    Listing(network, "sessions", [session(f"S{number}", last_updated=SOON) for number in range(3)])
    slept = []

    report = pulls.pull_module(party.connection, "sessions", sleep=slept.append)

    assert (report.stored, report.error) == (3, "")
    assert slept == [30.0, 30.0, 10.5]
    assert turns.asked == [(f"ocpi:{party.connection.pk}", {"per_s": Decimal("0.0083"), "most_s": None})] * 2
    assert turns.slept == []


def test_commands_and_single_objects_go_ahead_and_are_sent_all_the_same(network, monkeypatch):
    party = make_party(rate_limit=Decimal(1))
    turns = Turns(monkeypatch, 1.5, 5.0)
    network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))
    network.post(f"{BASE}/commands/STOP_SESSION", json=envelope({"result": "ACCEPTED"}))
    client = OcpiClient(party.connection, party)

    client.get_object("locations", "A")
    assert client.command("STOP_SESSION", {}).result == "ACCEPTED"

    assert [how["most_s"] for _, how in turns.asked] == [5.0, 5.0]
    assert turns.slept == [1.5, 5.0]


def moments(found):
    return [tuple(f"{each:%d %H:%M}" if each else None for each in window) for window in found]


def test_a_long_range_is_cut_into_pieces_less_an_hour_for_their_clock():
    found = windows(NOON - timedelta(days=5), NOON, 2)

    assert moments(found) == [
        ("26 12:00", "28 11:00"), ("28 11:00", "30 10:00"), ("30 10:00", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("date_from", "most"), [(None, 2), (NOON - timedelta(days=400), None), (NOON - timedelta(hours=47), 2)]
)
def test_what_is_not_too_long_stays_whole(date_from, most):
    assert windows(date_from, NOON, most) == [(date_from, None)]


def test_a_pull_asks_piece_by_piece_and_counts_all_of_them(network):
    party = make_party(max_range_days=7)
    listing = Listing(network, "sessions", [session(f"S{number}") for number in range(5)], size=10)
    asked_of = []

    def answer(request):
        begin, end = request.params.get("date_from"), request.params.get("date_to")
        asked_of.append((begin, end))
        rows = listing.objects[len(asked_of) - 1 : len(asked_of)]
        return 200, {"X-Total-Count": str(len(rows)), "X-Limit": "10"}, json.dumps(envelope(rows))

    network.reset()
    network.add_callback("GET", f"{BASE}/sessions", answer)

    report = pulls.pull_module(party.connection, "sessions", sleep=lambda seconds: None)

    assert (report.error, report.pages, report.objects, report.total, report.stored) == ("", 5, 5, 5, 5)
    begins, ends = [begin for begin, _ in asked_of], [end for _, end in asked_of]
    assert ends == [*begins[1:], None]
    span = datetime.fromisoformat(begins[1]) - datetime.fromisoformat(begins[0])
    assert span == timedelta(days=7) - timedelta(hours=1)
    assert Session.objects.count() == 5


def test_locations_are_read_whole_in_one_piece(network):
    party = make_party(max_range_days=7)
    locations = Listing(network, "locations", [])

    pulls.pull_module(party.connection, "locations", full=True, sleep=lambda seconds: None)

    assert locations.asked == [{"limit": "200"}]


class TestCdrsAtOtherAddresses:
    @pytest.mark.parametrize(("method", "address"), [("post", ()), ("put", ("CDR-1",)), ("post", ("CDR-1",))])
    def test_they_are_taken_like_any_other(self, cpo, method, address):
        answer = getattr(cpo, method)(at("cdrs", *address), cdr_body())

        assert answer.said == (201, 1000)
        assert answer.headers["Location"].endswith(f"/cdrs/{Cdr.objects.get().public_id}")

    @pytest.mark.parametrize(("method", "address"), [("post", ()), ("put", ("CDR-1",))])
    def test_a_peer_held_to_the_text_finds_nothing_there(self, cpo, method, address):
        Connection.objects.update(cdr_url_alias=False)

        assert getattr(cpo, method)(at("cdrs", *address), cdr_body()).said == (404, 2000)
        assert Cdr.objects.count() == 0
        assert cpo.post(at("cdrs", owner=()), cdr_body()).said == (201, 1000)


class TestClientCertificate:
    @pytest.fixture
    def certs(self, monkeypatch):
        """The certificate of each session that is opened."""
        opened = []
        make = transport.PartnerSession
        monkeypatch.setattr(transport, "PartnerSession", lambda cert="": opened.append(cert) or make(cert))
        monkeypatch.setattr(transport, "_mine", transport.threading.local())
        return opened

    def test_only_its_own_peer_is_shown_it(self, network, certs):
        asks, other = make_party(tls_client_cert=CERT + KEY), make_party("Other", party_id="OTH")
        network.get(f"{BASE}/locations/A", json=envelope({"id": "A"}))
        network.post(f"{BASE}/commands/STOP_SESSION", json=envelope({"result": "ACCEPTED"}))

        for party in (asks, other, asks):
            OcpiClient(party.connection).get_object("locations", "A")
        OcpiClient(asks.connection).command("STOP_SESSION", {})

        assert certs == [CERT + KEY, "", CERT + KEY]  # pooled ones once, and one for the command

    def test_it_is_shown_in_a_handshake_too(self, network, certs):
        party = make_party(tls_client_cert=CERT + KEY, status="INVITED")
        network.get(VERSIONS, json=envelope([{"version": "2.2.1", "url": BASE}]))

        handshake.first_versions(VERSIONS, "token-b", known=party.connection)

        assert certs == [CERT + KEY]

    def test_the_database_and_texts_hold_none_of_it(self, db):
        from django.db import connection as database

        party = make_party(tls_client_cert=CERT + KEY)
        with database.cursor() as cursor:
            cursor.execute("SELECT tls_client_cert FROM ocpi_connection")
            ((stored,),) = cursor.fetchall()

        assert "BEGIN" not in stored
        assert Connection.objects.get(pk=party.connection_id).tls_client_cert == CERT + KEY
        assert "BEGIN" not in repr(transport.Line.to(party.connection))


def test_the_lease_of_a_claim_outlives_what_is_done_before_a_command_is_sent():
    before_s = pace.AHEAD_WITHIN_S + 10 + 5  # a turn, the longest time to connect, the EVSE's status
    assert timedelta(seconds=before_s) < command_dispatch.LEASE
