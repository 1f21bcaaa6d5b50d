"""One pull of a module at a time, also over workers that die (design.md §2)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ocpi.models import SyncState
from ocpi.services import pull_lease, pulls
from tests.ocpi.cpo import Listing, location, make_party

pytestmark = pytest.mark.django_db


@pytest.fixture
def party():
    return make_party()


def pull(party, module, **more):
    return pulls.pull_module(party.connection, module, **{"sleep": no_sleep} | more)


def no_sleep(seconds):
    """Time does not pass in tests."""


def five():
    return [location(f"L{number}") for number in range(1, 6)]


def test_two_pulls_of_one_module_do_not_run_together(network, party):
    inner = []

    def look(report):
        inner.append((pull(party, "locations").busy, pull(party, "tariffs").busy))

    Listing(network, "locations", five(), size=5)
    Listing(network, "tariffs", [])

    assert pull(party, "locations", watch=look).busy is False
    assert inner == [(True, False)]
    assert pull(party, "locations").busy is False


def test_a_caller_that_wants_to_wait_goes_on_when_the_other_pull_has_ended(network, party):
    Listing(network, "locations", [])
    lease, _ = pull_lease.Lease.take(party.connection, "locations")
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            lease.release()

    (report,) = pulls.pull_connection(party.connection, modules=["locations"], sleep=sleep, wait_s=10)

    assert (report.busy, report.error, waits) == (False, "", [1.0] * 3)


def test_a_caller_does_not_wait_for_ever(party):
    pull_lease.Lease.take(party.connection, "locations")
    waits = []

    (report,) = pulls.pull_connection(
        party.connection, modules=["locations"], sleep=waits.append, wait_s=2.5
    )

    assert (report.busy, waits) == (True, [1.0] * 3)


def test_the_lease_of_a_pull_that_died_runs_out(network, party):
    Listing(network, "locations", [])
    pull_lease.Lease.take(party.connection, "locations")
    assert pull(party, "locations").busy is True

    SyncState.objects.update(running_until=timezone.now() - timedelta(seconds=1))

    assert pull(party, "locations").busy is False


def test_a_pull_that_was_taken_over_stops(network, party):
    stolen = timezone.now() + timedelta(minutes=5)

    def steal(report):
        SyncState.objects.update(running_until=stolen)

    listed = Listing(network, "locations", five())

    report = pull(party, "locations", watch=steal)

    assert report.error == "another pull of it took over"
    assert len(listed.asked) == 2
    state = SyncState.objects.get()
    assert (state.running_until, state.error, state.last_complete_at) == (stolen, "", None)


def test_a_pull_that_breaks_gives_its_lease_back(network, party):
    def fail(report):
        raise KeyboardInterrupt

    Listing(network, "locations", five())

    with pytest.raises(KeyboardInterrupt):
        pull(party, "locations", watch=fail)

    assert SyncState.objects.get().running_until is None


def test_the_lease_is_kept_while_a_page_is_waited_for(network, party):
    lease, seen = pull_lease.LEASE, []
    listed = Listing(network, "locations", five())
    listed.faults = [(429, {"Retry-After": "60"}, "")]

    def sleep(seconds):
        seen.append(SyncState.objects.get().running_until - timezone.now())

    pull(party, "locations", sleep=sleep)

    assert lease - timedelta(seconds=10) < seen[0] <= lease
    assert lease > timedelta(seconds=60 + 3 + 60)
