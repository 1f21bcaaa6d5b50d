"""Sessions pushed by a CPO (ocpi.md §7, rows 52-58)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ocpi.models import Session
from ocpi.services.sessions import store_sessions
from tests.factories.ocpi import TokenFactory, location_body, session_body
from tests.ocpi.conftest import at
from tests.shared import fixture

URL = at("sessions", "S-1")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def known(cpo, woken):
    """The CPO with its location stored, and the driver's token ours."""
    TokenFactory(uid="A1B2C3D4E5F60718")
    cpo.put(at("locations", "LOC-1"), location_body())
    return cpo


def stamp(minute, second=0):
    return f"2026-03-01T09:{minute:02d}:{second:02d}Z"


def period(minute, kwh):
    return {"start_date_time": stamp(minute), "dimensions": [{"type": "ENERGY", "volume": kwh}]}


def test_periods_are_added_and_replaced(known):
    assert known.put(URL, session_body()).said == (201, 1000)
    assert known.get(URL).data == session_body()
    first = {"status": "ACTIVE", "kwh": 1.5, "charging_periods": [period(17, 1.5)], "last_updated": stamp(20)}
    assert known.patch(URL, first).said == (200, 1000)
    second = {"kwh": 4.0, "charging_periods": [period(22, 2.5)], "last_updated": stamp(25)}
    assert known.patch(URL, second).said == (200, 1000)

    got = known.get(URL).data
    assert got["charging_periods"] == [period(17, 1.5), period(22, 2.5)]
    assert (got["kwh"], got["status"]) == (4.0, "ACTIVE")
    again = {"kwh": 4.5, "charging_periods": [period(22, 3)], "last_updated": stamp(26)}
    assert known.patch(URL, again).said == (200, 1000)
    assert known.get(URL).data["charging_periods"] == [period(17, 1.5), period(22, 3)]
    assert Session.objects.get().energy_kwh == Decimal("4.5")


def test_a_put_without_periods_empties_them(known):
    known.put(URL, session_body(charging_periods=[period(17, 1)]))

    assert known.put(URL, session_body(status="ACTIVE", kwh=5, last_updated=stamp(30))).said == (200, 1000)
    assert "charging_periods" not in known.get(URL).data


def test_null_periods_in_a_patch_empty_them(known):
    known.put(URL, session_body(charging_periods=[period(17, 1)]))

    known.patch(URL, {"charging_periods": None, "last_updated": stamp(30)})
    assert "charging_periods" not in known.get(URL).data


def test_older_news_change_nothing_and_equal_ones_count(known, news):
    known.put(URL, session_body(last_updated=stamp(20), kwh=5))
    news.clear()

    assert known.patch(URL, {"kwh": 3, "last_updated": stamp(19)}).said == (200, 1000)
    assert known.put(URL, session_body(last_updated=stamp(19), kwh=2)).said == (200, 1000)
    assert known.put(URL, session_body(last_updated=stamp(20), kwh=5)).said == (200, 1000)
    assert news == []
    assert Session.objects.get().energy_kwh == 5
    assert known.patch(URL, {"kwh": 6, "last_updated": stamp(20)}).said == (200, 1000)
    assert Session.objects.get().energy_kwh == 6


def test_a_patch_of_an_unknown_session_is_404_and_has_it_fetched(known, woken):
    answer = known.patch(at("sessions", "S-unknown"), {"kwh": 1, "last_updated": stamp(20)})

    assert answer.said == (404, 2001)
    assert woken == [("fetch_session", (known.party.pk, "S-unknown"))]
    assert known.get(at("sessions", "S-unknown")).said == (404, 2001)


def test_a_patch_must_say_when(known):
    known.put(URL, session_body())
    answer = known.patch(URL, fixture("ocpi/2.2.1-extra/session_patch_without_last_updated.json"))

    assert answer.said == (200, 2001)
    assert answer.body["status_message"] == "last_updated: required, but missing"
    assert known.get(URL).data == session_body()


def test_a_reservation_without_a_connector_is_accepted(known, news):
    body = session_body(status="RESERVATION", connector_id="#NA")

    assert known.put(URL, body).said == (201, 1000)

    session = Session.objects.get()
    assert (session.status, session.connector_id, session.quarantine) == ("RESERVATION", "#NA", "")
    assert session.authorization_reference == "7b6f1e0c-9d1a-4f26-8f0e-0d2b1a3c4e5f"
    assert news == [("session_stored", {"session": session, "created": True})]


