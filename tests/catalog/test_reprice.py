"""Prices follow new tariffs and the clock, many offers at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Offer
from catalog.services import offers, prices
from catalog.tasks import reprice_due
from ocpi.models import Tariff
from tests.factories.catalog import (
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    PartyFactory,
    TariffFactory,
    component,
    elements,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def party():
    return PartyFactory()


def offer_with(party, *tariff_ids, **location):
    connector = ConnectorFactory(
        evse=EvseFactory(location=LocationFactory(party=party, **location)), tariff_ids=list(tariff_ids)
    )
    offers.refresh([connector.evse.location_id])
    return Offer.objects.get(connector=connector)


def price_of(offer):
    offer.refresh_from_db()
    return offer.energy_price


def test_a_tariff_that_arrives_after_its_connector_prices_it(party):
    offer = offer_with(party, "T-1")
    assert price_of(offer) is None
    tariff = TariffFactory(party=party, ocpi_id="t-1")

    assert offers.refresh_for_tariffs([tariff.pk]) == 1

    assert price_of(offer) == Decimal(18)
    assert (offer.tariff, offer.currency) == (tariff, "INR")


def test_a_changed_tariff_changes_the_price_where_it_is_named(party):
    tariff = TariffFactory(party=party, ocpi_id="T")
    TariffFactory(party=party, ocpi_id="T-2", energy="9")
    named, other = offer_with(party, "T"), offer_with(party, "T-2")
    Tariff.objects.filter(pk=tariff.pk).update(raw=tariff.raw | elements(component("ENERGY", 20, vat=18)))

    offers.refresh_for_tariffs([tariff.pk])

    assert price_of(named) == Decimal("23.6000")
    assert price_of(other) == Decimal(9)


def test_a_deleted_tariff_leaves_the_price_unknown(party):
    tariff = TariffFactory(party=party)
    offer = offer_with(party, tariff.ocpi_id)
    Tariff.objects.filter(pk=tariff.pk).update(deleted_at=timezone.now())

    offers.refresh_for_tariffs([tariff.pk])

    assert price_of(offer) is None
    assert (offer.tariff, offer.currency) == (None, "")


def test_another_platform_is_not_touched(party):
    tariff = TariffFactory(party=party, ocpi_id="T")
    offer_with(PartyFactory(), "T")

    assert offers.refresh_for_tariffs([tariff.pk]) == 0


def test_a_green_tariff_that_ends_leaves_the_stations_own_green(party):
    tariff = TariffFactory(party=party, content={"energy_mix": {"is_green_energy": True}})
    grey, green = offer_with(party, tariff.ocpi_id), offer_with(party, tariff.ocpi_id, is_green_energy=True)
    assert grey.is_green_energy and green.is_green_energy
    Tariff.objects.filter(pk=tariff.pk).update(raw=tariff.raw | {"energy_mix": None})

    offers.refresh_for_tariffs([tariff.pk])

    assert list(Offer.objects.order_by("pk").values_list("is_green_energy", flat=True)) == [False, True]


def test_unchanged_prices_are_not_written(party):
    tariff = TariffFactory(party=party)
    before = offer_with(party, tariff.ocpi_id).updated_at

    assert offers.refresh_for_tariffs([tariff.pk]) == 1

    assert Offer.objects.get().updated_at == before


def test_many_offers_are_priced_in_few_queries_over_chunks(party, monkeypatch):
    monkeypatch.setattr(prices, "CHUNK", 4)
    tariff = TariffFactory(party=party)
    for _ in range(10):
        offer_with(party, tariff.ocpi_id)
    Tariff.objects.filter(pk=tariff.pk).update(raw=tariff.raw | elements(component("ENERGY", 21)))

    with CaptureQueriesContext(connection) as queries:
        assert offers.refresh_for_tariffs([tariff.pk]) == 10

    updates = [query for query in queries if query["sql"].startswith("UPDATE")]
    assert len(updates) == 3
    assert list(Offer.objects.values_list("energy_price", flat=True).distinct()) == [Decimal(21)]


def test_what_is_due_is_priced_by_the_beat(party, monkeypatch):
    monkeypatch.setattr(prices, "CHUNK", 2)
    now = timezone.now()
    TariffFactory(
        party=party, ocpi_id="old", content={"end_date_time": (now - timedelta(minutes=1)).isoformat()}
    )
    TariffFactory(
        party=party,
        ocpi_id="new",
        energy="20",
        content={"start_date_time": (now - timedelta(minutes=1)).isoformat()},
    )
    due = [offer_with(party, "old", "new") for _ in range(5)]
    later, never = offer_with(party, "old"), offer_with(party, "old")
    Offer.objects.filter(pk__in=[offer.pk for offer in due]).update(
        energy_price=18, price_valid_until=now - timedelta(seconds=1)
    )
    Offer.objects.filter(pk=later.pk).update(energy_price=18, price_valid_until=now + timedelta(hours=1))
    Offer.objects.filter(pk=never.pk).update(energy_price=18, price_valid_until=None)

    reprice_due()

    assert [price_of(offer) for offer in due] == [Decimal(20)] * 5
    assert [offer.price_valid_until for offer in due] == [None] * 5
    assert [price_of(later), price_of(never)] == [Decimal(18), Decimal(18)]
    assert prices.reprice_due() == 0


def test_a_due_price_that_stays_the_same_is_no_longer_due(party):
    """Otherwise the beat would turn in circles."""
    tariff = TariffFactory(party=party)
    offer = offer_with(party, tariff.ocpi_id)
    Offer.objects.filter(pk=offer.pk).update(price_valid_until=timezone.now())

    assert prices.reprice_due() == 1
    assert price_of(offer) == Decimal(18)
    assert offer.price_valid_until is None


def test_a_tariff_that_cannot_be_read_does_not_stop_the_others(party):
    bad = TariffFactory(party=party, ocpi_id="bad", content=elements({"type": "ENERGY", "price": "eighteen"}))
    good = TariffFactory(party=party, ocpi_id="good")
    broken, fine = offer_with(party, "bad"), offer_with(party, "good")
    Offer.objects.update(price_valid_until=timezone.now(), energy_price=1)

    assert prices.reprice_due() == 2
    assert [price_of(broken), price_of(fine)] == [None, Decimal(18)]
    assert [broken.tariff, fine.tariff] == [bad, good]


@pytest.mark.parametrize(("power_w", "expected"), [(22_000, 10), (60_000, 50)])
def test_the_price_is_that_of_the_connectors_power(party, power_w, expected):
    raw = {"elements": [
        {"price_components": [component("ENERGY", 10)], "restrictions": {"max_power": 50}},
        {"price_components": [component("ENERGY", 50)]},
    ]}  # fmt: skip
    tariff = TariffFactory(party=party, ocpi_id="T")
    connector = ConnectorFactory(
        evse=EvseFactory(location=LocationFactory(party=party)), tariff_ids=["T"], max_electric_power_w=power_w
    )
    offers.refresh([connector.evse.location_id])
    Tariff.objects.filter(pk=tariff.pk).update(raw=tariff.raw | raw)

    offers.refresh_for_tariffs([tariff.pk])
    assert price_of(Offer.objects.get()) == expected

    Offer.objects.all().delete()
    offers.refresh([connector.evse.location_id])
    assert price_of(Offer.objects.get()) == expected
