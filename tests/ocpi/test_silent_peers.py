"""A CPO that does not answer is left alone: nothing is sent but what frees a car, and it comes back by itself."""

from datetime import timedelta

import pytest
import requests
from django.utils import timezone

from emsp.core import circuits
from emsp.core.models import Circuit
from ocpi.client import LeftAlone, OcpiClient, PeerError
from ocpi.models import Command, Connection, Token, TokenCopy
from ocpi.services import commands, credentials, pulls, silent_peers, token_copies, tokens
from tests.ocpi.cpo import BASE, VERSIONS, Listing, envelope, make_party

pytestmark = pytest.mark.django_db
LOCATIONS = f"{BASE}/locations/L1"


@pytest.fixture
def party(settings):
    settings.CIRCUIT_OPENS_AFTER = 2
    return make_party()


def leave_alone(party, pause_s=60):
    now = timezone.now()
    return Circuit.objects.create(
        kind="CPO", partner=str(party.connection_id), name=party.connection.name, failures=5, pause_s=8,
        opened_at=now - timedelta(minutes=1), probe_at=now + timedelta(seconds=pause_s),
    )


def ask(party):
    try:
        OcpiClient(party.connection, party).get_object("locations", "L1")
    except PeerError as error:
        return type(error).__name__, error.sent
    return "answered"


def start(party):
    body, order = {"token": {}, "location_id": "L1"}, f"order-{Command.objects.count()}"
    Command.objects.create(
        party=party, kind="START_SESSION", body=body, order_reference=order, due_at=timezone.now()
    )
    commands.dispatch_due(parallel=False)


def failures(party):
    row = circuits.of(party.connection.partner)
    return row.failures if row else 0


@pytest.mark.parametrize("fault", [
    {"body": requests.ConnectTimeout()}, {"body": requests.ReadTimeout()}, {"body": requests.ConnectionError("reset")},
    {"status": 500}, {"status": 503, "json": envelope(code=3000)},
])
def test_who_does_not_answer_is_not_asked_any_more(party, network, fault):
    network.get(LOCATIONS, **fault)

    assert [ask(party)[0], ask(party)[0]] == ["PeerError", "PeerError"]
    assert ask(party) == ("LeftAlone", False)
    assert len(network.calls) == 2


@pytest.mark.parametrize("answer", [
    {"json": envelope({"id": "L1"})}, {"status": 404, "json": envelope(code=2003)}, {"status": 401},
    {"body": b"<html>"}, {"status": 429},
])
def test_whoever_answers_is_there_whatever_the_answer_is(party, network, answer):
    circuits.failed(party.connection.partner, "no answer")
    network.get(LOCATIONS, **answer)

    ask(party)

    assert failures(party) == 0


def test_a_connection_costs_another_nothing(party, network):
    other = make_party("Other", base="https://other.example/ocpi", party_id="OTH")
    leave_alone(party)
    network.get("https://other.example/ocpi/locations/L1", json=envelope({"id": "L1"}))

    assert ask(party) == ("LeftAlone", False)
    assert ask(other) == "answered"


def test_a_command_is_refused_at_once_and_was_never_sent(party, network, told):
    leave_alone(party)
    body = {"token": {}, "location_id": "L1"}
    Command.objects.create(party=party, kind="START_SESSION", body=body, due_at=timezone.now())

    commands.dispatch_due(parallel=False)

    assert told == [("START_SESSION", "FAILED", "CPO_UNREACHABLE")]
    assert Command.objects.get().message == "it has not answered for a while and is not asked now"
    assert len(network.calls) == 0


