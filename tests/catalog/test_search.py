"""Search: nearest first, strict on area, plug, provider and power, soft on free text."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Offer
from catalog.search import offers_near
from catalog.search_statement import statement, text_words
from catalog.search_types import SearchWish
from ocpi.models import Connector, Party
from tests.factories.catalog import ConnectorFactory, EvseFactory, LocationFactory, OfferFactory, PartyFactory

pytestmark = pytest.mark.django_db

DELHI = Decimal("28.6"), Decimal("77.2")


def offer_at(latitude, longitude, **over):
    location = over.pop("location", None) or LocationFactory(
        latitude=Decimal(str(latitude)), longitude=Decimal(str(longitude)), **over.pop("at", {})
    )
    evse = over.pop("evse", None) or EvseFactory(location=location)
    return OfferFactory(connector=ConnectorFactory(evse=evse, **over.pop("plug", {})), **over)


def around(place=DELHI, **over):
    return offers_near(SearchWish(latitude=Decimal(place[0]), longitude=Decimal(place[1]), **over))


def ids(offers):
    return [offer.pk for offer in offers]


def test_nearest_location_comes_first():
    far, near, middle = (offer_at(Decimal(latitude), "77.2") for latitude in ("28.63", "28.61", "28.62"))

    found = around()

    assert ids(found) == ids([near, middle, far])
    assert [round(offer.distance_m) for offer in found] == [1112, 2224, 3336]


def test_the_order_is_in_metres_and_not_in_degrees():
    """At 60° north a degree of longitude is half a degree of latitude."""
    north = offer_at("60.010", "25.000")
    east = offer_at("60.000", "25.015")

    assert ids(around(("60", "25"))) == ids([east, north])


def test_the_radius_is_exact():
    offer = offer_at("28.627", "77.2")  # 3002 m

    assert ids(around(radius_m=3003)) == [offer.pk]
    assert around(radius_m=3001) == []


def test_the_corner_of_the_box_is_outside_the_circle():
    offer_at("28.68", "77.29")

    assert around(radius_m=10_000) == []


def test_nothing_near_is_an_empty_list():
    offer_at("13.0", "77.6")

    assert around() == []


@pytest.mark.parametrize(("centre", "place"), [("179.99", "-179.99"), ("-179.99", "179.99")])
def test_a_circle_goes_on_behind_the_date_line(centre, place):
    behind = offer_at("-17.0", place)
    before = offer_at("-17.0", centre)

    found = around(("-17.0", centre), radius_m=5_000)
    filtered = around(("-17.0", centre), radius_m=5_000, min_power_w=1)

    assert ids(found) == ids(filtered) == ids([before, behind])
    assert round(found[1].distance_m) == 2127


@pytest.mark.parametrize(("pole", "latitude"), [("90", "89.99"), ("-90", "-89.99"), ("89.995", "89.98")])
def test_a_circle_may_hold_a_pole(pole, latitude):
    offers = [offer_at(latitude, longitude) for longitude in (0, 170, -90)]

    assert sorted(ids(around((pole, "10"), radius_m=20_000))) == sorted(ids(offers))


def test_a_radius_of_the_whole_globe_finds_everything():
    offers = [offer_at("-28.6", "-102.7"), offer_at("28.6", "77.2"), offer_at("0", "179.9")]

    assert sorted(ids(around(radius_m=50_000_000))) == sorted(ids(offers))


def test_offers_of_a_location_stay_together_in_the_order_of_the_cpo():
    location = LocationFactory(latitude=DELHI[0], longitude=DELHI[1])
    second = EvseFactory(location=location, position=1)
    first = EvseFactory(location=location, position=0)
    d = OfferFactory(connector=ConnectorFactory(evse=second, position=1))
    c = OfferFactory(connector=ConnectorFactory(evse=second, position=0))
    a = OfferFactory(connector=ConnectorFactory(evse=first, position=0))
    b = OfferFactory(connector=ConnectorFactory(evse=first, position=1))
    same_place = offer_at(*DELHI)

    assert ids(around()) == ids([a, b, c, d, same_place])


def test_an_evse_with_its_own_place_outside_the_circle_is_left_out():
    location = LocationFactory(latitude=DELHI[0], longitude=DELHI[1])
    inside = offer_at(None, None, location=location)
    offer_at(None, None, location=location, point=(Decimal("28.75"), Decimal("77.2")))

    assert ids(around(radius_m=10_000)) == [inside.pk]


def test_what_is_not_listed_is_not_found():
    offer_at(*DELHI, listed=False)

    assert around() == []
    assert offers_near(SearchWish()) == []


def test_a_party_that_was_switched_off_is_not_found_even_before_its_offers_know():
    offer_at(*DELHI)
    Party.objects.update(active=False)

    assert around() == []


def test_strict_filters():
    ccs = offer_at(*DELHI, power_w=30000)
    type2 = offer_at(
        *DELHI, plug={"standard": "IEC_62196_T2"}, power_w=22000, is_green_energy=True, status="CHARGING"
    )
    unknown = offer_at(*DELHI, plug={"standard": "CHADEMO"}, power_w=None)

    assert ids(around(connector_standards=frozenset({"IEC_62196_T2_COMBO"}))) == [ccs.pk]
    assert ids(around(connector_standards=frozenset({"CHADEMO", "IEC_62196_T2"}))) == ids([type2, unknown])
    assert around(connector_standards=frozenset({"GBT_DC"})) == []
    assert ids(around(min_power_w=22000)) == ids([ccs, type2])
    assert ids(around(min_power_w=22001)) == [ccs.pk]
    assert ids(around(max_power_w=22000)) == [type2.pk]
    assert ids(around(green_only=True)) == [type2.pk]
    assert ids(around(available_only=True)) == ids([ccs, unknown])
    assert ids(around(provider_ids=frozenset({ccs.party.provider_id}))) == [ccs.pk]
    assert around(provider_ids=frozenset({"nobody.example"})) == []
    assert ids(around(fulfillment_ids=frozenset({type2.fulfillment_id}))) == [type2.pk]
    assert ids(around(offer_ids=frozenset({ccs.offer_id}))) == [ccs.pk]


def test_an_unknown_connector_type_is_no_filter():
    offer = offer_at(*DELHI)

    assert ids(around(connector_standards=frozenset())) == [offer.pk]


def test_free_text_narrows_where_it_fits():
    mall = offer_at(*DELHI, at={"name": "Select Citywalk Mall"})
    offer_at(*DELHI, at={"name": "Connaught Place"})

    assert ids(around(text="EV charging at Citywalk MALL")) == [mall.pk]


@pytest.mark.parametrize("text", ["charging stations for ioniq 5", "for a blue car", "%", "EV charger"])
def test_free_text_that_fits_nothing_is_ignored(text):
    offers = [offer_at(*DELHI), offer_at(*DELHI)]

    assert ids(around(text=text)) == ids(offers)


def test_free_text_does_not_lift_the_strict_filters():
    offer_at(*DELHI)

    assert around(text="nothing fits this", connector_standards=frozenset({"CHADEMO"})) == []


def test_words_that_every_station_has_do_not_count():
    assert text_words("Charging Stations for Ioniq 5, ioniq") == ["ioniq", "5"]
    assert text_words(None) == []


def test_without_a_point_everything_is_found_by_location():
    first, second, third = (offer_at("28.6", "77.2") for _ in range(3))

    found = offers_near(SearchWish(limit_locations=2))

    assert ids(found) == ids([first, second])
    assert found[0].distance_m is None


def test_a_dense_location_leaves_room_for_its_neighbours():
    depot = LocationFactory(latitude=DELHI[0], longitude=DELHI[1])
    bays = [offer_at(None, None, location=depot, status="CHARGING") for _ in range(30)]
    free = offer_at(None, None, location=depot)
    neighbours = [offer_at(Decimal("28.6") + Decimal(n) / 1000, "77.2") for n in range(1, 4)]

    found = around(limit_locations=2, limit_per_location=5)

    assert ids(found) == ids([*bays[:4], free, neighbours[0]])


def test_the_limit_keeps_the_nearest_in_metres():
    """The index hands out by degrees: at 60° north those to the north come before nearer ones to the east."""
    for n in range(40):
        offer_at(Decimal("60") + Decimal(100 + n) / 10_000, "25")  # from 1112 m on
    east = [offer_at("60", Decimal("25") + Decimal(150 + n) / 10_000) for n in range(3)]  # from 834 m on

    assert ids(around(("60", "25"), limit_locations=3)) == ids(east)


def test_the_provider_comes_along_in_one_query():
    details = {"name": "Thunder Plus"}
    party = PartyFactory(name="Thunder", provider_id="thunder.example", business_details=details)
    for _ in range(3):
        offer_at(*DELHI, at={"party": party}, energy_price=Decimal("18"))

    with CaptureQueriesContext(connection) as queries:
        found = around()
        seen = [(o.party.name, o.party.provider_id, o.party.business_details, o.energy_price) for o in found]

    assert len(queries) == 1
    assert found[0].party.connection == party.connection
    assert seen == [("Thunder", "thunder.example", details, Decimal("18"))] * 3


def test_the_geographic_index_is_used():
    template = offer_at(*DELHI)
    connectors = Connector.objects.bulk_create(
        ConnectorFactory.build(evse=template.evse, ocpi_id=f"C{n}") for n in range(3000)
    )
    Offer.objects.bulk_create(
        OfferFactory.build(connector=connector, point=(Decimal(n) / 200, Decimal(n) / 100))
        for n, connector in enumerate(connectors)
    )
    sql, params = statement(SearchWish(latitude=DELHI[0], longitude=DELHI[1]), 720)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_offer")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Scan using offer_point on catalog_offer" in plan
    assert "Order By: (point <-> " in plan
