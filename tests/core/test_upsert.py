"""Many rows in one statement: what is new, what was there, and every value as it was."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction

from emsp.core.sql import copy_in, next_ids, row_type, upsert
from ocpi.models import Connector, Evse, Location
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


class TestCopyIn:
    """New rows by COPY."""

    def place(self, party, key, **more):
        row_of = row_type(Location)
        [pk] = next_ids(Location, 1)
        plain = Location(id=pk, party=party, ocpi_id=key, key=key, latitude=1, longitude=2, last_updated=AT, seen_at=AT)
        return row_of(**{name: getattr(plain, name) for name in row_of._fields} | more)

    def test_every_value_is_stored_as_it_was(self, party):
        raw = {"energy": Decimal("0.10"), "name": 'quoted "ä" \\ \n\t₹ \\N', "none": None, "deep": [{"a": [1]}]}
        given = self.place(
            party, "a", name="O'Hara's\t\\N\r\n100%", latitude=Decimal("28.6304001"), raw=raw, is_green_energy=True
        )

        copy_in(Location, [given, self.place(party, "b")])

        kept = Location.objects.order_by("key").values()[0]
        assert kept == given._asdict() | {"longitude": Decimal(2)}
        assert (kept["name"], kept["raw"], kept["gone_at"]) == ("O'Hara's\t\\N\r\n100%", raw, None)

    def test_arrays_are_stored_as_they_were(self, party):
        location = self.place(party, "a")
        copy_in(Location, [location])
        evse = Evse.objects.create(location_id=location.id, uid="E", key="e", last_updated=AT)
        named = ["plain", "", "NULL", 'a "quote", {brace} and \\ more', " blank\t"]
        row_of = row_type(Connector, "id")
        plain = Connector(evse=evse, ocpi_id="1", key="1", last_updated=AT, tariff_ids=named)

        copy_in(Connector, [row_of(**{name: getattr(plain, name) for name in row_of._fields})])

        assert Connector.objects.get().tariff_ids == named

    @pytest.mark.parametrize(
        ("wrong", "error"), [({"key": "a"}, IntegrityError), ({"time_zone": "x" * 300}, DataError)]
    )
    def test_all_or_none(self, party, wrong, error):
        with pytest.raises(error), transaction.atomic():
            copy_in(Location, [self.place(party, "a"), self.place(party, "b")._replace(**wrong)])

        assert not Location.objects.exists()

    def test_no_id_is_given_twice(self, party):
        [first] = upsert(Location, [row(party, "a")], UNIQUE)

        given = next_ids(Location, 3)

        assert len({first.pk, *given}) == 4
        [second] = upsert(Location, [row(party, "b")], UNIQUE)
        assert second.pk not in given and next_ids(Location, 0) == []