@pytest.mark.parametrize("kind", ["STOP_SESSION", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"])
def test_what_frees_a_car_or_a_charger_is_sent_all_the_same_and_its_answer_closes_the_circuit(party, network, kind):
    leave_alone(party)
    network.post(f"{BASE}/commands/{kind}", json=envelope({"result": "ACCEPTED", "timeout": 30}))
    Command.objects.create(party=party, kind=kind, body={}, due_at=timezone.now())

    commands.dispatch_due(parallel=False)

    assert Command.objects.get().state == "AWAITING_RESULT"
    assert not circuits.is_shut(party.connection.partner)


def test_a_stop_that_fails_does_not_put_the_next_probe_off(party, network):
    probe_at = leave_alone(party).probe_at
    network.post(f"{BASE}/commands/STOP_SESSION", status=500)
    Command.objects.create(party=party, kind="STOP_SESSION", body={}, due_at=timezone.now())

    commands.dispatch_due(parallel=False)

    row = circuits.of(party.connection.partner)
    assert (row.failures, row.probe_at, row.pause_s) == (6, probe_at, 8)


def test_a_pull_by_the_clock_asks_nothing_and_one_that_somebody_wants_does(party, network):
    circuit = leave_alone(party)
    network.get(f"{BASE}/tariffs", status=500)

    report = pulls.pull_module(party.connection, "tariffs", sleep=pytest.fail)
    assert (report.error, len(network.calls)) == ("it has not answered for a while and is not asked now", 0)

    network.reset()
    Listing(network, "tariffs", [])
    report = pulls.pull_module(party.connection, "tariffs", sleep=pytest.fail, insist=True)
    assert report.error == ""
    circuit.refresh_from_db()
    assert circuit.opened_at is None


def test_its_tokens_wait_and_spend_no_attempts(party, network):
    copy = TokenCopy.objects.create(
        token=tokens.driver_token("d"), connection=party.connection, due_at=timezone.now(), check_at=timezone.now()
    )
    circuit = leave_alone(party)
    assert (token_copies.push_due(), token_copies.check_due()) == (0, 0)
    copy.refresh_from_db()
    assert (copy.attempts, copy.state, len(network.calls)) == (0, "WAITING", 0)

    circuit.delete()
    uid = Token.objects.get().uid
    network.put(f"{BASE}/tokens/IN/EMS/{uid}", json=envelope())
    assert token_copies.push_due() == 1


def test_a_slow_one_holds_two_copies_at_a_time(party, network):
    now = timezone.now()
    rows = [
        TokenCopy(token=tokens.driver_token(f"d{number}"), connection=party.connection, due_at=now)
        for number in range(3)
    ]
    TokenCopy.objects.bulk_create(rows)
    TokenCopy.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(leased_until=now + timedelta(seconds=60))

    assert token_copies.push_due() == 0
    TokenCopy.objects.filter(pk=rows[0].pk).update(due_at=None, leased_until=None)
    network.add_callback("PUT", f"{BASE}/tokens/IN/EMS/{rows[2].token.uid}", lambda request: (200, {}, "{}"))
    assert token_copies.push_due() == 1


class TestCommandsThatHang:
    @pytest.fixture
    def hanging(self, party, network):
        network.get(LOCATIONS, json=envelope({"id": "L1"}))
        network.get(VERSIONS, json=envelope([]))
        network.post(f"{BASE}/commands/START_SESSION", body=requests.ReadTimeout())
        for _ in range(2):
            ask(party)
            start(party)
        return party

    def test_answers_of_lists_and_versions_do_not_make_up_for_them(self, hanging, network, told):
        Circuit.objects.update(probe_at=timezone.now())
        assert (silent_peers.probe(), ask(hanging)) == (0, "answered")
        Circuit.objects.update(probe_at=timezone.now() + timedelta(seconds=60))

        start(hanging)

        assert (told[-1], ask(hanging)) == (("START_SESSION", "FAILED", "CPO_UNREACHABLE"), "answered")
        assert silent_peers.is_left_alone(hanging)

    def test_after_the_pause_the_next_command_finds_out(self, hanging, network):
        Circuit.objects.update(probe_at=timezone.now())
        start(hanging)
        assert (circuits.of(hanging.connection.partner).pause_s, silent_peers.is_left_alone(hanging)) == (4, True)

        network.replace("POST", f"{BASE}/commands/START_SESSION", json=envelope({"result": "ACCEPTED", "timeout": 30}))
        Circuit.objects.update(probe_at=timezone.now())
        start(hanging)

        assert circuits.of(hanging.connection.partner).opened_at is None

    def test_when_its_lists_fail_too_its_versions_are_asked_for_again(self, hanging, network):
        network.replace("GET", LOCATIONS, status=500)
        ask(hanging)
        Circuit.objects.update(probe_at=timezone.now())

        assert silent_peers.probe() == 1

        assert circuits.of(hanging.connection.partner).opened_at is None


class TestComingBack:
    def test_when_the_pause_is_over_its_versions_are_asked_for(self, party, network):
        leave_alone(party, pause_s=0)
        network.get(VERSIONS, json=envelope([]))

        assert silent_peers.probe() == 1
        assert silent_peers.probe() == 0

        assert not silent_peers.is_left_alone(party)
        assert [call.request.url for call in network.calls] == [VERSIONS]

    def test_one_that_still_does_not_answer_is_left_alone_for_longer(self, party, network):
        leave_alone(party, pause_s=0)
        network.get(VERSIONS, status=502)

        silent_peers.probe()

        row = circuits.of(party.connection.partner)
        assert (row.pause_s, row.failures, silent_peers.is_left_alone(party)) == (16, 6, True)

    def test_nobody_is_asked_before_the_pause_is_over_or_who_is_not_registered(self, party, network):
        circuit = leave_alone(party, pause_s=60)
        assert silent_peers.probe() == 0
        Circuit.objects.filter(pk=circuit.pk).update(probe_at=timezone.now())
        Connection.objects.update(status="UNREGISTERED")
        assert silent_peers.probe() == 0

    def test_its_end_ends_the_circuit_and_it_is_told_of_it_all_the_same(self, party, network):
        leave_alone(party)
        network.delete(f"{BASE}/credentials", status=500)
        with pytest.raises(PeerError, match="HTTP 500"):
            OcpiClient(party.connection).delete_credentials(f"{BASE}/credentials")
        with pytest.raises(LeftAlone):
            OcpiClient(party.connection).put_credentials(f"{BASE}/credentials", {})

        credentials.forget_tokens(party.connection)

        assert circuits.of(party.connection.partner).opened_at is None
