"""Locations pushed by a CPO (ocpi.md §7, rows 26-47)."""

from copy import deepcopy
from decimal import Decimal

import pytest

from ocpi.models import Connection, Connector, Evse, Location
from tests.factories.ocpi import connector_body, evse_body, location_body
from tests.ocpi.conftest import at
from tests.shared import fixture

LOC = at("locations", "LOC-1")
EVSE = at("locations", "LOC-1", "EVSE-1")
PLUG = at("locations", "LOC-1", "EVSE-1", "1")


@pytest.fixture
def stored(cpo):
    """The CPO with its location stored."""
    assert cpo.put(LOC, location_body()).said == (201, 1000)
    return cpo


def test_a_new_location_is_201_without_data_and_reads_back_equal(cpo):
    answer = cpo.put(LOC, location_body())

    assert answer.said == (201, 1000)
    assert "data" not in answer.body
    assert cpo.get(LOC).data == location_body()
    assert cpo.put(LOC, location_body()).said == (200, 1000)


def test_the_specs_example_is_stored_and_read_back_at_three_levels(cpo):
    body = fixture("ocpi/2.2.1/location_example.json") | {"country_code": "IN", "party_id": "CPA"}

    assert cpo.put(at("locations", "LOC1"), body).said == (201, 1000)
    assert cpo.get(at("locations", "LOC1")).data == body
    assert cpo.get(at("locations", "LOC1", "3256")).data == body["evses"][0]
    assert cpo.get(at("locations", "LOC1", "3256", "2")).data == body["evses"][0]["connectors"][1]


@pytest.mark.parametrize("name", [
    "location_example_parking_garage_opening_hours", "location_example_uc2_destination_charger",
    "location_example_uc3_destination_charger_not_published", "location_example_uc4_limited_visibility",
    "location_example_uc5_home_charge_point",
])
def test_all_examples_of_the_spec_are_stored(cpo, name):
    body = fixture(f"ocpi/2.2.1/{name}.json") | {"country_code": "IN", "party_id": "CPA"}

    assert cpo.put(at("locations", body["id"]), body).said == (201, 1000)
    assert cpo.get(at("locations", body["id"])).data == body


def test_a_real_operators_location_is_stored(cpo):
    body = fixture("ocpi/thp/thp_locations.json")["data"][0] | {"party_id": "CPA"}

    assert cpo.put(at("locations", body["id"]), body).said == (201, 1000)
    newest = {"last_updated": "2025-08-01T11:27:26.168Z"}  # its EVSE's: the location's own is older (T37)
    assert cpo.get(at("locations", body["id"])).data == body | newest
    assert Evse.objects.filter(status="UNKNOWN").count() == 4
    assert Connector.objects.get(evse__uid="v5bXyAlSr8G6lvUAN1A_1").max_electric_power_w == 15000


def test_columns_hold_what_search_needs(stored):
    location = Location.objects.get()
    connector = Connector.objects.get()

    assert (location.latitude, location.longitude) == (Decimal("28.6304000"), Decimal("77.2177000"))
    assert (location.name, location.time_zone, location.country) == ("Connaught Place", "Asia/Kolkata", "IND")
    assert (location.publish, location.is_green_energy, location.gone_at) == (True, False, None)
    assert Evse.objects.get().capabilities == ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"]
    assert (connector.standard, connector.power_type, connector.format) == ("IEC_62196_T2_COMBO", "DC", "CABLE")
    assert (connector.max_voltage_v, connector.max_amperage_a, connector.max_electric_power_w) == (500, 120, 60000)
    assert connector.tariff_ids == ["T-1"]


@pytest.mark.parametrize(("change", "path"), [
    ({"id": "SOMETHING-ELSE"}, "id"), ({"country_code": "NL"}, "country_code"), ({"party_id": "XYZ"}, "party_id"),
])
def test_a_body_that_contradicts_the_url_is_2001(cpo, change, path):
    answer = cpo.put(LOC, location_body(**change))

    assert answer.said == (200, 2001)
    assert path in answer.body["status_message"]
    assert not Location.objects.exists()


def test_a_difference_in_case_alone_is_none(stored):
    assert stored.get(at("locations", "loc-1", owner=("in", "cpa"))).status == 200
    assert stored.put(at("locations", "loc-1", owner=("in", "cpa")), location_body()).said == (200, 1000)
    assert stored.put(LOC, location_body(id="loc-1", party_id="cpa")).said == (200, 1000)
    assert stored.get(at("locations", "LOC-1", "evse-1")).data["uid"] == "EVSE-1"
    assert Location.objects.get().ocpi_id == "LOC-1"


