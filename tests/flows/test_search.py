"""Searches as apps write them, and what is refused of them."""

import pytest
from django.utils import timezone

from ocpi.services.locations import store_locations
from tests.flows.world import location, tariff

pytestmark = pytest.mark.django_db


def near(**place):
    return {"intent": {"fulfillment": {"type": "CHARGING", "stops": [{"location": place}]}}}


def items(found):
    return [
        item for provider in found["message"]["catalog"]["providers"] for item in provider.get("items", [])
    ]


@pytest.mark.parametrize("gps", ["", "north", "91.5,200.1", "12.9", "NaN,NaN", "1e400,2"])
def test_a_place_that_is_none_is_refused_with_its_path(driver, gps):
    driver.ask("search", near(gps=gps))

    told = driver.last("on_search")
    assert told["error"]["code"] == "30000"
    assert told["error"]["paths"] == "message.intent.fulfillment.stops[0].location.gps"
    assert told["message"] == {"catalog": {"providers": []}}


@pytest.mark.parametrize(
    "place",
    [
        {"gps": "12.9716, 77.5946"},
        {"circle": {"gps": "12.971600,77.594600", "radius": {"value": "1", "unit": "km"}}},
        {"gps": "12.971600,77.594600", "circle": {"radius": {"value": 900, "unit": "m"}}},
        {"gps": "12.9716,77.5946", "address": {"full": "Bengaluru, India"}},
    ],
)
def test_every_spelling_of_a_place_is_understood(driver, place):
    driver.ask("search", near(**place))

    assert [item["descriptor"]["code"] for item in items(driver.last("on_search"))] == ["energy"]


@pytest.mark.parametrize(
    "radius", [{"value": "0"}, {"value": "-3"}, {"value": "wide"}, {"value": "NaN"}, {"value": True}]
)
def test_a_radius_that_is_none_is_refused(driver, radius):
    driver.ask("search", near(circle={"gps": "12.9716,77.5946", "radius": radius}))

    assert driver.last("on_search")["error"]["paths"].endswith("circle.radius.value")


def test_a_station_says_when_it_is_open(driver, cpo):
    hours = [{"weekday": day, "period_begin": "09:00", "period_end": "23:00"} for day in range(1, 8)]
    told = location(opening_times={"twentyfourseven": False, "regular_hours": hours})
    with cpo.run_on_commit(execute=True):
        store_locations(cpo.party, [told], received_at=timezone.now())

    driver.ask("search", near(gps="12.9716,77.5946"))

    (provider,) = driver.last("on_search")["message"]["catalog"]["providers"]
    assert provider["fulfillments"][0]["tags"] == [{
        "descriptor": {"name": "Opening Hours", "code": "opening-hours"},
        "list": [{"descriptor": {"name": "Weekly", "code": "weekly"}, "value": "Mo-Su 09:00-23:00"}],
    }]  # fmt: skip


def test_what_is_to_be_paid_beside_the_energy_is_told_in_words(driver):
    (item,) = items(driver.search())

    assert item["price"] == {"currency": "INR/kWH", "value": "18"}
    assert item["tags"][1] == {
        "descriptor": {"name": "Price Details", "code": "price-details"},
        "list": [
            {"descriptor": {"name": "English", "code": "en"}, "value": "₹18.00/kWh, start fee ₹10.00"},
            {"descriptor": {"name": "Hindi", "code": "hi"}, "value": "₹18.00/kWh, शुरू करने का शुल्क ₹10.00"},
        ],
    }


def test_where_the_price_per_kwh_says_it_all_there_are_no_words(driver, cpo):
    with cpo.run_on_commit(execute=True):
        cpo.call("PUT", "tariffs/IN/CPO/T-1", tariff(fee=None))

    (item,) = items(driver.search())

    assert [group["descriptor"]["code"] for group in item["tags"]] == ["connector-specifications"]


def test_nothing_found_is_an_empty_catalogue(driver):
    driver.ask("search", near(gps="0.5,80.5"))

    told = driver.last("on_search")
    assert (told["message"]["catalog"]["providers"], told.get("error")) == ([], None)


def test_another_kind_of_fulfilment_finds_nothing(driver):
    driver.ask("search", {"intent": {"fulfillment": {"type": "DELIVERY"}}})

    assert items(driver.last("on_search")) == []


@pytest.mark.parametrize(
    ("value", "count"), [("CCS2", 1), ("ccs-2", 1), ("IEC_62196_T2_COMBO", 1), ("CHAdeMO", 0), ("blue", 1)]
)
def test_a_connector_type_is_a_strict_filter_where_it_is_one(driver, value, count):
    message = near(gps="12.9716,77.5946")
    message["intent"]["fulfillment"]["tags"] = [
        {"list": [{"descriptor": {"code": "connector-type"}, "value": value}]}
    ]
    driver.ask("search", message)

    assert len(items(driver.last("on_search"))) == count


def test_a_status_push_is_in_the_next_search(driver, cpo):
    cpo.call(
        "PATCH", "locations/IN/CPO/LOC-1/E-1", {"status": "CHARGING", "last_updated": "2026-03-02T08:00:00Z"}
    )

    entry = driver.search()["message"]["catalog"]["providers"][0]["items"][0]["tags"][0]["list"][-1]

    assert (entry["descriptor"]["code"], entry["value"]) == ("status", "In Use")


def test_the_stations_of_an_operator_that_left_are_not_offered(driver, cpo):
    driver.search()
    assert cpo.call("DELETE", "credentials").status_code == 200

    assert items(driver.search()) == []
    assert driver.select()["error"]["message"] == "EVSE_UNAVAILABLE: this charger is no longer offered"
