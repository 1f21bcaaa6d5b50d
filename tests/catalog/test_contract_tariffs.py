"""Prices agreed with an operator beside OCPI: where they count, for whom, and what they do to what was sold (T48)."""

from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.errors import PriceUnknown
from catalog.models import Offer
from catalog.services.quoting import quote
from ocpi.models import ContractTariff, Party, PriceSource, Tariff, TariffVersion
from ocpi.services import connection_settings, tariffs
from ocpi.services.refusals import InvalidObject, UnknownObject
from tests.factories.catalog import refreshed, station
from tests.factories.ocpi import tariff_body

pytestmark = pytest.mark.django_db


def contract(price):
    return {
        "currency": "INR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": price, "step_size": 1}]}],
    }


def keep(party, stands_for, price):
    return tariffs.keep_contract(tariffs.contract_row(party, stands_for, contract(price), at=timezone.now()))


def price_of(offer):
    return Offer.objects.get(pk=offer.pk).energy_price


def switch(offer, source):
    offer.party.connection.price_source = source
    connection_settings.save(offer.party.connection, ["price_source"])


@pytest.fixture
def offer():
    """A connector that names the operator's tariff T-1 of 18 per kWh."""
    connector = station(tariff={"ocpi_id": "T-1", "energy": "18"})
    return refreshed(connector)


def test_a_contract_counts_when_the_connection_says_so_and_offers_follow_at_once(offer):
    keep(offer.party, "t-1 ", 12)
    assert price_of(offer) == Decimal(18)

    switch(offer, PriceSource.CONTRACT)
    assert price_of(offer) == Decimal(12)
    made = quote(Offer.objects.get(), energy_kwh=Decimal(5), at=timezone.now())
    assert (made.total, made.tariff["id"]) == (Decimal("60.00"), "contract t-1")

    switch(offer, PriceSource.OCPI)
    assert price_of(offer) == Decimal(18)


def test_one_of_its_own_goes_before_the_one_for_all_others(offer):
    switch(offer, PriceSource.CONTRACT)
    keep(offer.party, "", 20)
    assert price_of(offer) == Decimal(20)

    own = keep(offer.party, "T-1", 12)
    assert price_of(offer) == Decimal(12)

    tariffs.end_contract(own, at=timezone.now())
    assert price_of(offer) == Decimal(20)
    with pytest.raises(UnknownObject):
        tariffs.end_contract(own, at=timezone.now())


def test_without_a_contract_there_is_no_price_rather_than_one_for_others(offer):
    switch(offer, PriceSource.CONTRACT)

    assert price_of(offer) is None
    with pytest.raises(PriceUnknown):
        quote(Offer.objects.get(), energy_kwh=Decimal(5), at=timezone.now())


def test_a_contract_holds_for_its_own_party_alone(offer):
    connection = offer.party.connection
    other = Party.objects.create(
        connection=connection, country_code="IN", party_id="OTH", name="Other", provider_id="other"
    )
    switch(offer, PriceSource.CONTRACT)
    keep(other, "", 9)
    keep(other, "T-1", 8)

    assert price_of(offer) is None


def test_a_new_price_is_a_new_version_and_the_old_one_stays(offer):
    first, second = keep(offer.party, "", 12), keep(offer.party, "", 14)
    keep(offer.party, "", 14)

    assert first.pk == second.pk
    versions = TariffVersion.objects.filter(tariff=first).order_by("number")
    prices = [row.raw["elements"][0]["price_components"][0]["price"] for row in versions]
    assert prices == [12, 14]


def test_what_the_operator_tells_never_meets_the_contract(offer):
    party, now = offer.party, timezone.now()
    kept = keep(party, "T-1", 12)
    told = tariff_body(country_code=party.country_code, party_id=party.party_id)

    for name in (" T-1", "contract T-1", "T-1"):
        tariffs.store_tariff(party, name.strip(), told | {"id": name}, received_at=now)
        tariffs.delete_tariff(party, name, deleted_at=now)

    kept.refresh_from_db()
    assert (kept.deleted_at, kept.raw["elements"][0]["price_components"][0]["price"]) == (None, 12)
    assert sorted(Tariff.objects.values_list("key", flat=True)) == [" t-1", "contract t-1", "t-1"]
    assert ContractTariff.objects.get(pk=kept.pk).stands_for == "t-1"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (contract(12) | {"currency": None}, "currency"),
        (contract(12) | {"currency": "rupees"}, "currency"),
        ({"currency": "INR"}, "elements"),
    ],
)
def test_what_is_no_tariff_is_refused_by_name(offer, given, path):
    with pytest.raises(InvalidObject) as refused:
        tariffs.contract_row(offer.party, "", given, at=timezone.now())
    assert refused.value.path == path
    assert Tariff.objects.count() == 1
