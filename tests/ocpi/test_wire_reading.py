"""How values of partners are read, put right, and compared; and how a locations URL is understood."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emsp.core.wire import WireError
from ocpi.receiver.location_paths import Target, targets
from ocpi.wire import scalars, vocabulary
from ocpi.wire.content import content_digest
from ocpi.wire.patching import patched
from ocpi.wire.reading import read
from ocpi.wire.repair import repaired
from ocpi.wire.v2_2_1.locations import Connector, Location
from ocpi.wire.v2_2_1.tariffs import Tariff
from ocpi.wire.v2_2_1.trees import read_location
from tests.factories.ocpi import connector_body, location_body, tariff_body

NINE = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(("written", "microsecond"), [
    ("2026-03-01T09:00:00Z", 0), ("2026-03-01T09:00:00", 0), ("2026-03-01 09:00:00", 0), ("2026-03-01T09:00Z", 0),
    ("2026-03-01T09:00:00z", 0), ("2026-03-01T09:00:00+00:00", 0), ("2026-03-01T09:00:00+0000", 0),
    ("2026-03-01T14:30:00+05:30", 0), ("2026-03-01T04:00:00-0500", 0), ("2026-03-01T09:00:00 00:00", 0),
    ("2026-03-01T09:00:00.1Z", 100_000), ("2026-03-01T09:00:00.1234567Z", 123_456),
    ("2026-03-01T09:00:00,250", 250_000), (" 2026-03-01T09:00:00Z ", 0), (1772355600, 0), ("1772355600000", 0),
    (1772355600250, 250_000), (Decimal("1772355600"), 0),
])
def test_moments_in_every_form(written, microsecond):
    assert scalars.moment(written) == NINE.replace(microsecond=microsecond)
    assert scalars.moment(written).utcoffset().total_seconds() == 0


@pytest.mark.parametrize(("written", "read"), [
    ("0001-01-01T00:00:00Z", datetime(1, 1, 3, tzinfo=UTC)),
    ("0001-01-03T00:00:01Z", datetime(1, 1, 3, 0, 0, 1, tzinfo=UTC)),
    ("9999-12-31T23:59:59.999999999Z", datetime(9999, 12, 29, tzinfo=UTC)),
    ("9999-12-28T23:59:59Z", datetime(9999, 12, 28, 23, 59, 59, tzinfo=UTC)),
])
def test_a_moment_at_the_end_of_time_leaves_room_for_a_time_zone(written, read):
    assert scalars.moment(written) == read


@pytest.mark.parametrize("written", [
    "", "yesterday", "2026-03-01", "01.03.2026 09:00", "2026-13-01T09:00:00Z", "2026-03-01T25:00:00Z", 12, True, [],
    "2026-03-01T09:00:00+99:00", "20260301T090000Z", "0001-01-01T00:00:00+14:00", "99999999999999",
])
def test_what_is_no_moment(written):
    with pytest.raises(ValueError, match="expected"):
        scalars.moment(written)


@pytest.mark.parametrize(("given_value", "expected"), [
    ("0.4583", "0.4583"), (Decimal("18.0"), "18.0"), (7, "7"), (" 1e2 ", "1E+2"), (0.1, "0.1"), ("-3", "-3"),
])
def test_numbers_are_exact(given_value, expected):
    assert str(scalars.number(given_value)) == expected


@pytest.mark.parametrize("given_value", ["", "much", "NaN", "Infinity", True, None, [], 10**10, "1e400", "1,5"])
def test_what_is_no_number(given_value):
    with pytest.raises(ValueError, match="expected|out of range"):
        scalars.number(given_value)


@pytest.mark.parametrize(("given_value", "expected"), [("500", 500), (Decimal("230.5"), 231), (1.0, 1), ("-1", -1)])
def test_whole_numbers(given_value, expected):
    assert scalars.whole(given_value) == expected


@pytest.mark.parametrize(("given_value", "expected"), [(True, True), ("TRUE", True), (0, False), ("false", False)])
def test_booleans(given_value, expected):
    assert scalars.flag(given_value) is expected


def test_vocabulary():
    assert vocabulary.evse_status("out-of-order") == "OUTOFORDER"
    assert vocabulary.evse_status("WORKING") == "UNKNOWN"
    standards = ("CHAdeMO", "type 2", "CCS", "iec_60309_2_SINGLE_16", "New")
    assert [vocabulary.connector_standard(word) for word in standards] == [
        "CHADEMO", "IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_60309_2_single_16", "New"
    ]
    assert vocabulary.power_type("ac 3 phase") == "AC_3_PHASE"
    assert [vocabulary.country_alpha_3(word) for word in ("IN", "ind", "India", "XX")] == ["IND", "IND", "IND", "XX"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
LOCATION_LIKE = st.fixed_dictionaries({}, optional={name: ANYTHING for name in location_body()})


@given(ANYTHING | LOCATION_LIKE)
def test_reading_anything_ends_in_a_location_or_a_wire_error(value):
    for lenient in (value, location_body() | value if isinstance(value, dict) else value):
        try:
            node = read_location(lenient, [])
        except WireError as error:
            assert error.reason
        else:
            assert "evses" not in node.raw


@pytest.mark.parametrize(("name", "written", "read_as"), [
    ("id", " 1\t", "1"),
    ("id", 7, "7"),
    ("standard", "CHA\x00DEMO", "CHADEMO"),
    ("max_voltage", "500", 500),
    ("tariff_ids", ["A", " B ", "C\x00", None, ""], ["A", "B", "C"]),
    ("tariff_ids", "A", ["A"]),
    ("tariff_ids", {}, []),
    ("last_updated", "2026-03-01T13:30:00.1234567+05:30", datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)),
    ("last_updated", "2026-03-01T08:00:00.123Z", datetime(2026, 3, 1, 8, 0, 0, 123000, tzinfo=UTC)),
])
def test_what_can_be_put_right_is(name, written, read_as):
    assert getattr(read(connector_body(**{name: written}), Connector), name) == read_as


@pytest.mark.parametrize(("name", "written", "reason"), [
    ("id", "ß" * 128, "longer than 255 characters"),
    ("max_voltage", 2**31, "out of range"),
    ("last_updated", "2026-02-30T08:00:00Z", "a date and time like 2026-03-01T09:15:00Z is expected"),
])
def test_what_cannot_is_refused(name, written, reason):
    with pytest.raises(WireError) as error:
        read(connector_body(**{name: written}), Connector)

    assert (error.value.path, error.value.reason) == (name, reason)


def test_the_path_of_an_error_leads_to_the_member():
    with pytest.raises(WireError) as error:
        read(connector_body(max_voltage=None), Connector, path="evses[2].connectors[1]")

    assert (error.value.path, error.value.reason) == ("evses[2].connectors[1].max_voltage", "required, but missing")


def test_a_wrong_optional_member_is_a_finding():
    findings = []
    value = read(location_body(opening_times={"twentyfourseven": "x"}, images=[{"url": "u"}]), Location, findings)

    assert (value.opening_times, value.images) == (None, [])
    assert {finding.path for finding in findings} == {"images[0].category", "opening_times.twentyfourseven"}


def test_content_is_the_same_however_it_is_written():
    one = {"a": Decimal("10.50"), "b": [1, {"c": None, "d": 100}], "last_updated": "x"}
    two = {"b": [Decimal("1.0"), {"d": Decimal("1E+2")}], "a": 10.5}

    assert content_digest(one, without=frozenset({"last_updated"})) == content_digest(two)
    assert content_digest(two) != content_digest(two | {"a": "10.5"})
    assert content_digest({"a": True}) != content_digest({"a": 1})
    assert content_digest({"a": 0}) == content_digest({"a": Decimal("0.00")}) == content_digest({"a": Decimal("-0")})


def test_a_conforming_object_is_repaired_into_itself():
    body = tariff_body(x_new={"a": None, "b": "2"}, start_date_time="2026-03-01T09:00:00.5Z")
    assert repaired(body, read(body, Tariff)) == body


def test_a_patch_leaves_its_arguments_alone():
    stored = {"name": "A", "address": "B", "x": 1}
    patch = {"name": None, "city": "C", "id": "other", "energy_mix": 7, "x": None, "y": 2}

    assert patched(stored, patch, Location, keep=frozenset({"id"})) == {"address": "B", "city": "C", "y": 2}
    assert stored == {"name": "A", "address": "B", "x": 1}


def test_a_plain_url_is_read_plainly_first():
    assert targets("L") == [Target("L")]
    assert targets("L/E/") == [Target("L", "E"), Target("L/E")]
    assert targets("L/E/C")[0] == Target("L", "E", "C")
    assert set(targets("L/E/C")[1:]) == {Target("L", "E/C"), Target("L/E", "C"), Target("L/E/C")}
    assert targets("a/b/c/d/e/f/g/h/i/j") == [Target("a", "b", "c/d/e/f/g/h/i/j")]