@pytest.mark.parametrize("name", [
    "country_code", "party_id", "id", "publish", "address", "city", "country", "coordinates", "time_zone",
    "last_updated",
])
def test_a_missing_required_field_is_2001_naming_it(cpo, name):
    answer = cpo.put(LOC, location_body(**{name: None}))

    assert answer.said == (200, 2001)
    assert answer.body["status_message"] == f"{name}: required, but missing"
    assert not Location.objects.exists()


@pytest.mark.parametrize(("change", "path"), [
    ({"last_updated": "yesterday"}, "last_updated"),
    ({"coordinates": {"latitude": "28.6"}}, "coordinates.longitude"),
    ({"coordinates": {"latitude": "91", "longitude": "77"}}, "coordinates.latitude"),
    ({"coordinates": {"latitude": "NaN", "longitude": "77"}}, "coordinates.latitude"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"publish": "perhaps"}, "publish"),
    ({"address": {"street": "x"}}, "address"),
    ({"id": "x" * 256}, "id"),
    ({"evses": [evse_body(), evse_body(uid=None)]}, "evses[1].uid"),
    ({"evses": [evse_body(connectors=[connector_body(standard=None)])]}, "evses[0].connectors[0].standard"),
    ({"evses": [evse_body(connectors=[connector_body(max_voltage="high")])]}, "evses[0].connectors[0].max_voltage"),
    ({"evses": [evse_body(connectors=[])]}, "evses[0].connectors"),
    ({"evses": ["EVSE-1"]}, "evses[0]"),
])
def test_a_wrong_required_field_at_any_level_is_2001_and_nothing_is_half_stored(cpo, change, path):
    answer = cpo.put(LOC, location_body(**change))

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{path}: ")
    assert not Location.objects.exists()
    assert cpo.get(LOC).said == (404, 2003)


def test_the_reader_is_tolerant(cpo):
    body = location_body(
        future_field={"a": [1.50]}, facilities=["CAFE", "HELIPAD"], parking_type="SKY", time_zone="asia/kolkata",
        coordinates={"latitude": 28.6304, "longitude": " 77.2177 "}, publish="true", country="in",
        name=12, energy_mix="green", directions="Behind the mall", last_updated="2026-03-01T08:00:00",
    )
    body |= {"images": None, "state": None, "suboperator": None, "publish_allowed_to": None}
    body["evses"][0] |= {
        "capabilities": ["rfid_reader", "TELEPORT", "RFID_READER"], "status": "preparing", "status_schedule": {},
        "coordinates": None, "last_updated": "2026-03-01 08:00:00.1234567+00:00", "physical_reference": 7,
    }
    body["evses"][0]["connectors"][0] |= {
        "max_voltage": "500", "max_amperage": 120.0, "standard": "ccs2", "power_type": "dc", "format": "Cable",
        "max_electric_power": "sixty", "tariff_ids": "T-1", "last_updated": "2026-03-01T10:00:00+02:00",
    }

    assert cpo.put(LOC, body).said == (201, 1000)

    location, evse, connector = Location.objects.get(), Evse.objects.get(), Connector.objects.get()
    assert (location.publish, location.time_zone, location.country, location.name) == (
        True, "Asia/Kolkata", "IND", "12"
    )
    assert (location.latitude, location.longitude) == (Decimal("28.6304"), Decimal("77.2177"))
    assert (evse.status, evse.capabilities, evse.physical_reference) == ("UNKNOWN", ["RFID_READER"], "7")
    assert (connector.max_voltage_v, connector.max_amperage_a, connector.max_electric_power_w) == (500, 120, None)
    assert (connector.standard, connector.power_type, connector.format) == ("IEC_62196_T2_COMBO", "DC", "CABLE")
    assert connector.tariff_ids == ["T-1"]
    got = cpo.get(LOC).data
    assert got["future_field"] == {"a": [1.5]}
    assert got["facilities"] == ["CAFE", "HELIPAD"]
    assert "images" not in got
    assert got["last_updated"] == "2026-03-01T08:00:00.123Z"  # raised by the EVSE
    assert got["evses"][0]["last_updated"] == "2026-03-01T08:00:00.123Z"
    assert got["evses"][0]["status"] == "preparing"
    assert got["evses"][0]["connectors"][0]["last_updated"] == "2026-03-01T08:00:00Z"


def test_what_no_database_takes_does_no_harm(cpo):
    raw = (
        b'{"country_code":"IN","party_id":"CPA","id":"LOC-1","publish":true,"address":"a\\u0000b","city":"c",'
        b'"country":"IND","coordinates":{"latitude":"28.6","longitude":"77.2"},"time_zone":"Asia/Kolkata",'
        b'"last_updated":"2026-03-01T08:00:00Z","x":{"deep\\u0000":[1e999999, 12345678901234567890123]}}'
    )

    assert cpo.put(LOC, raw=raw).said == (201, 1000)
    assert Location.objects.get().address == "ab"
    assert cpo.get(LOC).data["x"] == {"deep": ["1e999999", 12345678901234567890123]}


