"""Pushes at the same moment: nothing is lost, nothing is there twice, nothing deadlocks."""

import threading

import pytest
from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from catalog.models import Offer
from ocpi.models import Cdr, Connection, Evse, IncomingToken, Location, Session, Tariff, TariffVersion
from ocpi.services import registration
from ocpi.services.location_inserts import insert_locations
from ocpi.services.locations import store_locations
from tests.factories.ocpi import (
    CpoFactory,
    IncomingTokenFactory,
    cdr_body,
    connector_body,
    evse_body,
    location_body,
    session_body,
    tariff_body,
)
from tests.ocpi.conftest import TOKEN, Caller, at
from tests.ocpi.test_credentials import serve, theirs
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def caller(woken):
    """A caller for each thread, all of one CPO."""
    party = CpoFactory()
    IncomingTokenFactory(connection=party.connection, text=TOKEN)
    return lambda: Caller(TOKEN, party)


@pytest.mark.parametrize(("method", "url", "body", "model"), [
    ("PUT", at("locations", "LOC-1"), location_body(), Location),
    ("PUT", at("tariffs", "T-1"), tariff_body(), Tariff),
    ("PUT", at("sessions", "S-1"), session_body(), Session),
    ("POST", at("cdrs", owner=()), cdr_body(), Cdr),
])
def test_the_same_new_object_at_once_is_stored_once(caller, method, url, body, model):
    answers = at_once(*(lambda: caller().call(method, url, body) for _ in range(4)))

    assert sorted(answer.said for answer in answers) == [(200, 1000)] * 3 + [(201, 1000)]
    assert model.objects.count() == 1
    assert len({answer.headers.get("Location") for answer in answers}) == 1
    assert TariffVersion.objects.count() == (model is Tariff)


def test_a_page_takes_what_a_push_brought_meanwhile_as_known(caller, monkeypatch):
    party, calls = caller().party, []
    pushed = location_body(id="LOC-1", name="pushed", last_updated="2026-03-01T09:00:00Z")

    def insert(*given):
        calls.append([node.key for node in given[1]])
        if len(calls) == 1:
            at_once(lambda: caller().put(at("locations", "LOC-1"), pushed))
        return insert_locations(*given)

    monkeypatch.setattr("ocpi.services.location_mirror.insert_locations", insert)
    report = store_locations(party, [location_body(id=f"LOC-{n}") for n in range(3)], received_at=timezone.now())

    assert calls == [["loc-0", "loc-1", "loc-2"], ["loc-1"], ["loc-0", "loc-2"]]
    assert (report.created, report.ignored, len(report.stored_ids)) == (2, 1, 3)
    assert dict(Location.objects.values_list("key", "name"))["loc-1"] == "pushed"
    assert Evse.objects.count() == Offer.objects.count() == 3


def test_statuses_and_whole_locations_at_once_neither_deadlock_nor_get_lost(caller):
    evses = [evse_body(uid=f"E{number}") for number in range(4)]
    caller().put(at("locations", "LOC-1"), location_body(evses=evses))

    def statuses(number):
        peer = caller()
        return [
            peer.patch(
                at("locations", "LOC-1", f"E{number}"),
                {"status": status, "last_updated": f"2026-03-02T09:00:{second:02d}Z"},
            ).said
            for second, status in enumerate(["CHARGING", "AVAILABLE"] * 4 + ["BLOCKED"])
        ]

    def locations():
        peer, body = caller(), location_body(evses=evses)
        return [
            peer.put(
                at("locations", "LOC-1"), body | {"name": f"N{n}", "last_updated": f"2026-03-01T09:00:{n:02d}Z"}
            ).said
            for n in range(8)
        ]

    answers = at_once(*(lambda n=n: statuses(n) for n in range(4)), locations, locations)

    assert {said for said_of_one in answers for said in said_of_one} == {(200, 1000)}
    assert set(Evse.objects.values_list("status", flat=True)) == {"BLOCKED"}
    assert Location.objects.get().name == "N7"
    assert caller().get(at("locations", "LOC-1")).data["last_updated"] == "2026-03-02T09:00:08Z"


def test_a_connector_that_came_while_a_status_waited_has_the_status_too(caller):
    """A status looks at offers when nobody changes the location any more, not when it arrived."""
    peer, url = caller(), at("locations", "LOC-1", "EVSE-1")
    peer.put(at("locations", "LOC-1"), location_body())
    answers = []

    def push():
        answers.append(caller().patch(url, {"status": "CHARGING", "last_updated": "2026-03-02T09:00:00Z"}).said)
        database.close()

    other = threading.Thread(target=push)
    with transaction.atomic():
        plugs = [connector_body(), connector_body(id="2", standard="CHADEMO")]
        peer.put(url, evse_body(connectors=plugs, last_updated="2026-03-01T08:00:00Z"))
        other.start()
        waiting = 0
        while not waiting:
            assert other.is_alive()
            with database.cursor() as cursor:
                cursor.execute("select count(*) from pg_locks where not granted")
                waiting = cursor.fetchone()[0]
    other.join()

    assert answers == [(200, 1000)]
    assert list(Offer.objects.values_list("status", flat=True)) == ["CHARGING", "CHARGING"]


def test_one_token_a_registers_once(woken):
    import responses

    token_a = registration.invite("Peer")
    with responses.RequestsMock(assert_all_requests_are_fired=False) as network:
        serve(network)
        url = at("credentials", owner=())
        answers = at_once(*(lambda: Caller(token_a).post(url, theirs()) for _ in range(3)))

    said = sorted(answer.said for answer in answers)
    assert said[0] == (200, 1000)
    assert set(said[1:]) <= {(401, 2000), (405, 2000)}
    assert IncomingToken.objects.count() == 1
    assert Connection.objects.get().status == "REGISTERED"
