"""What a complete crawl did not see is gone; anything less removes nothing (ocpi.md 1.8, checklist 89, 90)."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.models import Location, Party, SyncState
from ocpi.services import pull_gone, pulls
from ocpi.services.locations import store_locations
from ocpi.signals import locations_stored
from tests.ocpi.cpo import Listing, envelope, location, make_party

pytestmark = pytest.mark.django_db


@pytest.fixture
def party():
    """A CPO of which we hold L1 to L4, seen an hour ago."""
    party = make_party()
    seen_at = timezone.now() - timedelta(hours=1)
    store_locations(party, [location(f"L{number}") for number in range(1, 5)], received_at=seen_at)
    now = timezone.now()
    SyncState.objects.create(
        connection=party.connection, module="locations", full_wanted=False, last_full_at=now, high_water_at=now
    )
    return party


@pytest.fixture
def stored():
    """Ids of the locations that locations_stored told of."""
    news = []

    def hear(location_ids, **kwargs):
        news.append([row.ocpi_id for row in Location.objects.filter(pk__in=location_ids).order_by("pk")])

    locations_stored.connect(hear)
    yield news
    locations_stored.disconnect(hear)


def pull(party, *, full=True, **more):
    return pulls.pull_module(party.connection, "locations", full=full, sleep=lambda seconds: None, **more)


def gone():
    return sorted(Location.objects.filter(gone_at__isnull=False).values_list("ocpi_id", flat=True))


def test_a_complete_full_crawl_marks_what_it_did_not_see(network, party, stored):
    Listing(network, "locations", [location("L1"), location("L3"), location("L5")])

    report = pull(party)

    assert (report.gone, gone()) == (2, ["L2", "L4"])
    assert Location.objects.count() == 5
    assert stored[-1] == ["L2", "L4"]
    assert timezone.now() - Location.objects.get(ocpi_id="L2").gone_at < timedelta(seconds=30)


def test_what_is_gone_already_is_not_told_again(network, party, stored):
    Listing(network, "locations", [location("L1")])
    pull(party)
    stored.clear()

    assert pull(party).gone == 0
    assert stored == []


def test_a_location_that_comes_back_is_not_gone_any_more(network, party):
    listed = Listing(network, "locations", [location("L1")])
    pull(party)
    assert gone() == ["L2", "L3", "L4"]

    listed.objects.append(location("L2"))
    pull(party)

    assert gone() == ["L3", "L4"]


def test_a_pull_of_changes_marks_nothing(network, party):
    listed = Listing(network, "locations", [])

    report = pull(party, full=False)

    assert (report.full, report.error, gone()) == (False, "", [])
    assert "date_from" in listed.asked[0]


def test_a_crawl_that_breaks_off_marks_nothing_and_stays_to_be_done(network, party):
    listed = Listing(network, "locations", [location("L1"), location("L2"), location("L3")])
    listed.faults = [None, *[(500, {}, json.dumps(envelope(code=3000)))] * 3]

    assert pull(party).error == "HTTP 500: said"
    assert gone() == []

    assert pull(party, full=False).full is True
    assert gone() == ["L4"]


@pytest.mark.parametrize(
    ("total", "marked"),
    [(None, ["L4"]), ("none", ["L4"]), (4, []), (3, ["L4"]), (2, ["L4"])],
)
def test_fewer_objects_than_the_peer_counts_mark_nothing(network, party, total, marked):
    """A total below what was read counts something else and is passed over (T11)."""
    Listing(network, "locations", [location("L1"), location("L2"), location("L3")], total=total)

    assert pull(party).error == ""
    assert gone() == marked


def test_an_object_that_came_twice_does_not_stand_for_one_that_was_missed(network, party):
    Listing(network, "locations", [location("L1"), location("L2"), location("L2"), location("L3")], total=4)

    assert pull(party).objects == 4
    assert gone() == []


@pytest.mark.parametrize(("total", "marked"), [(None, ["L1", "L2", "L3", "L4"]), ("none", [])])
def test_an_empty_list_counts_only_when_the_peer_says_that_there_is_nothing(network, party, total, marked):
    Listing(network, "locations", [], total=total)

    assert pull(party).error == ""
    assert gone() == marked


def test_a_location_that_cannot_be_read_any_more_is_not_gone(network, party):
    broken = location("L2")
    del broken["coordinates"]
    new_and_broken = location("L9") | {"coordinates": None}
    Listing(network, "locations", [location("L1"), broken, location("L3"), new_and_broken])

    report = pull(party)

    assert (report.parked, gone()) == (2, ["L4"])


def test_locations_of_other_connections_and_of_parties_switched_off_are_left_alone(network, party):
    hour_ago = timezone.now() - timedelta(hours=1)
    store_locations(make_party("OTHER"), [location("X1")], received_at=hour_ago)
    off = Party.objects.create(
        connection=party.connection, country_code="IN", party_id="OFF", name="Off", provider_id="off"
    )
    store_locations(off, [location("Y1", party_id="OFF")], received_at=hour_ago)
    Party.objects.filter(pk=off.pk).update(active=False)
    Listing(network, "locations", [location("L1"), location("Y1", party_id="OFF")])

    report = pull(party)

    assert (report.skipped, gone()) == (1, ["L2", "L3", "L4"])


def test_what_is_pushed_during_the_crawl_is_not_gone(network, party):
    def push(report):
        store_locations(party, [location("L4")], received_at=timezone.now())

    Listing(network, "locations", [location("L1"), location("L2"), location("L3")], total="none")

    pull(party, watch=push)

    assert gone() == []


def test_many_are_marked_batch_by_batch(network, party, stored, monkeypatch):
    monkeypatch.setattr(pull_gone, "BATCH", 2)
    Listing(network, "locations", [location("L1")])

    assert pull(party).gone == 3
    assert stored[-2:] == [["L2", "L3"], ["L4"]]


def test_a_wish_for_a_full_pull_that_comes_during_one_is_kept(network, party):
    def wish(report):
        SyncState.objects.update(full_wanted=True)

    Listing(network, "locations", [location("L1")])

    pull(party, watch=wish)

    assert SyncState.objects.get().full_wanted is True
