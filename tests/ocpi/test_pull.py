"""Pulls bring what a CPO lists into our tables (ocpi.md 1.8, design.md §5, checklist 87, 88, 90-92)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DataError
from django.utils import timezone

from ocpi.models import Location, ParkedObject, Party, Session, SyncState, Tariff
from ocpi.services import pull_pages, pulls
from tests.ocpi.cpo import Listing, envelope, location, make_party, session, tariff

pytestmark = pytest.mark.django_db
NEWEST = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
def party():
    return make_party()


def pull(party, module, **more):
    return pulls.pull_module(party.connection, module, **{"sleep": no_sleep} | more)


def no_sleep(seconds):
    """Time does not pass in tests."""


def five(**more):
    return [location(f"L{number}", **more) for number in range(1, 6)]


def test_all_pages_are_stored_and_counted(network, party):
    Listing(network, "locations", five(evses=2))

    report = pull(party, "locations")

    assert sorted(Location.objects.values_list("ocpi_id", flat=True)) == ["L1", "L2", "L3", "L4", "L5"]
    assert (report.pages, report.objects, report.total, report.stored, report.parked) == (3, 5, 5, 5, 0)
    assert (report.full, report.offered, report.busy, report.error, report.gone) == (True, True, False, "", 0)
    state = SyncState.objects.get()
    assert (state.stored, state.parked, state.error, state.full_wanted) == (5, 0, "", False)
    assert state.last_full_at == state.last_complete_at
    assert state.running_until is None


def test_the_token_stays_at_the_host_of_the_module(network, party):
    Listing(network, "locations", five(), host="http://internal:8080")

    assert pull(party, "locations").stored == 5

    assert {call.request.url.split("/ocpi")[0] for call in network.calls} == {"https://cpo.example"}


def test_modules_are_read_in_an_order_in_which_prices_come_first(network, party):
    lists = {name: Listing(network, name, []) for name in ("cdrs", "locations", "sessions", "tariffs")}
    lists["tariffs"].objects = [tariff("T1")]
    lists["sessions"].objects = [session("S1", last_updated="2030-01-01T00:00:00Z")]

    reports = pulls.pull_connection(party.connection, sleep=no_sleep)

    assert [call.request.url.split("?")[0].rsplit("/", 1)[1] for call in network.calls] == [
        "tariffs", "locations", "sessions", "cdrs",
    ]
    assert [(report.module, report.stored) for report in reports] == [
        ("tariffs", 1), ("locations", 0), ("sessions", 1), ("cdrs", 0),
    ]
    assert (Tariff.objects.get().ocpi_id, Session.objects.get().ocpi_id) == ("T1", "S1")


# What changed since

def test_the_next_pull_asks_from_the_newest_seen_less_an_overlap(network, party):
    rows = [location("L1"), location("L2", last_updated="2026-03-01T12:30:00Z")]
    listed = Listing(network, "locations", rows, size=10)

    pull(party, "locations")
    assert SyncState.objects.get().high_water_at == NEWEST
    listed.objects.append(location("L3", last_updated="2026-03-01T12:20:00Z"))
    report = pull(party, "locations")

    assert listed.asked == [{"limit": "200"}, {"date_from": "2026-03-01T12:20:00Z", "limit": "200"}]
    assert (report.full, report.objects, report.stored) == (False, 2, 2)
    assert SyncState.objects.get().high_water_at == NEWEST


def test_a_newest_moment_in_the_future_is_taken_as_now(network, party):
    Listing(network, "locations", [location("L1", last_updated="2099-01-01T00:00:00Z")])

    pull(party, "locations")

    assert timezone.now() - SyncState.objects.get().high_water_at < timedelta(seconds=30)


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
@pytest.mark.parametrize("full", [True, False])
def test_sessions_and_cdrs_are_asked_for_thirty_days_back_at_first(network, party, module, full):
    listed = Listing(network, module, [])

    pull(party, module, full=full)

    (query,) = listed.asked
    asked = datetime.strptime(query["date_from"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=30) <= timezone.now() - asked < timedelta(days=30, seconds=30)


def test_sessions_are_asked_for_from_the_newest_seen_afterwards(network, party):
    now = timezone.now().replace(microsecond=0)
    SyncState.objects.create(
        connection=party.connection, module="sessions", high_water_at=now, full_wanted=False, last_full_at=now
    )
    listed = Listing(network, "sessions", [])

    pull(party, "sessions")

    expected = (now - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert listed.asked == [{"date_from": expected, "limit": "200"}]


def test_the_page_size_is_the_connections(network, party):
    party.connection.page_limit = 50
    listed = Listing(network, "tariffs", [])

    pull(party, "tariffs")

    assert listed.asked == [{"limit": "50"}]


# Objects that cannot be stored

def test_one_bad_object_is_parked_and_the_rest_of_its_page_is_stored(network, party):
    bad = location("L2")
    del bad["coordinates"]
    listed = Listing(network, "locations", [location("L1"), bad, location("L3"), "no object"], size=4)

    report = pull(party, "locations")

    assert (report.objects, report.stored, report.parked, report.error) == (4, 2, 2, "")
    kept = ParkedObject.objects.get(ocpi_id="L2")
    assert (kept.module, kept.reason, kept.resolved_at) == ("locations", "coordinates: required, but missing", None)
    assert kept.raw == bad

    listed.objects = [location("L2")]
    pull(party, "locations", full=True)
    kept.refresh_from_db()
    assert kept.resolved_at is not None


def test_objects_of_several_parties_land_under_their_own(network, party):
    other = Party.objects.create(
        connection=party.connection, country_code="in", party_id="two", name="Two", provider_id="two"
    )
    closed = Party.objects.create(
        connection=party.connection, country_code="IN", party_id="OFF", name="Off", provider_id="off",
        active=False,
    )
    rows = [location("L1"), location("L2", party_id="TWO"), location("L3", party_id="FAR"), location("L4", party_id="OFF")]
    Listing(network, "locations", rows, size=10)

    report = pull(party, "locations")

    assert [row.ocpi_id for row in party.locations.all()] == ["L1"]
    assert [row.ocpi_id for row in other.locations.all()] == ["L2"]
    assert closed.locations.count() == 0
    assert (report.stored, report.parked, report.skipped) == (2, 1, 1)
    assert ParkedObject.objects.get().reason == "its party IN-FAR is none of this connection's"


def test_a_hub_may_bring_objects_of_any_party(network, party):
    party.connection.is_hub = True
    party.connection.save()
    Listing(network, "locations", [location("L1", party_id="NEW")])

    assert pull(party, "locations").stored == 1
    assert Location.objects.get().party.party_id == "NEW"


def test_an_object_that_the_database_does_not_take_is_parked_alone(network, party, monkeypatch):
    store = pull_pages.STORES["locations"]

    def pick(party, objects, *, received_at):
        if any(given["id"] == "L2" for given in objects):
            raise DataError("value out of range")
        return store(party, objects, received_at=received_at)

    monkeypatch.setitem(pull_pages.STORES, "locations", pick)
    Listing(network, "locations", [location("L1"), location("L2"), location("L3")], size=10)

    report = pull(party, "locations")

    assert (report.stored, report.parked, report.error) == (2, 1, "")
    kept = ParkedObject.objects.get()
    assert (kept.ocpi_id, kept.reason) == ("L2", "the database does not take it")


def test_a_party_id_that_is_no_text_for_a_database_is_parked(network, party):
    Listing(network, "locations", [location("L1", party_id="C\x00PO\n"), location("L2", party_id="\x00")])

    assert pull(party, "locations").parked == 2


def test_an_object_that_does_not_name_its_party_is_parked(network, party):
    anonymous = location("L1")
    del anonymous["country_code"], anonymous["party_id"]
    Listing(network, "locations", [anonymous])

    report = pull(party, "locations")

    assert (report.stored, report.parked) == (0, 1)
    assert ParkedObject.objects.get().reason == "it does not name its party"


# Pages that fail

def test_a_page_that_fails_is_read_again_and_the_crawl_goes_on_from_it(network, party):
    listed, waits = Listing(network, "locations", five()), []
    listed.faults = [
        None, (429, {"Retry-After": "7"}, ""), (200, {}, '{"data": [{"id'), None, (500, {}, "{}"),
    ]

    report = pull(party, "locations", sleep=waits.append)

    assert (report.stored, report.error) == (5, "")
    assert waits == [7.0, 4.0, 1.0]
    assert [query.get("offset", "0") for query in listed.asked] == ["0", "2", "2", "2", "4", "4"]


def test_what_came_before_a_page_that_cannot_be_read_stays_and_the_mark_does_not_move(network, party):
    listed = Listing(network, "locations", five())
    listed.faults = [None, *[(503, {}, json.dumps(envelope(code=3000)))] * 3]

    report = pull(party, "locations")

    assert (report.error, report.stored) == ("HTTP 503: said", 2)
    assert Location.objects.count() == 2
    state = SyncState.objects.get()
    assert (state.error, state.high_water_at, state.last_complete_at) == ("HTTP 503: said", None, None)
    assert state.running_until is None

    assert pull(party, "locations").stored == 5


def test_a_module_that_the_peer_lacks_is_no_error(network, party):
    party.connection.endpoints = []

    report = pull(party, "cdrs")

    assert (report.offered, report.error, report.pages) == (False, "", 0)
    assert SyncState.objects.get().error == ""


def test_a_peer_that_is_not_registered_is_not_called(network, party):
    party.connection.status = "UNREGISTERED"

    assert pull(party, "locations").error == "the peer is not registered"
    assert (len(network.calls), SyncState.objects.count()) == (0, 0)
