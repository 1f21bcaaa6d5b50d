"""The price of a kWh now, and until when it stays."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.pricing import TariffError, energy_price_at, energy_price_changes_at
from tests.catalog.pricing import START, component, element, tariff


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def price(of, moment, time_zone="Europe/Amsterdam", **options):
    found = energy_price_at(of, utc(moment), time_zone=time_zone, **options)
    return None if found is None else (found.price_excl_vat, found.valid_until)


def test_a_plain_price_is_valid_for_ever():
    of = tariff(element(component("FLAT", 1)), element(component("ENERGY", "0.25", vat=21)))
    found = energy_price_at(of, START, time_zone="")
    assert (found.price_excl_vat, found.vat, found.price_incl_vat) == (Decimal("0.25"), 21, Decimal("0.3025"))
    assert (found.currency, found.element, found.valid_until) == ("EUR", 1, None)


def test_no_energy_component_no_price():
    assert energy_price_at(tariff(element(component("TIME", 1))), START, time_zone="UTC") is None
    reserved = tariff(element(component("TIME", 1), reservation="RESERVATION"))
    assert energy_price_at(reserved, START, time_zone="UTC") is None


def test_a_session_that_begins_now_has_no_energy_no_duration_and_unknown_power():
    of = tariff(
        element(component("ENERGY", 1), min_kwh=1),
        element(component("ENERGY", 2), min_duration=60),
        element(component("ENERGY", 3), max_kwh=1, max_duration=60, max_power=5, min_current=6),
        element(component("ENERGY", 4)),
    )
    assert price(of, "2026-03-02T09:00") == (3, None)


@pytest.mark.parametrize(
    ("power_kw", "expected"), [(None, 1), ("15.9", 1), ("16", 2), ("31.9", 2), ("32", 3), ("49.9", 3), ("50", 4)]
)
def test_the_power_chooses_the_element(power_kw, expected):
    of = tariff(
        element(component("ENERGY", 1), max_power=16),
        element(component("ENERGY", 2), max_power=32),
        element(component("ENERGY", 4), min_power=50),
        element(component("ENERGY", 3)),
    )
    assert price(of, "2026-03-02T09:00", power_kw=power_kw and Decimal(power_kw)) == (expected, None)


def test_a_window_for_another_power_changes_nothing():
    of = tariff(
        element(component("ENERGY", 1), min_power=50, start_time="12:00"), element(component("ENERGY", 2))
    )
    at = utc("2026-03-02T09:00")
    assert energy_price_changes_at(of, at, time_zone="UTC", power_kw=Decimal(22)) is None
    assert energy_price_changes_at(of, at, time_zone="UTC", power_kw=Decimal(50)) == utc("2026-03-02T12:00")


NIGHT = tariff(
    element(component("ENERGY", 10), start_time="23:00", end_time="05:00"), element(component("ENERGY", 16))
)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-01T17:00", (16, "2026-03-01T17:30")),
        ("2026-03-01T17:30", (10, "2026-03-01T23:30")),
        ("2026-03-01T20:00", (10, "2026-03-01T23:30")),
        ("2026-03-01T23:30", (16, "2026-03-02T17:30")),
    ],
)
def test_a_night_window_in_india(moment, expected):
    assert price(NIGHT, moment, "Asia/Kolkata") == (expected[0], utc(expected[1]))


def test_days_of_the_week_change_at_local_midnight():
    of = tariff(
        element(component("ENERGY", 1), day_of_week=["SATURDAY", "SUNDAY"]), element(component("ENERGY", 2))
    )
    assert price(of, "2026-03-04T12:00") == (2, utc("2026-03-06T23:00"))
    assert price(of, "2026-03-07T12:00") == (1, utc("2026-03-08T23:00"))


def test_dates_change_the_price_once_however_far_away():
    of = tariff(
        element(component("ENERGY", 1), start_date="2027-07-01", end_date="2027-08-01"),
        element(component("ENERGY", 2)),
    )
    assert price(of, "2026-03-04T12:00") == (2, utc("2027-06-30T22:00"))
    assert price(of, "2027-07-04T12:00") == (1, utc("2027-07-31T22:00"))
    assert price(of, "2027-08-04T12:00") == (2, None)


def test_a_window_within_dates_begins_on_the_first_day():
    of = tariff(
        element(component("ENERGY", 1), start_date="2026-06-01", start_time="20:00", end_time="22:00"),
        element(component("ENERGY", 2)),
    )
    assert price(of, "2026-03-04T12:00") == (2, utc("2026-06-01T18:00"))


def test_an_element_that_is_shielded_changes_nothing():
    of = tariff(element(component("ENERGY", 1)), element(component("ENERGY", 2), start_time="10:00"))
    assert price(of, "2026-03-04T12:00") == (1, None)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # Spring: 02:30 does not come, at 01:00Z it is 03:00 at once.
        ("2026-03-29T00:30", (2, "2026-03-29T01:00")),
        ("2026-03-29T01:00", (1, "2026-03-29T02:00")),
        # Autumn: 02:30 comes at 00:30Z, 02:00 again at 01:00Z, and 02:30 again at 01:30Z.
        ("2026-10-25T00:00", (2, "2026-10-25T00:30")),
        ("2026-10-25T00:30", (1, "2026-10-25T01:00")),
        ("2026-10-25T01:00", (2, "2026-10-25T01:30")),
        ("2026-10-25T01:30", (1, "2026-10-25T03:00")),
    ],
)
def test_clock_changes(moment, expected):
    of = tariff(
        element(component("ENERGY", 1), start_time="02:30", end_time="04:00"), element(component("ENERGY", 2))
    )
    assert price(of, moment) == (expected[0], utc(expected[1]))


def test_when_energy_has_no_price_now_the_next_change_is_told():
    of = tariff(element(component("ENERGY", 1), start_time="08:00", end_time="20:00"))
    assert price(of, "2026-03-04T20:00") is None
    change = energy_price_changes_at(of, utc("2026-03-04T20:00"), time_zone="Europe/Amsterdam")
    assert change == utc("2026-03-05T07:00")


@pytest.mark.parametrize(
    ("tax_included", "expected"), [("YES", (None, Decimal("2.1"))), ("NO", (Decimal("2.1"), None))]
)
def test_taxes_that_are_not_known(tax_included, expected):
    of = tariff(element(component("ENERGY", "2.1")), tax_included=tax_included)
    found = energy_price_at(of, START, time_zone="UTC", ocpi_version="2.3.0")
    assert (found.price_excl_vat, found.price_incl_vat) == expected


def test_what_cannot_be_read_is_refused():
    with pytest.raises(TariffError, match="^elements: "):
        energy_price_at(tariff(), START, time_zone="UTC")
    with pytest.raises(TariffError, match="^time_zone: missing"):
        energy_price_at(NIGHT, START, time_zone="")
