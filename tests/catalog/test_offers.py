"""Offers follow locations, EVSEs, connectors and tariffs, and keep their ids."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Offer
from catalog.services import offers
from tests.factories.catalog import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    TariffFactory,
    component,
    elements,
    refreshed,
    station,
)
from tests.shared import fixture

pytestmark = pytest.mark.django_db


def test_an_offer_says_all_that_search_needs():
    location = LocationFactory(
        name="Thunder CS",
        is_green_energy=True,
        raw={
            "operator": {"name": "Thunder Plus"},
            "facilities": ["HOTEL", "WIFI", "HOTEL"],
            "opening_times": {"twentyfourseven": True},
        },
    )

    offer = refreshed(
        station(location=location, tariff={"content": elements(component("ENERGY", 20, vat=18))})
    )

    assert offer.listed is True
    assert offer.party == location.party
    assert offer.location == location
    assert offer.point == (Decimal("28.5503906"), Decimal("77.2584309"))
    assert (offer.status, offer.location_ocpi_id, offer.location_name) == (
        "AVAILABLE",
        location.ocpi_id,
        "Thunder CS",
    )
    assert (offer.address, offer.city, offer.postal_code, offer.country) == (
        "1 Ring Road",
        "Delhi",
        "110001",
        "IND",
    )
    assert offer.time_zone == "Asia/Kolkata"
    assert offer.is_green_energy is True
    assert offer.name == "Bay 1 · CCS2 30 kW DC"
    assert (offer.connector_standard, offer.power_type, offer.power_w) == ("IEC_62196_T2_COMBO", "DC", 30000)
    assert offer.facilities == ["HOTEL", "WIFI"]
    assert offer.opening_hours == "24/7"
    assert offer.search_text == f"thunder cs 1 ring road delhi thunder plus {location.party.name}".casefold()
    assert (offer.energy_price, offer.currency, offer.price_valid_until) == (Decimal("23.6000"), "INR", None)


def test_ids_stay_and_connectors_of_one_evse_share_the_fulfillment():
    first = station()
    other_evse = ConnectorFactory(evse=EvseFactory(location=first.evse.location, position=1))
    before = refreshed(first)
    second = ConnectorFactory(evse=first.evse, standard="CHADEMO")
    first.evse.location.name = "New name"
    first.evse.location.save()

    after = refreshed(first)

    assert after.location_name == "New name"
    assert (after.pk, after.offer_id, after.fulfillment_id) == (
        before.pk,
        before.offer_id,
        before.fulfillment_id,
    )
    assert Offer.objects.get(connector=second).fulfillment_id == before.fulfillment_id
    assert Offer.objects.get(connector=second).offer_id != before.offer_id
    assert Offer.objects.get(connector=other_evse).fulfillment_id != before.fulfillment_id


def test_new_connectors_of_one_evse_share_the_fulfillment_from_the_start():
    evse = EvseFactory()
    connectors = [ConnectorFactory(evse=evse) for _ in range(3)]

    offers.refresh([evse.location_id])

    assert len({Offer.objects.get(connector=each).fulfillment_id for each in connectors}) == 1


def change(row, **values):
    type(row).objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize(
    "hide",
    [
        lambda c: change(c.evse.location, publish=False),
        lambda c: change(c.evse.location, gone_at=timezone.now()),
        lambda c: change(c.evse.location.party, active=False),
        lambda c: change(c.evse, status="REMOVED"),
        lambda c: change(c.evse, status="PLANNED"),
        lambda c: change(c, removed=True),
        lambda c: change(c.evse.location, latitude=0, longitude=0),
        lambda c: change(c.evse.location, latitude=Decimal("95")),
        lambda c: change(c.evse.location, longitude=Decimal("-180.5")),
    ],
)
def test_what_cannot_be_bought_is_not_listed_but_stays(hide):
    connector = station()
    offer = refreshed(connector)
    hide(connector)

    hidden = refreshed(connector)

    assert offer.listed is True
    assert hidden.listed is False
    assert (hidden.pk, hidden.offer_id) == (offer.pk, offer.offer_id)


def test_what_comes_back_is_listed_again_under_its_old_id():
    connector = station()
    offer = refreshed(connector)
    change(connector, removed=True)
    refreshed(connector)
    change(connector, removed=False)

    assert refreshed(connector).listed is True
    assert refreshed(connector).offer_id == offer.offer_id


def test_a_connector_that_was_removed_before_we_knew_it_gets_no_offer():
    connector = station(removed=True)

    offers.refresh([connector.evse.location_id])

    assert not Offer.objects.exists()


def test_an_evse_may_have_a_place_of_its_own():
    location = LocationFactory(latitude=0, longitude=0)
    placed = EvseFactory(location=location, latitude=Decimal("28.1"), longitude=Decimal("77.1"))
    nowhere = EvseFactory(location=location, latitude=Decimal(0), longitude=Decimal(0))

    assert refreshed(ConnectorFactory(evse=placed)).point == (Decimal("28.1"), Decimal("77.1"))
    assert refreshed(ConnectorFactory(evse=placed)).listed is True
    assert refreshed(ConnectorFactory(evse=nowhere)).listed is False


def test_latitude_zero_alone_is_a_place():
    assert refreshed(station(location=LocationFactory(latitude=0))).listed is True


def stations(count):
    location_ids = []
    for _ in range(count):
        connector = station()
        ConnectorFactory(evse=connector.evse, tariff_ids=connector.tariff_ids)
        location_ids.append(connector.evse.location_id)
    return location_ids


def test_a_page_takes_the_same_number_of_queries_as_one_location():
    few, many = stations(1), stations(30)
    with CaptureQueriesContext(connection) as one:
        offers.refresh(few)
    with CaptureQueriesContext(connection) as thirty:
        offers.refresh(many)
    written = set(Offer.objects.values_list("updated_at", flat=True))
    with CaptureQueriesContext(connection) as again:
        offers.refresh(many)

    def statements(queries):
        return [q for q in queries if "SAVEPOINT" not in q["sql"]]

    assert Offer.objects.count() == 62
    assert len(statements(one)) == len(statements(thirty)) == 9
    assert len(statements(again)) == 7
    assert set(Offer.objects.values_list("updated_at", flat=True)) == written  # nothing changed, nothing is written


def test_real_operator():
    """Thunder+: ids of 20 characters, UNKNOWN statuses, both tariffs out of date."""
    (raw,) = fixture("ocpi/thp/thp_locations.json")["data"]
    location = LocationFactory(ocpi_id=raw["id"], name=raw["name"], raw={"operator": raw["operator"]})
    for tariff in fixture("ocpi/thp/thp_tariffs.json")["data"]:
        TariffFactory(party=location.party, ocpi_id=tariff["id"], content=tariff)
    for position, evse in enumerate(raw["evses"]):
        (plug,) = evse["connectors"]
        ConnectorFactory(
            evse=EvseFactory(
                location=location,
                uid=evse["uid"],
                evse_id=evse["evse_id"],
                status=evse["status"],
                physical_reference=evse["physical_reference"],
                position=position,
            ),
            ocpi_id=plug["id"],
            standard=plug["standard"],
            power_type=plug["power_type"],
            max_voltage_v=plug["max_voltage"],
            max_amperage_a=plug["max_amperage"],
            max_electric_power_w=plug["max_electric_power"],
            tariff_ids=plug["tariff_ids"],
        )

    offers.refresh([location.pk])

    made = Offer.objects.order_by("pk")
    assert [offer.name for offer in made] == [
        "Test QR Code - T · Type 2 15 kW AC",
        "Test QR Code - T · Type 2 20 kW AC",
        "Testing · IEC_60309_2_three_16 3.3 kW AC",
        "Testing · DOMESTIC_D 3.3 kW AC",
        "Thunder+ Test CP · Type 2 10 kW AC",
        "Thunder+ Test CP · DOMESTIC_D 3.3 kW AC",
    ]
    assert [(offer.status, offer.listed, offer.energy_price) for offer in made] == [
        ("UNKNOWN", True, None)
    ] * 4 + [("AVAILABLE", True, None)] * 2
    assert len({offer.fulfillment_id for offer in made}) == 6
