"""Many rows in one statement: what is new, what was there, and every value as it was."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DataError, transaction

from emsp.core.sql import upsert
from ocpi.models import Location
from tests.factories.ocpi import CpoFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)
UNIQUE = ["party", "key"]


@pytest.fixture
def party():
    return CpoFactory()


def row(party, key, **more):
    given = {
        "ocpi_id": key.upper(),
        "raw": {},
        "last_updated": AT,
        "seen_at": AT,
        "latitude": Decimal(1),
        "longitude": Decimal(2),
    }
    return Location(party=party, key=key, **(given | more))


def test_every_value_is_stored_as_it_was(party):
    raw = {
        "energy": Decimal("0.1000000000000000000001"),
        "name": 'quoted "ä" \\ \n ₹',
        "none": None,
        "deep": [{"a": [1]}],
    }
    made = row(
        party, "a", name="O'Hara's \\ 100%", latitude=Decimal("28.6304001"), raw=raw, is_green_energy=True
    )

    [stored] = upsert(Location, [made], UNIQUE)

    kept = Location.objects.get(pk=stored.pk)
    assert (kept.name, kept.latitude, kept.last_updated) == ("O'Hara's \\ 100%", Decimal("28.6304001"), AT)
    assert (kept.raw, kept.is_green_energy, kept.gone_at) == (raw, True, None)


def test_without_update_what_is_there_stays_and_is_not_given(party):
    [first] = upsert(Location, [row(party, "a", name="first")], UNIQUE)

    given = upsert(Location, [row(party, "b"), row(party, "a", name="second")], UNIQUE)

    assert [each.key for each in given] == ["b"]
    assert Location.objects.get(key="b").pk == given[0].pk
    assert Location.objects.get(key="a").name == "first" and not first._state.adding


def test_with_update_only_those_fields_are_set_and_the_row_is_that_which_was_there(party):
    [first] = upsert(Location, [row(party, "a", name="first", city="Delhi")], UNIQUE)

    given = upsert(Location, [row(party, "a", name="second", city="Agra"), row(party, "b")], UNIQUE, ["name"])

    assert [each.pk for each in given] == [first.pk, Location.objects.get(key="b").pk]
    assert Location.objects.values_list("name", "city").get(key="a") == ("second", "Delhi")


def test_what_no_column_takes_stores_nothing(party):
    with pytest.raises(DataError), transaction.atomic():
        upsert(Location, [row(party, "a"), row(party, "b", time_zone="x" * 300)], UNIQUE)

    assert not Location.objects.exists()
    assert upsert(Location, [], UNIQUE) == []