def test_numbers_come_back_digit_by_digit(cpo):
    raw = b'{"uid":"EVSE-2","status":"AVAILABLE","price_hint":17.333300,"last_updated":"2026-03-01T08:00:00Z",'
    raw += b'"connectors":[{"id":"1","standard":"CHADEMO","format":"CABLE","power_type":"DC","max_voltage":500,'
    raw += b'"max_amperage":125,"last_updated":"2026-03-01T08:00:00Z"}]}'
    cpo.put(LOC, location_body())

    assert cpo.put(at("locations", "LOC-1", "EVSE-2"), raw=raw).said == (201, 1000)
    stored = Evse.objects.get(uid="EVSE-2").raw["price_hint"]
    assert str(stored) == "17.333300"


def test_a_put_replaces_everything_at_its_level(stored):
    body = location_body(name=None, last_updated="2026-03-01T09:00:00Z")

    assert stored.put(LOC, body).said == (200, 1000)
    assert "name" not in stored.get(LOC).data
    assert Location.objects.get().name == ""


def test_an_older_put_changes_nothing(stored, news):
    older = location_body(name="Old news", last_updated="2026-02-01T00:00:00Z", evses=[])

    assert stored.put(LOC, older).said == (200, 1000)
    assert stored.get(LOC).data == location_body()
    assert news == []


def test_an_older_put_counts_where_the_order_is_not_checked(stored):
    Connection.objects.update(check_last_updated=False)

    assert stored.put(LOC, location_body(name="Old news", last_updated="2026-02-01T00:00:00Z")).status == 200
    assert stored.get(LOC).data["name"] == "Old news"


def test_fewer_evses_in_a_put_remove_the_others(stored):
    both = location_body(evses=[evse_body(), evse_body(uid="EVSE-2")], last_updated="2026-03-01T09:00:00Z")
    stored.put(LOC, both)
    left = location_body(evses=[evse_body(uid="EVSE-2")], last_updated="2026-03-01T10:00:00Z")

    assert stored.put(LOC, left).said == (200, 1000)

    assert dict(Evse.objects.values_list("uid", "status")) == {"EVSE-1": "REMOVED", "EVSE-2": "AVAILABLE"}
    gone = stored.get(EVSE).data
    assert (gone["status"], gone["last_updated"]) == ("REMOVED", "2026-03-01T10:00:00Z")
    assert stored.put(LOC, both | {"last_updated": "2026-03-01T11:00:00Z"}).said == (200, 1000)
    assert stored.get(EVSE).data["status"] == "AVAILABLE"


def test_a_put_of_an_evse_leaves_the_others(stored, news):
    second = evse_body(uid="EVSE-2", last_updated="2026-03-01T09:00:00Z")

    assert stored.put(at("locations", "LOC-1", "EVSE-2"), second).said == (201, 1000)
    assert stored.put(at("locations", "LOC-1", "EVSE-2"), second).said == (200, 1000)

    got = stored.get(LOC).data
    assert [evse["uid"] for evse in got["evses"]] == ["EVSE-1", "EVSE-2"]
    assert got["last_updated"] == "2026-03-01T09:00:00Z"
    assert news == [("locations_stored", {"location_ids": [Location.objects.get().pk]})]


def test_a_put_of_an_evse_replaces_its_connectors(stored):
    plug = connector_body(id="2", standard="CHADEMO")

    assert stored.put(EVSE, evse_body(connectors=[plug], last_updated="2026-03-01T09:00:00Z")).status == 200

    assert stored.get(EVSE).data["connectors"] == [plug]
    assert stored.get(PLUG).said == (404, 2003)
    assert dict(Connector.objects.values_list("ocpi_id", "removed")) == {"1": True, "2": False}
    assert stored.put(PLUG, connector_body(last_updated="2026-03-01T10:00:00Z")).said == (201, 1000)
    assert [plug["id"] for plug in stored.get(EVSE).data["connectors"]] == ["1", "2"]


def test_a_put_and_a_patch_of_a_connector_raise_its_parents(stored):
    plug = connector_body(id="2", last_updated="2026-03-01T09:00:00Z")
    assert stored.put(at("locations", "LOC-1", "EVSE-1", "2"), plug).said == (201, 1000)

    change = {"tariff_ids": ["T-EN"], "last_updated": "2026-03-01T10:00:00Z"}
    assert stored.patch(at("locations", "LOC-1", "EVSE-1", "2"), change).said == (200, 1000)

    got = stored.get(LOC).data
    assert got["evses"][0]["connectors"][1]["tariff_ids"] == ["T-EN"]
    assert got["evses"][0]["connectors"][0] == connector_body()
    assert got["evses"][0]["last_updated"] == got["last_updated"] == "2026-03-01T10:00:00Z"
    assert Connector.objects.get(ocpi_id="2").tariff_ids == ["T-EN"]


