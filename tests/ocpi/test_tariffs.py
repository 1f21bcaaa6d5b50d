"""Tariffs pushed by a CPO (ocpi.md §7, rows 48-51), and their versions."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.pricing import price_periods
from ocpi.models import Tariff, TariffVersion
from ocpi.services.tariffs import store_tariffs
from tests.factories.ocpi import tariff_body
from tests.ocpi.conftest import at
from tests.shared import fixture, shared_path

URL = at("tariffs", "T-1")
LATER = "2026-03-01T09:00:00Z"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def dearer(**changes):
    elements = [{"price_components": [{"type": "ENERGY", "price": 99, "vat": 18, "step_size": 1}]}]
    return tariff_body(elements=elements, last_updated=LATER, **changes)


def test_put_get_delete_get(cpo, news):
    assert cpo.put(URL, tariff_body()).said == (201, 1000)
    assert cpo.get(URL).data == tariff_body()
    assert cpo.delete(URL).said == (200, 1000)
    assert cpo.get(URL).said == (404, 2001)

    assert cpo.delete(URL).said == (404, 2001)
    pk = Tariff.objects.get().pk
    assert news == [("tariffs_stored", {"tariff_ids": [pk]})] * 2
    assert TariffVersion.objects.count() == 1


def test_deleting_an_unknown_tariff_is_404(cpo):
    answer = cpo.delete(at("tariffs", "NO-SUCH"))

    assert answer.said == (404, 2001)
    assert cpo.get(at("tariffs", "NO-SUCH")).said == (404, 2001)


def test_every_version_is_kept(cpo):
    cpo.put(URL, tariff_body())
    assert cpo.put(URL, dearer()).said == (200, 1000)

    versions = TariffVersion.objects.order_by("number").values_list("number", "raw")
    assert [(number, raw["elements"][0]["price_components"][0]["price"]) for number, raw in versions] == [
        (1, 18), (2, 99)
    ]
    assert cpo.get(URL).data == dearer()


def test_the_same_again_makes_no_version_and_is_no_news(cpo, news):
    cpo.put(URL, tariff_body())
    news.clear()

    assert cpo.put(URL, tariff_body()).said == (200, 1000)
    assert cpo.put(URL, tariff_body(last_updated=LATER)).said == (200, 1000)

    assert TariffVersion.objects.count() == 1
    assert news == []
    assert cpo.get(URL).data["last_updated"] == LATER


def test_an_older_put_changes_nothing(cpo):
    cpo.put(URL, dearer())

    assert cpo.put(URL, tariff_body()).said == (200, 1000)
    assert cpo.get(URL).data == dearer()
    assert TariffVersion.objects.count() == 1


def test_a_deleted_tariff_that_is_put_again_is_back(cpo, news):
    cpo.put(URL, tariff_body())
    cpo.delete(URL)
    news.clear()

    assert cpo.put(URL, tariff_body()).said == (201, 1000)

    assert cpo.get(URL).data == tariff_body()
    assert Tariff.objects.get().deleted_at is None
    assert len(news) == 1
    assert TariffVersion.objects.count() == 1


def test_an_empty_list_for_an_object_without_members_is_none(cpo):
    components = [{"type": "ENERGY", "price": 18, "step_size": 1}]
    told = tariff_body(elements=[{"price_components": components, "restrictions": []}], min_price=[], max_price=[])

    assert cpo.put(URL, told).said == (201, 1000)

    period = {"start_date_time": LATER, "dimensions": [{"type": "ENERGY", "volume": 5}]}
    assert price_periods(Tariff.objects.get().raw, [period], time_zone="UTC").total.excl_vat == Decimal(90)


@pytest.mark.parametrize(("change", "path"), [
    ({"currency": None}, "currency"), ({"currency": "RUPEE"}, "currency"), ({"elements": None}, "elements"),
    ({"elements": []}, "elements"), ({"last_updated": None}, "last_updated"), ({"id": "T-2"}, "id"),
    ({"elements": [{"price_components": [{"type": "ENERGY", "step_size": 1}]}]}, "elements[0].price_components[0].price"),
    ({"elements": [{"price_components": []}]}, "elements[0].price_components"),
    ({"elements": [{"price_components": [{"type": "FLAT", "price": 1, "step_size": 1}], "restrictions": "never"}]},
     "elements[0].restrictions"),
    ({"elements": [{"price_components": [{"type": "FLAT", "price": 1, "step_size": 1, "vat": "much"}]}]},
     "elements[0].price_components[0].vat"),
    ({"elements": [{"price_components": [{"type": "FLAT", "price": 1, "step_size": 1}],
                    "restrictions": {"min_kwh": "some"}}]}, "elements[0].restrictions.min_kwh"),
])
def test_what_would_change_the_price_is_never_dropped(cpo, change, path):
    answer = cpo.put(URL, tariff_body(**change))

    assert answer.said == (200, 2001)
    assert answer.body["status_message"].startswith(f"{path}: ")
    assert not Tariff.objects.exists()


def test_numbers_written_as_text_become_numbers(cpo):
    elements = [{"price_components": [{"type": "ENERGY", "price": "0.4583", "vat": None, "step_size": "1"}],
                 "restrictions": {"start_time": None, "min_kwh": None}, "x_hint": "kept"}]

    assert cpo.put(URL, tariff_body(elements=elements, min_price=2, currency="inr")).said == (201, 1000)

    raw = Tariff.objects.get().raw
    assert raw["elements"] == [{
        "price_components": [{"type": "ENERGY", "price": Decimal("0.4583"), "step_size": 1}],
        "restrictions": {}, "x_hint": "kept",
    }]
    assert raw["min_price"] == {"excl_vat": 2}
    assert Tariff.objects.get().currency == "INR"


@pytest.mark.parametrize("name", [
    "tariff_4_complex", "tariff_14_step_size", "tariff_5_free_of_charge", "tariff_18_reservation_with_expire_time",
    "tariff_6_025kwh_start_max_price", "tariff_2_alt_text",
])
def test_the_specs_examples_read_back_equal(cpo, name):
    body = fixture(f"ocpi/2.2.1/{name}.json") | {"country_code": "IN", "party_id": "CPA"}

    assert cpo.put(at("tariffs", body["id"]), body).said == (201, 1000)
    assert cpo.get(at("tariffs", body["id"])).data == body


def test_all_tariffs_of_the_spec_can_be_read(party):
    paths = sorted(shared_path("reference/fixtures/ocpi/2.2.1").glob("tariff_*.json"))
    bodies = [fixture(f"ocpi/2.2.1/{path.name}") for path in paths if path.name != "tariff_put_example.json"]
    mine = [body | {"country_code": "IN", "party_id": "CPA", "id": f"T{n}"} for n, body in enumerate(bodies)]

    report = store_tariffs(party, mine, received_at=NOW)

    assert report.rejected == []
    assert report.created == len(mine) == 17


def test_an_id_with_a_slash_and_another_case_is_found(cpo):
    assert cpo.put(at("tariffs", "day/night*1"), tariff_body(id="day/night*1")).said == (201, 1000)
    assert cpo.get(at("tariffs", "DAY/NIGHT*1")).data["id"] == "day/night*1"
    assert cpo.delete(at("tariffs", "day/night*1") + "/").said == (200, 1000)


def test_a_page_loses_only_its_bad_tariffs(party):
    objects = [tariff_body(), tariff_body(id="BAD", currency=None), dearer(id="t-1"), 7]

    report = store_tariffs(party, objects, received_at=NOW)

    assert report.stored_ids == ["t-1"]
    assert report.newest_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert [tuple(refusal) for refusal in report.rejected] == [
        ("BAD", "required, but missing", "currency"), ("", "an object is expected, got a number", ""),
    ]
    assert TariffVersion.objects.get().raw["elements"][0]["price_components"][0]["price"] == 99
