"""Which tariff is in force at a connector: by party, by validity, by type."""

from datetime import UTC, datetime

import pytest

from catalog.errors import PriceUnknown
from catalog.selectors import TariffBook, choose, tariff_for
from ocpi.models import TariffVersion
from tests.factories.catalog import (
    STAMP,
    ConnectorFactory,
    EvseFactory,
    LocationFactory,
    OfferFactory,
    PartyFactory,
    TariffFactory,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def named(party, *tariff_ids):
    book = TariffBook.load([party.connection_id], tariff_ids)
    return book.named(tariff_ids, party_id=party.pk, connection_id=party.connection_id)


def kinds(*types, **content):
    return [TariffFactory(content={"type": kind, **content} if kind else content) for kind in types]


def test_ids_are_compared_without_case_and_kept_in_the_connectors_order():
    party = PartyFactory()
    a, b = TariffFactory(party=party, ocpi_id="Fast-DC"), TariffFactory(party=party, ocpi_id="Slow-AC")

    assert named(party, "slow-ac", "FAST-dc", "SLOW-AC", "gone") == [b, a]


def test_the_same_id_at_another_party_is_not_meant():
    party = PartyFactory()
    neighbour = PartyFactory(connection=party.connection)
    TariffFactory(party=neighbour, ocpi_id="1")
    own = TariffFactory(party=party, ocpi_id="1")

    assert named(party, "1") == [own]


def test_an_id_unknown_at_the_party_is_looked_up_on_its_platform_and_nowhere_else():
    party = PartyFactory()
    platforms = TariffFactory(party=PartyFactory(connection=party.connection), ocpi_id="hub")
    TariffFactory(ocpi_id="elsewhere")

    assert named(party, "hub", "elsewhere") == [platforms]


def test_a_deleted_tariff_of_another_party_does_not_hide_a_living_one():
    party = PartyFactory()
    TariffFactory(party=PartyFactory(connection=party.connection), ocpi_id="hub", deleted_at=STAMP)
    living = TariffFactory(party=PartyFactory(connection=party.connection), ocpi_id="hub")

    assert named(party, "hub") == [living]


def test_a_deleted_tariff_is_none_and_is_not_replaced_by_a_strangers():
    party = PartyFactory()
    TariffFactory(party=party, ocpi_id="1", deleted_at=STAMP)
    TariffFactory(party=PartyFactory(connection=party.connection), ocpi_id="1")
    TariffFactory(party=PartyFactory(connection=party.connection), ocpi_id="2", deleted_at=STAMP)

    assert named(party, "1", "2") == []


@pytest.mark.parametrize(
    ("types", "taken"),
    [
        (["AD_HOC_PAYMENT", "PROFILE_FAST", "REGULAR"], 2),
        (["AD_HOC_PAYMENT", None, "PROFILE_GREEN"], 1),
        (["AD_HOC_PAYMENT", "PROFILE_CHEAP"], 1),
        (["AD_HOC_PAYMENT"], 0),
        (["regular", None], 0),
        (["SOMETHING_NEW", "AD_HOC_PAYMENT"], 0),
    ],
)
def test_regular_comes_first_and_ad_hoc_last(types, taken):
    tariffs = kinds(*types)

    assert choose(tariffs, AT).tariff == tariffs[taken]


@pytest.mark.parametrize(
    ("start", "end", "valid"),
    [
        (None, None, True),
        ("2026-03-02T09:00:00Z", None, True),
        ("2026-03-02T09:00:01Z", None, False),
        (None, "2026-03-02T09:00:00Z", False),
        (None, "2026-03-02T09:00:01Z", True),
        ("2026-03-02T14:30:00+05:30", None, True),
        ("2024-01-17T07:25:05.990Z", "2024-01-17T07:25:05.990Z", False),
        ("soon", "", True),
    ],
)
def test_a_tariff_holds_from_its_start_until_before_its_end(start, end, valid):
    (tariff,) = kinds(None, start_date_time=start, end_date_time=end)

    assert choose([tariff], AT).tariff == (tariff if valid else None)


def test_the_choice_may_change_at_its_own_end_or_at_the_start_of_another():
    (running,) = kinds(None, end_date_time="2026-04-01T00:00:00Z")
    (announced,) = kinds(None, start_date_time="2026-03-15T00:00:00Z")
    (over,) = kinds(None, end_date_time="2026-03-01T00:00:00Z")
    (ad_hoc,) = kinds("AD_HOC_PAYMENT", end_date_time="2026-03-05T00:00:00Z")

    assert choose([running, over, ad_hoc], AT).changes_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert choose([running, announced], AT).changes_at == datetime(2026, 3, 15, tzinfo=UTC)
    assert choose([over], AT).changes_at is None
    assert choose([], AT).tariff is None


def test_the_latest_version_is_in_force():
    tariff = TariffFactory()
    latest = TariffVersion.objects.create(
        tariff=tariff, number=2, raw={"id": "new"}, last_updated=STAMP, received_at=STAMP
    )
    connector = ConnectorFactory(
        evse=EvseFactory(location=LocationFactory(party=tariff.party)), tariff_ids=[tariff.ocpi_id]
    )

    assert tariff_for(connector, AT) == ({"id": "new"}, latest.pk)
    assert tariff_for(OfferFactory(connector=connector), AT) == ({"id": "new"}, latest.pk)


def test_a_tariff_without_versions_speaks_for_itself():
    tariff = TariffFactory()
    tariff.versions.all().delete()
    evse = EvseFactory(location=LocationFactory(party=tariff.party))

    found, version = tariff_for(ConnectorFactory(evse=evse, tariff_ids=[tariff.ocpi_id]), AT)

    assert (found["id"], version) == (tariff.ocpi_id, None)


def test_no_tariff_in_force_is_a_refusal():
    with pytest.raises(PriceUnknown, match="no price"):
        tariff_for(ConnectorFactory(tariff_ids=["unknown"]), AT)
