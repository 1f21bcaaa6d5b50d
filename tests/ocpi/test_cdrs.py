"""CDRs posted by a CPO (ocpi.md §7, rows 59-64)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ocpi.models import Cdr, ParkedObject, Session
from ocpi.services.cdrs import store_cdrs
from tests.factories.ocpi import CpoFactory, IncomingTokenFactory, TokenFactory, cdr_body, session_body
from tests.ocpi.conftest import Caller, at
from tests.shared import fixture

URL = at("cdrs", owner=())
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def known(cpo, woken):
    TokenFactory(uid="A1B2C3D4E5F60718")
    return cpo


def path_of(answer, settings):
    place = answer.headers["Location"]
    assert place.startswith(f"{settings.BASE_URL}/ocpi/emsp/2.2.1/cdrs/")
    return place.removeprefix(settings.BASE_URL)


def test_a_cdr_is_201_with_its_address_and_reads_back_equal(known, settings, news):
    answer = known.post(URL, cdr_body())

    assert answer.said == (201, 1000)
    assert "data" not in answer.body
    assert known.get(path_of(answer, settings)).data == cdr_body()
    cdr = Cdr.objects.get()
    assert (cdr.total_energy_kwh, cdr.total_cost_excl_vat, cdr.total_cost_incl_vat) == (
        Decimal("10.5"), Decimal("189"), Decimal("223.02")
    )
    assert (cdr.session_id, cdr.evse_uid, cdr.credit, cdr.quarantine) == ("S-1", "EVSE-1", False, "")
    assert news[-1] == ("cdr_stored", {"cdr": cdr})


def test_the_same_again_is_the_same_row(known, news):
    first = known.post(URL, cdr_body())
    news.clear()
    raw = str(cdr_body(remark=None)).replace("'", '"').replace("True", "true").encode()
    again = known.post(URL, raw=raw.replace(b"10.5", b"10.50").replace(b'"currency"', b'"remark":null,"currency"'))

    assert again.said == (200, 1000)
    assert again.headers["Location"] == first.headers["Location"]
    assert Cdr.objects.count() == 1
    assert news == []
    restamped = known.post(URL, cdr_body(last_updated="2026-03-05T00:00:00Z"))
    assert restamped.headers["Location"] == first.headers["Location"]


def test_another_total_under_the_same_id_is_2001_and_the_first_stays(known, settings, news):
    first = known.post(URL, cdr_body())
    news.clear()
    changed = cdr_body(id="cdr-1", total_cost={"excl_vat": 1, "incl_vat": 1.18})

    assert known.post(URL, changed).said == (200, 2001)

    assert known.get(path_of(first, settings)).data == cdr_body()
    assert news == []
    parked = ParkedObject.objects.get()
    assert (parked.module, parked.ocpi_id) == ("cdrs", "cdr-1")
    assert parked.raw["total_cost"] == {"excl_vat": 1, "incl_vat": Decimal("1.18")}
    assert "came again" in parked.reason or "received before" in parked.reason


def test_a_credit_cdr_is_negative_whatever_its_sign(known, news):
    known.post(URL, cdr_body())
    news.clear()
    credit = cdr_body(id="CDR-1-C1", credit=True, credit_reference_id="CDR-1")

    assert known.post(URL, credit).said == (201, 1000)

    row = Cdr.objects.get(ocpi_id="CDR-1-C1")
    assert (row.credit, row.credit_reference_id, row.quarantine) == (True, "CDR-1", "")
    assert (row.total_cost_excl_vat, row.total_cost_incl_vat) == (Decimal("-189"), Decimal("-223.02"))
    assert news == [("cdr_stored", {"cdr": row})]
    negative = cdr_body(id="CDR-1-C2", credit=True, credit_reference_id="CDR-1", total_cost={"excl_vat": -189})
    known.post(URL, negative)
    assert Cdr.objects.get(ocpi_id="CDR-1-C2").total_cost_excl_vat == -189
    assert Cdr.objects.get(ocpi_id="CDR-1-C2").total_cost_incl_vat is None


def test_a_credit_cdr_without_reference_is_linked_by_its_id_or_noted(known):
    known.post(URL, cdr_body())

    known.post(URL, cdr_body(id="CDR-1-C", credit=True))
    known.post(URL, cdr_body(id="OTHER-C", credit=True))

    assert Cdr.objects.get(ocpi_id="CDR-1-C").credit_reference_id == "CDR-1"
    assert Cdr.objects.get(ocpi_id="CDR-1-C").quarantine == ""
    assert Cdr.objects.get(ocpi_id="OTHER-C").quarantine == "a credit CDR without credit_reference_id"


def test_the_extra_examples_are_stored(known):
    owner = {"party_id": "CPA"}
    assert known.post(URL, fixture("ocpi/2.2.1-extra/cdr_post.json") | owner).said == (201, 1000)
    assert known.post(URL, fixture("ocpi/2.2.1-extra/cdr_post_credit.json") | owner).said == (201, 1000)
    spec = fixture("ocpi/2.2.1/cdr_example.json") | {"country_code": "IN", "party_id": "CPA"}
    assert known.post(URL, spec).said == (201, 1000)


def test_a_cdr_without_its_session_makes_it(known, news):
    known.post(URL, cdr_body())

    session = Session.objects.get()
    assert (session.ocpi_id, session.status, session.energy_kwh) == ("S-1", "COMPLETED", Decimal("10.5"))
    assert session.end_at == datetime(2026, 3, 1, 10, 1, 10, tzinfo=UTC)
    assert [name for name, _ in news] == ["session_stored", "cdr_stored"]
    assert news[0][1] == {"session": session, "created": True}
    assert known.get(at("sessions", "S-1")).data["kwh"] == 10.5
    late = session_body(status="ACTIVE", kwh=10, last_updated="2026-03-01T09:50:00Z")
    assert known.put(at("sessions", "S-1"), late).said == (200, 1000)
    assert known.get(at("sessions", "S-1")).data == late


def test_a_cdr_of_a_known_session_leaves_it_alone(known, news):
    known.put(at("sessions", "S-1"), session_body())
    news.clear()

    known.post(URL, cdr_body())

    assert known.get(at("sessions", "S-1")).data == session_body()
    assert [name for name, _ in news] == ["cdr_stored"]


def test_a_cdr_without_session_or_of_somebody_elses_customer_is_accepted(known):
    assert known.post(URL, cdr_body(session_id=None)).said == (201, 1000)
    assert Session.objects.count() == 0
    token = {"country_code": "DE", "party_id": "FAR", "uid": "NOT-OURS", "type": "RFID", "contract_id": "X"}
    assert known.post(URL, cdr_body(id="CDR-2", cdr_token=token)).said == (201, 1000)
    assert Cdr.objects.get(ocpi_id="CDR-2").quarantine == "the token is not one of ours"


@pytest.mark.parametrize(("change", "note"), [
    ({"end_date_time": "2026-03-01T09:00:00Z"}, "it ends before it starts"),
    ({"total_cost": {"excl_vat": 0}}, "energy at a price, but no cost"),
    ({"total_energy": 10500}, "the energy of its periods is a thousand times its total, or a thousandth: Wh for kWh"),
    ({"total_energy": -1}, "negative total_energy"),
])
def test_an_implausible_cdr_is_accepted_with_a_note(known, change, note):
    assert known.post(URL, cdr_body(**change)).said == (201, 1000)
    assert Cdr.objects.get().quarantine == note


@pytest.mark.parametrize(("change", "path"), [
    ({"id": None}, "id"), ({"total_cost": None}, "total_cost"), ({"total_cost": {"incl_vat": 1}}, "total_cost.excl_vat"),
    ({"total_energy": "lots"}, "total_energy"), ({"currency": ""}, "currency"),
    ({"charging_periods": []}, "charging_periods"),
    ({"start_date_time": None}, "start_date_time"), ({"cdr_location": None}, "cdr_location"),
    ({"charging_periods": [{"start_date_time": "2026-03-01T09:16:10Z", "dimensions": [{"type": "ENERGY"}]}]},
     "charging_periods[0].dimensions[0].volume"),
    ({"party_id": "XYZ"}, "party_id"), ({"country_code": None}, "party_id"),
])
def test_a_wrong_required_field_is_2001_naming_it(known, change, path):
    answer = known.post(URL, cdr_body(**change))

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{path}: ")
    assert not Cdr.objects.exists()


def test_a_plain_number_as_total_is_without_vat(known):
    assert known.post(URL, cdr_body(total_cost="189.5")).said == (201, 1000)
    cdr = Cdr.objects.get()
    assert (cdr.total_cost_excl_vat, cdr.total_cost_incl_vat) == (Decimal("189.5"), None)


@pytest.mark.parametrize(("method", "tail"), [
    ("POST", "/IN/CPA"), ("POST", "/in/cpa/CDR-1"), ("PUT", "/IN/CPA/CDR-1/"), ("PUT", "/IN/CPA/a%2Fb"),
])
def test_addresses_with_an_owner_are_taken_as_post(known, method, tail):
    assert known.call(method, URL + tail, cdr_body()).said == (201, 1000)
    assert Cdr.objects.count() == 1


def test_an_owner_in_the_address_that_is_not_the_callers_is_404(known):
    assert known.post(URL + "/IN/XYZ", cdr_body()).said == (404, 2001)
    assert not Cdr.objects.exists()


def test_a_cdr_is_never_changed_nor_removed(known, settings):
    place = path_of(known.post(URL, cdr_body()), settings)

    for method in ("PUT", "PATCH", "DELETE", "POST"):
        assert known.call(method, place, cdr_body()).said == (405, 2000)
    assert known.get(place).data == cdr_body()


def test_another_peer_and_nobody_cannot_read_it(known, settings):
    place = path_of(known.post(URL, cdr_body()), settings)
    other = CpoFactory(party_id="OTH")
    IncomingTokenFactory(connection=other.connection, text="other-token-0123456789")

    assert Caller("other-token-0123456789").get(place).said == (404, 2001)
    assert Caller(None).get(place).said == (401, 2000)
    assert known.get(at("cdrs", "no-such-cdr", owner=())).said == (404, 2001)


def test_a_page_loses_only_its_bad_cdrs(known, news):
    objects = [
        cdr_body(), cdr_body(id="BAD", currency=None), cdr_body(), cdr_body(total_energy=3),
        cdr_body(id="CDR-2", session_id="S-2", last_updated="2026-03-01T12:00:00Z"),
    ]

    report = store_cdrs(known.party, objects, received_at=NOW)

    assert report.stored_ids == ["CDR-1", "CDR-2"]
    assert (report.created, report.newest_at) == (2, datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert [(refusal.ocpi_id, refusal.path) for refusal in report.rejected] == [("BAD", "currency"), ("CDR-1", "id")]
    assert [name for name, _ in news].count("cdr_stored") == 2
    assert store_cdrs(known.party, objects[:1], received_at=NOW).created == 0
