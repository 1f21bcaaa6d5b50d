"""The price per kWh on an offer: by which tariff, and until when. And whether it is green."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from ocpi.models import Connection
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

pytestmark = pytest.mark.django_db


def test_a_tariff_may_be_green():
    green = {"content": {"energy_mix": {"is_green_energy": True}}}

    assert refreshed(station(tariff=green)).is_green_energy is True
    assert refreshed(station()).is_green_energy is False


@pytest.mark.parametrize(
    "content",
    [
        elements(component("FLAT", 0)),
        elements(component("TIME", 60)),
        {"end_date_time": "2024-05-20T06:30:43.825Z"},
        {"currency": "rupees"},
        elements(component("ENERGY", "999999999")),
        {"elements": []},
        {"elements": "free"},
    ],
)
def test_an_unknown_price_is_none_and_the_station_is_listed(content):
    offer = refreshed(station(tariff={"content": content}))

    assert offer.energy_price is None
    assert offer.listed is True


def test_a_free_tariff_costs_nothing():
    assert refreshed(station(tariff={"energy": "0"})).energy_price == Decimal("0.0000")


def test_without_any_tariff_the_price_is_unknown():
    offer = refreshed(ConnectorFactory(tariff_ids=["nobody-knows"]))

    assert (offer.energy_price, offer.tariff, offer.currency, offer.price_valid_until) == (
        None,
        None,
        "",
        None,
    )


def test_where_vat_is_unknown_the_price_is_without_it():
    connector = station(tariff={"content": elements(component("ENERGY", "0.25"))})
    Connection.objects.update(version="2.1.1")

    assert refreshed(connector).energy_price == Decimal("0.2500")


def test_the_price_is_looked_at_again_when_the_tariff_ends_or_the_next_one_starts():
    location = LocationFactory()
    now = timezone.now().replace(microsecond=0)
    ends_at, starts_at = now + timedelta(days=3), now + timedelta(days=2)
    running = TariffFactory(party=location.party, content={"end_date_time": ends_at.isoformat()})
    announced = TariffFactory(
        party=location.party, energy="20", content={"start_date_time": starts_at.isoformat()}
    )
    evse = EvseFactory(location=location)

    alone = refreshed(ConnectorFactory(evse=evse, tariff_ids=[running.ocpi_id]))
    both = refreshed(ConnectorFactory(evse=evse, tariff_ids=[running.ocpi_id, announced.ocpi_id]))
    soon = refreshed(ConnectorFactory(evse=evse, tariff_ids=[announced.ocpi_id]))

    assert (alone.energy_price, alone.price_valid_until) == (Decimal(18), ends_at)
    assert (both.energy_price, both.price_valid_until) == (Decimal(18), starts_at)
    assert (soon.energy_price, soon.price_valid_until) == (None, starts_at)


def test_a_price_that_changes_in_the_day_is_valid_until_then():
    day = {
        "price_components": [component("ENERGY", 20)],
        "restrictions": {"start_time": "06:00", "end_time": "22:00"},
    }
    night = {"price_components": [component("ENERGY", 12)]}

    offer = refreshed(station(tariff={"content": {"elements": [day, night]}}))

    # 06:00 and 22:00 in India are 00:30 and 16:30 UTC.
    assert (offer.price_valid_until.hour, offer.price_valid_until.minute) in {(0, 30), (16, 30)}
    assert timezone.now() < offer.price_valid_until < timezone.now() + timedelta(days=1)


def test_a_price_for_the_night_only_is_found_when_the_night_comes():
    """No price by day, and the offer still knows when to look again."""
    window = {"start_time": "23:00", "end_time": "23:30"}
    content = {"elements": [{"price_components": [component("ENERGY", 12)], "restrictions": window}]}

    offer = refreshed(station(tariff={"content": content}))

    assert offer.price_valid_until is not None


def test_prices_at_a_moment_in_the_past_are_not_valid_from_the_past():
    """A moment to look again lies ahead, so that the beat cannot turn in circles."""
    content = {"start_date_time": "2020-01-01T00:00:00Z", "end_date_time": "2099-12-31T00:00:00Z"}

    offer = refreshed(station(tariff={"content": content}))

    assert offer.price_valid_until == datetime(2099, 12, 31, tzinfo=UTC)
