"""News from the CPOs is in the next search: in the same transaction, without a worker."""

from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models import Offer
from catalog.search import offers_near
from catalog.search_types import SearchWish
from ocpi.models import Location, Tariff
from ocpi.services.evse_status import store_status
from ocpi.services.locations import store_locations
from ocpi.services.tariffs import store_tariff, store_tariffs
from ocpi.signals import locations_stored, tariffs_stored
from tests.factories.catalog import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    PartyFactory,
    TariffFactory,
)
from tests.shared import fixture

pytestmark = pytest.mark.django_db


@pytest.fixture
def connector():
    tariff = TariffFactory()
    evse = EvseFactory(location=LocationFactory(party=tariff.party))
    connector = ConnectorFactory(evse=evse, tariff_ids=[tariff.ocpi_id])
    locations_stored.send(sender=Location, location_ids=[evse.location_id])
    return connector


def found():
    wish = SearchWish(latitude=Decimal("28.55"), longitude=Decimal("77.26"))
    return [(offer.status, offer.energy_price) for offer in offers_near(wish)]


def test_a_stored_location_is_found(connector):
    assert found() == [("AVAILABLE", Decimal(18))]


def test_a_changed_status_is_found(connector):
    location = connector.evse.location
    told = {"status": "CHARGING", "last_updated": "2030-03-01T09:00:00Z", "check_order": False}

    assert store_status(location.party_id, location.ocpi_id, connector.evse.uid, **told) is True
    assert found() == [("CHARGING", Decimal(18))]


def test_a_deleted_tariff_leaves_the_station_without_price(connector):
    Tariff.objects.update(deleted_at=timezone.now())
    tariffs_stored.send(sender=Tariff, tariff_ids=[Tariff.objects.get().pk])

    assert found() == [("AVAILABLE", None)]


def test_a_party_switched_off_and_on(connector):
    party = connector.evse.location.party
    party.active = False
    party.save()
    assert found() == []

    party.active = True
    party.save(update_fields=["active"])

    assert found() == [("AVAILABLE", Decimal(18))]


def test_another_change_of_a_party_leaves_the_offers_alone(connector):
    party = connector.evse.location.party
    Offer.objects.update(listed=False)

    party.save(update_fields=["name"])

    assert found() == []


def test_a_real_operators_page_is_found_and_priced_by_the_tariff_that_replaces_its_old_one():
    """Thunder+: both tariffs of the page ended in 2024; then one comes that is in force."""
    party, now = PartyFactory(country_code="IN", party_id="THP"), timezone.now()
    store_locations(party, fixture("ocpi/thp/thp_locations.json")["data"], received_at=now)
    old = fixture("ocpi/thp/thp_tariffs.json")["data"]
    store_tariffs(party, old, received_at=now)
    assert found() == [("UNKNOWN", None)] * 4 + [("AVAILABLE", None)] * 2

    new = old[1] | {"start_date_time": None, "end_date_time": None, "last_updated": "2026-01-01T00:00:00Z"}
    store_tariff(party, new["id"], new, received_at=now)

    price = Decimal("23.6000")
    assert found() == [("UNKNOWN", None)] * 2 + [("UNKNOWN", price)] * 2 + [("AVAILABLE", price)] * 2
