"""PATCH of locations, EVSEs and connectors (ocpi.md §7, rows 35-43; ocpi.md 1.9)."""

import pytest

from catalog.models import Offer
from ocpi.models import Connection, Connector, Evse, Location
from tests.factories.ocpi import connector_body, evse_body, location_body
from tests.ocpi.conftest import at

LOC = at("locations", "LOC-1")
EVSE = at("locations", "LOC-1", "EVSE-1")
PLUG = at("locations", "LOC-1", "EVSE-1", "1")
LATER, STILL_LATER, EARLIER = "2026-03-01T09:00:00.250Z", "2026-03-01T10:00:00Z", "2026-03-01T07:59:59Z"


@pytest.fixture
def stored(cpo, woken):
    assert cpo.put(LOC, location_body()).said == (201, 1000)
    return cpo


def test_a_status_raises_its_location_and_is_in_its_offer(stored, news):
    answer = stored.patch(EVSE, {"status": "CHARGING", "last_updated": LATER})

    assert answer.said == (200, 1000)
    assert "data" not in answer.body
    got = stored.get(LOC).data
    assert got["evses"][0]["status"] == "CHARGING"
    assert got["evses"][0]["last_updated"] == got["last_updated"] == LATER
    assert got["evses"][0]["connectors"] == [connector_body()]
    assert list(Offer.objects.values_list("status", "listed")) == [("CHARGING", True)]
    assert news == []  # what follows a status is written with it


def test_an_older_status_changes_nothing_and_an_equal_one_counts(stored):
    stored.patch(EVSE, {"status": "CHARGING", "last_updated": LATER})

    assert stored.patch(EVSE, {"status": "OUTOFORDER", "last_updated": EARLIER}).said == (200, 1000)
    assert Evse.objects.get().status == "CHARGING"
    assert stored.patch(EVSE, {"status": "AVAILABLE", "last_updated": LATER}).said == (200, 1000)
    assert Evse.objects.get().status == "AVAILABLE"
    assert stored.patch(EVSE, {"status": "AVAILABLE", "last_updated": STILL_LATER}).said == (200, 1000)
    assert Evse.objects.get().raw["last_updated"] == STILL_LATER


def test_an_older_status_counts_where_the_order_is_not_checked(stored):
    Connection.objects.update(check_last_updated=False)

    assert stored.patch(EVSE, {"status": "CHARGING", "last_updated": EARLIER}).said == (200, 1000)
    assert Evse.objects.get().status == "CHARGING"
    assert stored.get(LOC).data["last_updated"] == "2026-03-01T08:00:00Z"


def test_levels_are_compared_each_by_itself(stored):
    """A connector's later change does not make its EVSE's own earlier news too old."""
    stored.patch(PLUG, {"max_amperage": 60, "last_updated": STILL_LATER})

    assert stored.patch(EVSE, {"status": "CHARGING", "last_updated": LATER}).said == (200, 1000)
    assert Evse.objects.get().status == "CHARGING"
    assert stored.get(EVSE).data["last_updated"] == STILL_LATER
    assert stored.patch(LOC, {"name": "Renamed", "last_updated": LATER}).said == (200, 1000)
    assert stored.get(LOC).data["name"] == "Renamed"
    assert stored.put(LOC, location_body(last_updated=LATER)).said == (200, 1000)
    assert Evse.objects.get().status == "CHARGING"
    assert Connector.objects.get().max_amperage_a == 60


@pytest.mark.parametrize("url", [LOC, EVSE, PLUG])
@pytest.mark.parametrize("moment", [{}, {"last_updated": None}, {"last_updated": "soon"}])
def test_a_patch_must_say_when(stored, url, moment):
    answer = stored.patch(url, {"status": "CHARGING", "name": "x"} | moment)

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith("last_updated: ")
    assert stored.get(LOC).data == location_body()


def test_a_lenient_peer_need_not_say_when(stored):
    Connection.objects.update(lenient_patch=True)

    assert stored.patch(EVSE, {"status": "CHARGING"}).said == (200, 1000)
    assert Evse.objects.get().status == "CHARGING"
    assert stored.get(EVSE).data["last_updated"] > "2026-03-01T08:00:00Z"


@pytest.mark.parametrize("segments", [("NOPE",), ("LOC-1", "NOPE"), ("LOC-1", "EVSE-1", "NOPE"), ("LOC-1", "N", "1")])
def test_a_patch_of_something_unknown_is_404_and_has_the_location_fetched(stored, woken, news, segments):
    answer = stored.patch(at("locations", *segments), {"status": "CHARGING", "last_updated": LATER})

    assert answer.said == (404, 2003)
    assert woken == [("fetch_location", (stored.party.pk, segments[0]))]
    assert news == []


def test_a_removed_evse_is_hidden_but_readable_and_may_come_back(stored, news):
    told = [("locations_stored", {"location_ids": [Location.objects.get().pk]})]

    assert stored.patch(EVSE, {"status": "REMOVED", "last_updated": LATER}).said == (200, 1000)

    assert stored.get(EVSE).data["status"] == "REMOVED"
    assert stored.get(LOC).data["evses"][0]["status"] == "REMOVED"
    assert news == told
    assert list(Offer.objects.values_list("status", "listed")) == [("REMOVED", False)]
    assert stored.patch(EVSE, {"status": "AVAILABLE", "last_updated": STILL_LATER}).said == (200, 1000)
    assert news == told * 2
    assert list(Offer.objects.values_list("status", "listed")) == [("AVAILABLE", True)]


