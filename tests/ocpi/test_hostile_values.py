"""Numbers, nestings and ids without end: each was once a failure of ours, found by tests.fuzz."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from emsp.core.wire import WireError, encode, load_json
from ocpi.client.envelope import read_envelope
from ocpi.client.errors import PeerError
from ocpi.client.lenient import load_leniently
from ocpi.client.transport import Exchange
from ocpi.models import Cdr, Location
from ocpi.services.cdrs import store_cdrs
from ocpi.services.locations import store_locations
from ocpi.wire import scalars
from tests.factories.ocpi import cdr_body, location_body
from tests.ocpi.conftest import at

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def nested(depth):
    """A JSON list within lists."""
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(("raw", "value"), [
    (b"1e300", Decimal("1e300")), (b"1e301", "1e301"), (b"-1e-301", "-1e-301"), (b"1e9999999", "1e9999999"),
    (b"0e9999999", "0e9999999"), (b"1e99999999999999999999", "1e99999999999999999999"),
    (b"0." + b"3" * 398, Decimal("0." + "3" * 398)), (b"0." + b"3" * 17000, "0." + "3" * 17000),
    (b"9" * 4000, 10**4000 - 1),
], ids=range(9))  # fmt: skip
def test_a_number_that_nothing_can_hold_stays_text(raw, value):
    assert load_json(raw) == value
    assert encode(load_json(raw)) == encode(value)


def test_a_long_number_in_a_text_is_not_written_out():
    assert scalars.text(load_json(b"1e9999999")) == "1e9999999"


@pytest.mark.parametrize("written", [
    "1e9999999", "1e-9999999", "-1e9999999", "0e9999999", "9999999999.99999", "-9999999999.99995", "9" * 500, "Infinity",
])
def test_a_number_beyond_our_columns_is_out_of_range(written):
    with pytest.raises(ValueError, match="^out of range$"):
        scalars.number(written)


def test_the_largest_number_is_taken():
    assert scalars.number("-9999999999.9999") == Decimal("-9999999999.9999")


def test_an_id_whose_key_is_longer_than_itself_is_refused():
    assert scalars.identifier("ß" * 127) == "ß" * 127
    with pytest.raises(ValueError, match="^longer than 255 characters$"):
        scalars.identifier("ß" * 128)


def test_json_may_be_64_deep():
    assert load_json(nested(64).encode()) is not None
    with pytest.raises(WireError, match="^nested deeper than 64 levels$") as caught:
        load_json(nested(65).encode())
    assert caught.value.malformed
    with pytest.raises(WireError, match="^nested deeper than 64 levels$"):
        load_json(b'{"a": ' * 65 + b"1" + b"}" * 65)


def many(count):
    """A JSON list with one object and otherwise empty lists; so many objects and lists in all."""
    return b"[{}" + b",[]" * (count - 2) + b"]"


def test_json_may_have_500000_objects_and_lists():
    assert len(load_json(many(500_000))) == len(load_leniently(many(500_000))) == 499_999
    for load in (load_json, load_leniently):
        with pytest.raises(WireError, match="^more than 500000 objects and lists$") as caught:
            load(many(500_001))
        assert caught.value.malformed


def test_a_deep_push_is_refused_and_nothing_is_stored(cpo):
    raw = json.dumps(cdr_body()).replace('"COMMAND"', f'"COMMAND", "x": {nested(600)}').encode()

    answer = cpo.post("/ocpi/emsp/2.2.1/cdrs", raw=raw)

    assert answer.said == (400, 2001)
    assert answer.body["status_message"] == "nested deeper than 64 levels"
    assert not Cdr.objects.exists()


def test_a_deep_member_costs_itself_and_not_the_page():
    page = load_leniently(f'[{{"id": "1", "x": {nested(200)}}}, {{"id": "2", "n": {"9" * 5000}, "e": 1e9999999}}]'.encode())

    assert [row["id"] for row in page] == ["1", "2"]
    assert (page[1]["n"], page[1]["e"]) == ("9" * 5000, "1e9999999")
    assert encode(page).decode().count("[") == 63
    assert encode(page[0]).decode().count("\ufffd") == 1


def test_an_energy_that_rounds_up_out_of_its_column_costs_its_cdr_only(party):
    wrong = cdr_body(id="A", total_energy=Decimal("9999999999.99999"))

    report = store_cdrs(party, [wrong, cdr_body(id="B")], received_at=NOW)

    assert report.stored_ids == ["B"]
    assert report.rejected == [("A", "out of range", "total_energy")]


@pytest.mark.parametrize("start", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_cdr_from_the_end_of_time_does_not_cost_its_page(party, start):
    report = store_cdrs(party, [cdr_body(id="A", start_date_time=start), cdr_body(id="B")], received_at=NOW)

    assert report.stored_ids == ["A", "B"]
    assert Cdr.objects.get(key="a").raw["start_date_time"] == start


def test_an_energy_that_is_hardly_one_does_not_overflow(cpo):
    raw = json.dumps(cdr_body()).replace('"total_energy": 10.5', '"total_energy": 1e-9999999').encode()

    answer = cpo.post("/ocpi/emsp/2.2.1/cdrs", raw=raw)

    assert answer.said == (200, 2001)
    assert answer.body["status_message"] == "total_energy: out of range"


def test_an_id_that_folds_out_of_its_column_costs_its_location_only(party, woken):
    report = store_locations(party, [location_body(id="\u0390" * 200), location_body(id="L2")], received_at=NOW)

    assert report.stored_ids == ["L2"]
    assert report.rejected == [("", "longer than 255 characters", "id")]


def test_a_power_of_ten_in_a_text_is_refused_by_its_member(cpo, woken):
    raw = json.dumps(location_body()).replace('"28.630400"', "1e9999999").replace('"New Delhi"', "1e9999999").encode()

    answer = cpo.put(at("locations", "LOC-1"), raw=raw)

    assert answer.said == (200, 2001)
    assert answer.body["status_message"] == "coordinates.latitude: out of range"
    assert not Location.objects.exists()


def test_a_retry_after_beyond_any_calendar_is_none():
    late = Exchange("https://cpo.example/", 503, {"Retry-After": "Wed, 21 Oct 99999999999999 07:28:00 GMT"}, b"")

    with pytest.raises(PeerError) as caught:
        read_envelope(late)

    assert caught.value.retry_after_s is None


@pytest.mark.parametrize("name", ["limit", "date_from"])
def test_a_nul_in_a_query_is_refused_by_its_name(cpo, name):
    answer = cpo.get(at("tokens", owner=()) + f"?{name}=%00")

    assert answer.said == (200, 2001)
    assert answer.body["status_message"] == f"{name}: the character NUL means nothing here"


def test_a_long_text_that_is_hardly_a_number_is_told_apart_in_one_pass():
    with pytest.raises(ValueError, match="^a number is expected, got text$"):
        scalars.number("9" * 100_000 + "x")  # minutes, where two runs of digits stand side by side in the pattern
