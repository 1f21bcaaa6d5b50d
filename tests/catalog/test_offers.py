"""Offers follow locations, EVSEs, connectors and tariffs, and keep their ids."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Offer
from catalog.services import offers
from ocpi.models import Connection, Evse, Location, PriceSource
from ocpi.services.evse_status import store_status
from ocpi.services.locations import store_locations
from ocpi.services.tariffs import store_tariffs
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
from tests.factories.ocpi import CpoFactory, connector_body, evse_body, location_body, tariff_body
from tests.shared import fixture

pytestmark = pytest.mark.django_db
LATER = "2026-03-01T09:00:00Z"


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


OLD, NEW = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


def twins(evse_id="IN*TST*E1", *, new_at=NEW, new=None, place=None):
    """Connectors of two EVSEs with one name, the older one first; place: of the newer one, else the same location."""
    old = EvseFactory(evse_id=evse_id, last_updated=OLD)
    location = place(old.location.party) if place else old.location
    moved = EvseFactory(location=location, evse_id=evse_id, last_updated=new_at, **(new or {}))
    return ConnectorFactory(evse=old), ConnectorFactory(evse=moved)


def listed(*connectors):
    return [Offer.objects.get(connector=connector).listed for connector in connectors]


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ({}, [False, True]),
        ({"new_at": OLD}, [True, True]),  # nobody can tell which of them is left over
        ({"new": {"status": "REMOVED"}}, [True, False]),
        ({"evse_id": "#NA"}, [True, True]),
        ({"evse_id": ""}, [True, True]),
        ({"evse_id": "EVSE"}, [True, True]),
        ({"place": lambda party: LocationFactory(party=party)}, [False, True]),
        ({"place": lambda party: LocationFactory(party=party, publish=False)}, [True, False]),
        ({"place": lambda party: LocationFactory(party=party, gone_at=NEW)}, [True, False]),
        ({"place": lambda party: LocationFactory()}, [True, True]),  # another operator
    ],
)
def test_of_two_evses_with_one_evse_id_the_newest_is_listed(over, expected):
    old, new = twins(**over)

    offers.refresh({old.evse.location_id, new.evse.location_id})

    assert listed(old, new) == expected


def test_an_evse_that_moves_is_no_longer_listed_where_it_was(django_capture_on_commit_callbacks):
    old, new = twins(place=lambda party: LocationFactory(party=party))
    with django_capture_on_commit_callbacks(execute=True):
        offers.refresh([old.evse.location_id])
    assert listed(old, new) == [False, True]

    Evse.objects.filter(pk=old.evse_id).update(last_updated=NEW + timedelta(days=1))
    with django_capture_on_commit_callbacks(execute=True):
        offers.refresh([new.evse.location_id])
    assert listed(old, new) == [True, False]


@pytest.mark.parametrize("together", [True, False])
def test_of_new_locations_with_one_evse_id_the_newest_is_listed(together, django_capture_on_commit_callbacks):
    party, at = CpoFactory(), {"OLD": "2026-03-01T08:00:00Z", "NEW": "2026-03-02T08:00:00Z"}
    bodies = [
        location_body(id=name, evses=[evse_body(uid=name, evse_id="IN*CPO*E7", last_updated=moment)])
        for name, moment in at.items()
    ]

    with django_capture_on_commit_callbacks(execute=True):
        for page in [bodies] if together else [[body] for body in bodies]:
            store_locations(party, page, received_at=NEW)

    assert dict(Offer.objects.values_list("location_ocpi_id", "listed")) == {"OLD": False, "NEW": True}


def test_the_status_of_an_evse_with_a_twin_takes_the_long_way():
    old, new = twins()
    alone = EvseFactory()
    Evse.objects.update(raw={"last_updated": "2026-03-01T08:00:00Z"})
    told = {"status": "CHARGING", "last_updated": "2026-03-03T08:00:00Z", "check_order": True}

    def quickly(evse):
        return store_status(evse.location.party_id, evse.location.ocpi_id, evse.uid, **told)

    assert [quickly(evse) for evse in (old.evse, new.evse, alone)] == [False, False, True]


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
    assert len(statements(one)) == len(statements(thirty)) == 10
    assert len(statements(again)) == 8
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


def told():
    """A page of new locations of every kind: shown, or not for one reason or the other."""
    second = evse_body(uid="E2", evse_id="", coordinates={"latitude": "28.7", "longitude": "77.1"}, physical_reference="")
    plugs = [connector_body(id="1"), connector_body(id="2", standard="CHADEMO", tariff_ids=["OTHER"], last_updated=LATER)]
    return [
        location_body(id="L1", evses=[evse_body(connectors=plugs), second], facilities=["WIFI"]),
        location_body(id="L2", publish=False),
        location_body(id="L3", coordinates={"latitude": "0", "longitude": "0"}, evses=[evse_body(evse_id=""), second]),
        location_body(id="L4", evses=[evse_body(uid=one, status=one, evse_id="") for one in ("PLANNED", "REMOVED", "X")]),
        location_body(id="L5", energy_mix={"is_green_energy": True}, evses=[]),
    ]


def test_offers_of_new_locations_are_those_that_a_refresh_would_make():
    party = CpoFactory()
    store_tariffs(party, [tariff_body(id="T-1"), tariff_body(id="OTHER", currency="EUR")], received_at=timezone.now())
    store_locations(party, told(), received_at=timezone.now())
    before = list(Offer.objects.order_by("pk").values())

    offers.refresh(Location.objects.values_list("pk", flat=True))

    assert list(Offer.objects.order_by("pk").values()) == before
    assert len({offer["offer_id"] for offer in before}) == len(before) == 9
    shown = Offer.objects.filter(listed=True).order_by("location_ocpi_id", "pk")
    assert [(offer.location_ocpi_id, offer.evse.uid, offer.currency) for offer in shown] == [
        ("L1", "EVSE-1", "INR"), ("L1", "EVSE-1", "EUR"), ("L1", "E2", "INR"), ("L3", "E2", "INR"), ("L4", "X", "INR"),
    ]  # fmt: skip
    assert len({offer.fulfillment_id for offer in shown}) == 4
    assert shown[2].point == (Decimal("28.7"), Decimal("77.1")) and shown[0].facilities == ["WIFI"]


def test_new_locations_are_priced_by_what_their_platform_says_now():
    party = CpoFactory()
    store_tariffs(party, [tariff_body(id="T-1")], received_at=timezone.now())
    Connection.objects.update(price_source=PriceSource.CONTRACT)  # party.connection says otherwise still

    store_locations(party, [location_body()], received_at=timezone.now())

    assert (Offer.objects.get().tariff, Offer.objects.get().energy_price) == (None, None)