@pytest.mark.parametrize(("segments", "body"), [
    (("NOT-THERE", "EVSE-1"), evse_body()), (("LOC-1", "NOT-THERE", "1"), connector_body()),
    (("NOT-THERE", "EVSE-1", "1"), connector_body()),
])
def test_a_put_below_something_unknown_is_404_and_has_the_location_fetched(stored, woken, segments, body):
    assert stored.put(at("locations", *segments), body).said == (404, 2003)
    assert woken == [("fetch_location", (stored.party.pk, segments[0]))]
    assert (Evse.objects.count(), Connector.objects.count()) == (1, 1)


@pytest.mark.parametrize("segments", [("LOC-1", "EVSE-1"), ("LOC-1", "EVSE-1", "1")])
def test_ids_of_evses_and_connectors_must_agree_too(stored, segments):
    name, body = ("uid", evse_body()) if len(segments) == 2 else ("id", connector_body())
    answer = stored.put(at("locations", *segments), body | {name: "OTHER"})

    assert answer.said == (200, 2001)
    assert stored.get(LOC).data == location_body()


@pytest.mark.parametrize("uid", ["DE*ABC*E1/2", "a b#c", "100%", "plus+one", "ü/€", "a?b=c&d", "x/y/z", "..", "a//b"])
def test_odd_ids_survive_the_url(stored, uid, woken):
    target = at("locations", "LOC-1", uid)

    assert stored.put(target, evse_body(uid=uid)).said == (201, 1000)
    assert stored.get(target).data["uid"] == uid
    change = {"status": "CHARGING", "last_updated": "2026-03-01T09:00:00Z"}
    assert stored.patch(target, change).said == (200, 1000)
    assert Evse.objects.get(uid=uid).status == "CHARGING"
    plug = at("locations", "LOC-1", uid, "1")
    assert stored.patch(plug, {"tariff_ids": [], "last_updated": "2026-03-01T09:00:00Z"}).said == (200, 1000)
    assert stored.get(plug).data["tariff_ids"] == []
    assert stored.put(plug, connector_body(last_updated="2026-03-01T10:00:00Z")).said == (200, 1000)
    assert Connector.objects.filter(evse__uid=uid).count() == 1
    assert woken == []


@pytest.mark.parametrize("location_id", ["a/b", "a/b/c", "LOC 1#2", "100%"])
def test_odd_ids_of_locations_survive_the_url(cpo, location_id):
    target = at("locations", location_id)

    assert cpo.put(target, location_body(id=location_id)).said == (201, 1000)
    assert cpo.get(target).data["id"] == location_id
    change = {"name": "New", "last_updated": "2026-03-01T09:00:00Z"}
    assert cpo.patch(target, change).said == (200, 1000)
    assert cpo.get(target).data["name"] == "New"
    assert cpo.put(at("locations", location_id, "E/2"), evse_body(uid="E/2")).said == (201, 1000)
    assert cpo.get(at("locations", location_id, "E/2", "1")).data["id"] == "1"


def test_an_unpublished_location_is_readable_for_its_cpo(cpo):
    allowed = [{"uid": "12345678905880", "type": "RFID"}]

    assert cpo.put(LOC, location_body(publish=False, publish_allowed_to=allowed)).said == (201, 1000)
    assert cpo.get(LOC).data["publish"] is False
    assert cpo.get(LOC).data["publish_allowed_to"] == allowed


def test_a_removed_evse_may_be_put_without_connectors(stored):
    body = evse_body(status="REMOVED", connectors=None, last_updated="2026-03-01T09:00:00Z")

    assert stored.put(EVSE, body).said == (200, 1000)
    assert stored.get(EVSE).data["status"] == "REMOVED"


def test_the_specs_incomplete_evse_example_is_refused(stored):
    body = deepcopy(fixture("ocpi/2.2.1/location_put_example_add_evse.json"))

    answer = stored.put(at("locations", "LOC-1", str(body["uid"])), body)

    assert answer.said == (200, 2001)
    assert "connectors[0]." in answer.body["status_message"]
    assert Evse.objects.count() == 1


def test_a_location_that_was_gone_is_back_when_it_is_pushed(stored, news):
    Location.objects.update(gone_at="2026-03-02T00:00:00Z")

    assert stored.put(LOC, location_body()).said == (200, 1000)

    assert Location.objects.get().gone_at is None
    assert news == [("locations_stored", {"location_ids": [Location.objects.get().pk]})]


def test_the_same_again_is_no_news(stored, news):
    assert stored.put(LOC, location_body()).said == (200, 1000)
    assert stored.put(LOC, location_body(last_updated="2026-03-01T12:00:00Z")).said == (200, 1000)

    assert news == []
    assert stored.get(LOC).data["last_updated"] == "2026-03-01T12:00:00Z"
