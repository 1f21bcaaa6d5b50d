"""Single objects are read at their CPO when somebody spoke of them (ocpi.md T31, T52, checklist 37, 55, 57)."""

import pytest

from ocpi import tasks
from ocpi.models import Location, ParkedObject, Session
from ocpi.services import pull_objects
from tests.ocpi.cpo import BASE, envelope, location, make_party, session

pytestmark = pytest.mark.django_db


@pytest.fixture
def party():
    return make_party()


@pytest.fixture
def woken(monkeypatch):
    """Wake-ups as (task, arguments)."""
    calls = []
    monkeypatch.setattr(pull_objects, "wake", lambda task, *args: calls.append((task.name, args)))
    return calls


def test_a_location_is_read_and_stored_with_all_below_it(network, party):
    network.get(f"{BASE}/locations/L%2F1", json=envelope(location("L/1", evses=2)))

    tasks.fetch_location(party.pk, "L/1")

    assert Location.objects.get().evses.count() == 2
    assert network.calls[0].request.headers["OCPI-to-party-id"] == "CPO"


@pytest.mark.parametrize(
    "answer",
    [
        {"json": envelope(code=2003), "status": 404},
        {"body": "<html>", "status": 500},
        {"json": envelope(location("L2"))},
    ],
)
def test_a_location_that_the_cpo_does_not_give_changes_nothing(network, party, answer):
    network.get(f"{BASE}/locations/L1", **answer)

    assert pull_objects.fetch_location(party, "L1") is False
    assert (Location.objects.count(), ParkedObject.objects.count()) == (0, 0)


def test_a_location_that_cannot_be_read_is_parked(network, party):
    network.get(f"{BASE}/locations/L1", json=envelope(location("L1", coordinates=None)))

    assert pull_objects.fetch_location(party, "L1") is False
    assert ParkedObject.objects.get().ocpi_id == "L1"


def test_a_session_is_read_where_the_cpo_gives_single_ones(network, party, woken):
    network.get(f"{BASE}/sessions/S1", json=envelope([session("S1")]))

    tasks.fetch_session(party.pk, "S1")

    assert Session.objects.get().ocpi_id == "S1"
    assert ("ocpi.tasks.pull_module", (party.connection_id, "sessions")) not in woken


def test_else_the_sessions_that_changed_are_pulled(network, party, woken):
    network.get(f"{BASE}/sessions/S1", json=envelope(code=2000), status=405)

    assert pull_objects.fetch_session(party, "S1") is False

    assert woken == [("ocpi.tasks.pull_module", (party.connection_id, "sessions"))]


def test_nobody_is_called_for_a_party_that_is_not_there_or_not_registered(network, party):
    party.connection.status = "UNREGISTERED"
    party.connection.save()

    tasks.fetch_location(party.pk, "L1")
    tasks.fetch_location(0, "L1")
    tasks.fetch_session(0, "S1")
    tasks.pull_module(0, "sessions")

    assert len(network.calls) == 0