def test_the_word_of_the_running_text_and_own_words_are_read(known):
    known.put(URL, session_body(status="RESERVED"))
    assert Session.objects.get().status == "RESERVATION"

    known.patch(URL, {"status": "charging", "last_updated": stamp(20)})
    assert Session.objects.get().status == "UNKNOWN"
    assert known.get(URL).data["status"] == "charging"


@pytest.mark.parametrize("token", [
    {"country_code": "DE", "party_id": "FAR", "uid": "A1B2C3D4E5F60718", "type": "RFID", "contract_id": "X"},
    {"country_code": "IN", "party_id": "EMS", "uid": "NOT-OURS", "type": "APP_USER", "contract_id": "X"},
])
def test_a_session_of_somebody_elses_customer_is_kept_with_a_note(known, token):
    assert known.put(URL, session_body(cdr_token=token)).said == (201, 1000)
    assert Session.objects.get().quarantine == "the token is not one of ours"


def test_a_session_at_an_unknown_location_is_kept_and_the_location_fetched(known, woken, news):
    body = session_body(location_id="LOC-9", cdr_token={"uid": "a1b2c3d4e5f60718"})

    assert known.put(URL, body).said == (201, 1000)

    assert woken == [("fetch_location", (known.party.pk, "LOC-9"))]
    assert Session.objects.get().quarantine == "the location is not known"
    known.put(at("locations", "LOC-9"), location_body(id="LOC-9"))
    news.clear()
    assert known.put(URL, body).said == (200, 1000)
    assert Session.objects.get().quarantine == ""
    assert [name for name, _ in news] == ["session_stored"]


@pytest.mark.parametrize(("change", "path"), [
    ({"kwh": None}, "kwh"), ({"start_date_time": "now"}, "start_date_time"), ({"cdr_token": {}}, "cdr_token.uid"),
    ({"status": None}, "status"), ({"currency": "RUPEES"}, "currency"), ({"location_id": None}, "location_id"),
    ({"id": "S-2"}, "id"), ({"party_id": "XYZ"}, "party_id"), ({"kwh": "1e20"}, "kwh"),
    ({"last_updated": None}, "last_updated"),
])
def test_a_wrong_required_field_is_2001_naming_it(known, change, path):
    answer = known.put(URL, session_body(**change))

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{path}: ")
    assert not Session.objects.exists()


def test_wrong_optional_parts_are_left_out(known):
    body = session_body(end_date_time="later", total_cost="much", charging_periods=[period(17, 1), {"x": 1}])

    assert known.put(URL, body).said == (201, 1000)
    assert Session.objects.get().end_at is None
    assert known.get(URL).data["charging_periods"] == [period(17, 1)]


@pytest.mark.parametrize("name", ["session_example_1_simple_start", "session_example_2_short_finished"])
def test_the_specs_examples_read_back_equal(known, name):
    body = fixture(f"ocpi/2.2.1/{name}.json") | {"country_code": "IN", "party_id": "CPA"}

    assert known.put(at("sessions", body["id"]), body).said == (201, 1000)
    assert known.get(at("sessions", body["id"])).data == body


def test_a_patch_of_total_cost_leaves_the_rest(known):
    known.put(URL, session_body(charging_periods=[period(17, 1)]))
    patch = {"total_cost": {"excl_vat": 0.60, "incl_vat": 0.66}, "last_updated": stamp(40)}

    assert known.patch(URL, patch).said == (200, 1000)
    assert known.get(URL).data == session_body(charging_periods=[period(17, 1)]) | patch


def test_an_id_with_a_slash_is_found(known):
    assert known.put(at("sessions", "a/b#1"), session_body(id="a/b#1")).said == (201, 1000)
    assert known.patch(at("sessions", "A/B#1") + "/", {"kwh": 2, "last_updated": stamp(30)}).said == (200, 1000)
    assert known.get(at("sessions", "a/b#1")).data["kwh"] == 2


def test_a_page_loses_only_its_bad_sessions(known, news):
    objects = [session_body(), session_body(id="BAD", kwh=None), session_body(id="S-2", last_updated=stamp(30))]

    report = store_sessions(known.party, objects, received_at=NOW)

    assert report.stored_ids == ["S-1", "S-2"]
    assert (report.created, report.newest_at) == (2, datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    assert [tuple(refusal) for refusal in report.rejected] == [("BAD", "required, but missing", "kwh")]
    assert [(kwargs["session"].ocpi_id, kwargs["created"]) for _, kwargs in news] == [("S-1", True), ("S-2", True)]
