"""Parked objects that staff mend: stored by the same service, or parked with the new reason; what was done is kept."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse
from django.utils import timezone

from ocpi.models import Location, ParkedObject, ParkedRetry, Session, SyncState
from ocpi.services import pulls
from ocpi.services.parked_retries import NOT_AN_OBJECT, SWITCHED_OFF, retry
from ocpi.services.pull_schedule import next_due_at
from tests.factories.price_book import staff
from tests.ocpi.cpo import Listing, location, make_party, session

pytestmark = pytest.mark.django_db
BROKEN = location("L1") | {"coordinates": {"latitude": "north", "longitude": "77.5"}}
MENDED = location("L1")


@pytest.fixture
def cpo_party():
    return make_party("CPO")


def park(party, raw=BROKEN, *, module="locations", ocpi_id="L1"):
    return ParkedObject.objects.create(
        connection=party.connection, module=module, ocpi_id=ocpi_id, reason="it was wrong", raw=raw,
        last_seen_at=timezone.now(),
    )  # fmt: skip


def test_a_mended_object_is_stored_and_leaves_the_quarantine(cpo_party):
    parked = park(cpo_party)
    done = retry(parked, MENDED, by=staff())
    parked.refresh_from_db()
    assert (done.outcome, done.by_name, parked.resolved_at is None) == ("", "ana", False)
    assert (done.before["coordinates"]["latitude"], done.tried["coordinates"]["latitude"]) == ("north", "12.971599")
    assert Location.objects.get().ocpi_id == "L1"


def test_a_refusal_keeps_what_was_tried_with_the_new_reason(cpo_party):
    parked = park(cpo_party)
    done = retry(parked, MENDED | {"coordinates": None}, by=staff())
    parked.refresh_from_db()
    assert done.outcome == parked.reason == "coordinates: required, but missing"
    assert (parked.resolved_at, parked.raw["coordinates"]) == (None, None)
    assert not Location.objects.exists()


def test_a_new_id_that_is_refused_too_leaves_one_parked_object(cpo_party):
    parked = park(cpo_party)
    retry(parked, BROKEN | {"id": "L2"}, by=staff())
    assert ParkedObject.objects.get().pk == parked.pk


def test_what_cannot_be_stored_at_all_says_so(cpo_party):
    parked = park(cpo_party)
    assert retry(parked, [1], by=staff()).outcome == NOT_AN_OBJECT
    cpo_party.active = False
    cpo_party.save()
    assert retry(parked, MENDED, by=staff()).outcome == SWITCHED_OFF


def test_what_was_masked_stays_as_it_was(cpo_party, client):
    raw = session("S1", kwh="much") | {"cdr_token": session("S1")["cdr_token"] | {"email": "driver@example.com"}}
    parked = park(cpo_party, raw, module="sessions", ocpi_id="S1")
    client.force_login(staff())
    url = reverse("admin:ocpi_parkedobject_mend", args=[parked.pk])
    page = client.get(url)
    assert "driver@example.com" not in page.content.decode()
    text = page.context["form"].initial["text"].replace('"much"', "1.5")
    assert client.post(url, {"text": text}).status_code == 302
    row = Session.objects.get()
    assert (row.raw["cdr_token"]["email"], row.energy_kwh) == ("driver@example.com", Decimal("1.5"))


def test_the_page_bears_what_is_no_json_and_asks_for_a_right(cpo_party, client):
    url = reverse("admin:ocpi_parkedobject_mend", args=[park(cpo_party).pk])
    person = User.objects.create(username="few-rights", is_staff=True)
    client.force_login(person)
    assert client.get(url).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="change_parkedobject"))
    answer = client.post(url, {"text": "{"})
    assert answer.status_code == 200 and "This is not JSON" in answer.content.decode()
    assert not ParkedRetry.objects.exists()


def test_a_pull_writes_down_how_far_it_is(cpo_party, network):
    Listing(network, "locations", [location(f"L{number}") for number in range(5)])
    seen = []

    def watch(report):
        seen.append(SyncState.objects.values_list("run_objects", "run_total").get())

    pulls.pull_module(cpo_party.connection, "locations", watch=watch)
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_when_a_module_is_due_next(cpo_party, settings):
    settings.OCPI_PULL_EVERY_S = 300
    now = timezone.now()
    state = SyncState(connection=cpo_party.connection, module="tariffs", full_wanted=False, last_run_at=now)
    assert (next_due_at(state) - now).total_seconds() == 300
    state.full_wanted = True
    assert next_due_at(state) is None and next_due_at(None) is None