def test_a_name_alone_leaves_the_rest(stored, news):
    assert stored.patch(LOC, {"name": "Renamed", "last_updated": LATER}).said == (200, 1000)

    assert stored.get(LOC).data == location_body(name="Renamed", last_updated=LATER)
    assert Location.objects.get().name == "Renamed"
    assert news == [("locations_stored", {"location_ids": [Location.objects.get().pk]})]


def test_null_empties_an_optional_field_and_absent_does_not(stored):
    assert stored.patch(LOC, {"name": None, "last_updated": LATER}).said == (200, 1000)

    got = stored.get(LOC).data
    assert "name" not in got
    assert got["postal_code"] == "110001"
    assert Location.objects.get().name == ""


@pytest.mark.parametrize(("url", "change", "path"), [
    (LOC, {"address": None}, "address"), (LOC, {"coordinates": {"latitude": "x"}}, "coordinates.latitude"),
    (EVSE, {"status": None}, "status"), (EVSE, {"status": ["AVAILABLE"]}, "status"),
    (EVSE, {"connectors": [{"id": "1"}]}, "connectors[0].standard"),
    (EVSE, {"connectors": []}, "connectors"),
    (PLUG, {"max_voltage": None}, "max_voltage"), (PLUG, {"max_voltage": "much"}, "max_voltage"),
    (EVSE, {"uid": "OTHER"}, "uid"), (PLUG, {"id": "OTHER"}, "id"), (LOC, {"party_id": "XYZ"}, "party_id"),
    (LOC, {"evses": [{"uid": "E9"}]}, "evses[0].status"),
])
def test_a_wrong_required_field_is_2001_and_changes_nothing(stored, url, change, path, news):
    answer = stored.patch(url, change | {"last_updated": LATER})

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{path}: ")
    assert stored.get(LOC).data == location_body()
    assert news == []


def test_a_wrong_optional_field_is_left_out_and_the_rest_counts(stored):
    change = {"energy_mix": "green", "name": "Renamed", "last_updated": LATER}

    assert stored.patch(LOC, change).said == (200, 1000)
    assert "energy_mix" not in stored.get(LOC).data
    assert stored.get(LOC).data["name"] == "Renamed"


def test_ids_may_be_repeated_in_a_patch_in_any_case(stored):
    change = {"id": "loc-1", "country_code": "in", "party_id": "CPA", "name": "N", "last_updated": LATER}

    assert stored.patch(LOC, change).said == (200, 1000)
    assert stored.get(LOC).data["id"] == "LOC-1"
    assert stored.patch(EVSE, {"uid": "evse-1", "status": "BLOCKED", "last_updated": LATER}).said == (200, 1000)
    assert stored.get(EVSE).data["uid"] == "EVSE-1"


def test_connectors_in_a_patch_replace_the_list(stored):
    plug = connector_body(id="2", standard="CHADEMO")

    assert stored.patch(EVSE, {"connectors": [plug], "last_updated": LATER}).said == (200, 1000)

    assert stored.get(EVSE).data["connectors"] == [plug]
    assert Connector.objects.get(ocpi_id="1").removed is True


def test_evses_in_a_patch_replace_the_list(stored):
    other = evse_body(uid="EVSE-2")

    assert stored.patch(LOC, {"evses": [other], "last_updated": LATER}).said == (200, 1000)

    assert dict(Evse.objects.values_list("uid", "status")) == {"EVSE-1": "REMOVED", "EVSE-2": "AVAILABLE"}
    assert stored.get(LOC).data["name"] == "Connaught Place"


def test_other_fields_of_an_evse_are_patched_too(stored, news):
    change = {"physical_reference": "Bay 9", "x_new": {"a": 1}, "capabilities": None, "last_updated": LATER}

    assert stored.patch(EVSE, change).said == (200, 1000)

    got = stored.get(EVSE).data
    assert (got["physical_reference"], got["x_new"], got["connectors"]) == ("Bay 9", {"a": 1}, [connector_body()])
    assert "capabilities" not in got
    assert (Evse.objects.get().physical_reference, Evse.objects.get().capabilities) == ("Bay 9", [])
    assert news == [("locations_stored", {"location_ids": [Location.objects.get().pk]})]


def test_a_status_brings_a_location_back_that_was_gone(stored, news):
    Location.objects.update(gone_at="2026-03-02T00:00:00Z")

    stored.patch(EVSE, {"status": "AVAILABLE", "last_updated": EARLIER.replace("07:59:59", "08:00:00")})

    assert Location.objects.get().gone_at is None
    assert news == [("locations_stored", {"location_ids": [Location.objects.get().pk]})]


def test_parallel_pushes_to_one_location_lose_nothing(stored):
    """Whoever changes something below a location holds its row; a whole PUT waits for a status and reverse."""
    stored.patch(EVSE, {"status": "CHARGING", "last_updated": STILL_LATER})
    stored.put(LOC, location_body(last_updated=LATER, name="Renamed"))

    assert stored.get(LOC).data["name"] == "Renamed"
    assert stored.get(EVSE).data["status"] == "CHARGING"
