"""What the app understands of catalogues and orders, in every dialect the reference shows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from beckn.bap import wire
from beckn.bap.catalogue import stations
from beckn.bap.places import BY_KEY, Point, distance_km, nearest, point_of
from beckn.bap.standing import standing
from beckn.bap.templatetags.bap_format import in_language
from emsp.core.wire import WireError
from tests.beckn.bap import world
from tests.shared import fixture

HERE = BY_KEY["connaught-place"].point


def order_of(name: str) -> dict:
    return fixture(f"beckn/{name}.json")["message"]["order"]


# -- catalogues


def test_the_reference_s_catalogue_is_read():
    catalogue = fixture("beckn/recommended/02-on_search.json")["message"]["catalog"]
    [station] = stations([catalogue], HERE)
    assert (station.name, station.address) == ("BlueCharge Connaught Place Station", "Connaught Place, New Delhi")
    assert station.distance_km == 0
    [offer] = station.offers
    assert (offer.price, offer.currency, offer.connector, offer.power_kw) == (
        Decimal("18"), "INR", "Type 2", Decimal("30"),
    )
    assert offer.free and offer.green and offer.fulfillment_id == "fulfillment-001"


def test_the_rfc_s_catalogue_with_address_objects_is_read():
    catalogue = fixture("beckn/rfc/rfc-7.1.2-on_search.json")["message"]["catalog"]
    first, second = stations([catalogue], HERE)
    assert [first.offers[0].item_id, second.offers[0].item_id] == ["pe-charging-01", "pe-charging-02"]
    assert second.offers[0].status == "Unknown" and not second.offers[0].free


def test_stations_of_several_callbacks_are_joined_nearest_first():
    whole = world.catalogue()
    parts = [whole | {"providers": [provider]} for provider in reversed(whole["providers"])]
    found = stations([*parts, parts[0]], HERE)
    assert [one.name for one in found] == ["Connaught Place Plaza", "Barakhamba Hub", "Saket Court"]
    assert [len(one.offers) for one in found] == [2, 1, 1]


def test_a_station_shows_the_price_of_what_is_free():
    plaza, hub, _ = stations([world.catalogue()], HERE)
    assert (plaza.price, plaza.free, plaza.one_price) == (Decimal("18"), 1, False)
    assert (hub.price, hub.free, hub.one_price) == (Decimal("21.5"), 0, True)


def test_the_whole_price_is_read_by_language_where_it_is_told():
    plaza, hub, _ = stations([world.catalogue()], HERE)
    assert plaza.offers[0].price_words["en"] == "₹18.00/kWh, parking ₹2.00/min after 30 min"
    assert hub.offers[0].price_words == {}


@pytest.mark.parametrize(("told", "shown"), [
    ({"en": "a", "hi": "b"}, "a"), ({"hi": "b", "en": "a"}, "a"), ({"de": "c"}, "c"), ({}, ""),
])
def test_words_in_no_language_of_ours_are_shown_as_they_come(told, shown):
    assert in_language(told) == shown


@pytest.mark.parametrize("bad", [None, [], "x", {"providers": "x"}, {"providers": [None, {"id": 5}]}])
def test_a_catalogue_that_cannot_be_read_costs_nothing_else(bad):
    assert len(stations([bad, world.catalogue()], HERE)) == 3


def test_one_bad_item_does_not_lose_the_others():
    catalogue = world.catalogue()
    items = catalogue["providers"][0]["items"]
    items[0]["fulfillment_ids"] = "not a list"
    items[1]["tags"] = None
    items.append({"descriptor": {"name": "no id"}})
    names = {offer.item_id for station in stations([catalogue], HERE) for offer in station.offers}
    assert names == {world.FREE, "item-broken", world.FAR}


@pytest.mark.parametrize("gps", [None, "", "28.6", "91,0", "0,181", "NaN,0", "a,b", 5])
def test_a_station_without_a_position_is_left_out(gps):
    catalogue = world.catalogue()
    catalogue["providers"][1]["locations"][0]["gps"] = gps
    assert "Saket Court" not in [one.name for one in stations([catalogue], HERE)]


def test_positions_and_distances():
    assert point_of(" 12.5, -77.25") == Point(Decimal("12.5"), Decimal("-77.25"))
    delhi, bengaluru = BY_KEY["connaught-place"], BY_KEY["mg-road"]
    assert round(distance_km(delhi.point, bengaluru.point)) == 1741
    assert nearest(Point(Decimal("12.97"), Decimal("77.6"))).city_code == "std:080"


# -- orders


def test_terms_are_read():
    stands = standing(order_of("recommended/09-on_init"))
    assert (stands.state, stands.total, stands.currency) == ("RESERVATION", Decimal("100.00"), "INR")
    assert stands.held_until == datetime(2025, 8, 29, 10, 16, tzinfo=UTC)
    assert (stands.fee_percent, stands.fee_from_state, stands.quote_ttl_s) == (Decimal("30"), "ACTIVE", 900)
    assert stands.prepaid_due and not stands.paid and not stands.over
    energy, service = stands.lines
    assert (energy.title, energy.quantity_kwh, energy.unit_price, energy.amount) == (
        "energy-cost", Decimal("5"), Decimal("18"), Decimal("90.00"),
    )
    assert (service.title, service.quantity_kwh, service.amount) == ("service-charge", None, Decimal("10.00"))


def test_a_running_session_is_read():
    stands = standing(order_of("recommended/18-on_status-charging"))
    assert (stands.order_id, stands.status, stands.state) == ("ord-7c1f2b", "ACTIVE", "ACTIVE")
    assert (stands.delivered_kwh, stands.power_kw, stands.soc_percent) == (
        Decimal("3.20"), Decimal("7.2"), Decimal("65"),
    )
    assert stands.started_at == datetime(2025, 8, 29, 10, 3, tzinfo=UTC)
    assert stands.ended_at is None and stands.paid


def test_the_final_bill_is_read():
    stands = standing(order_of("recommended/23-on_status-unsolicited-final-bill"))
    assert (stands.status, stands.total, stands.delivered_kwh) == ("COMPLETE", Decimal("91.00"), Decimal("4.50"))
    assert stands.ended_at == datetime(2025, 8, 29, 10, 41, tzinfo=UTC)
    assert stands.over


def test_a_cancellation_is_read():
    stands = standing(order_of("recommended/26-on_cancel-unsolicited"))
    assert (stands.status, stands.cancelled_by, stands.cancel_reason) == (
        "CANCELLED", "PROVIDER", "Charger hardware failure",
    )
    assert stands.lines[-1].amount == Decimal("-100.00") and stands.total == Decimal("0.00")


@pytest.mark.parametrize(("told", "state"), [
    ("RESERVATION", "RESERVATION"),
    ({"descriptor": {"code": "charging-started"}}, "ACTIVE"),
    ({"descriptor": {"code": "charging-ended"}}, "COMPLETED"),
    ({"descriptor": {"code": "charger-error"}}, "INVALID"),
    ({"descriptor": {"name": "no code"}}, ""),
    (None, ""),
])
def test_states_of_every_dialect(told, state):
    assert standing({"fulfillments": [{"id": "1", "state": told}]}).state == state


def test_an_order_that_cannot_be_read_names_the_place():
    with pytest.raises(WireError) as refused:
        standing({"items": [{"id": "1"}, {"descriptor": {}}]})
    assert refused.value.path == "items[1].id"


@pytest.mark.parametrize(("text", "value"), [
    ("18", "18"), ("3.20kWh", "3.20"), ("30%", "30"), ("-70.00", "-70.00"), (5, "5"), (" 7.2kW", "7.2"),
])
def test_numbers_with_units(text, value):
    assert wire.number(text) == Decimal(value)


@pytest.mark.parametrize("text", [None, "", "kWh", True, [], "Infinity"])
def test_what_is_no_number(text):
    assert wire.number(text) is None


def test_moments_and_durations():
    assert wire.moment("2025-08-29T10:00:00+05:30") == datetime(2025, 8, 29, 4, 30, tzinfo=UTC)
    assert wire.moment("2025-08-29T10:00:00") == datetime(2025, 8, 29, 10, tzinfo=UTC)
    assert wire.moment("01-06-2023 10:00:00") is None and wire.moment(5) is None
    assert wire.duration("PT15M") == timedelta(minutes=15)
    assert wire.duration("P1DT2H3M4S") == timedelta(days=1, hours=2, minutes=3, seconds=4)
    assert wire.duration("P") is None and wire.duration("15") is None
