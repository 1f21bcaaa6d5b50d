"""The simulator's own calculator, by hand and on the worked examples of the specification."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from ocpi.simulator import pricing
from ocpi.simulator.store import Step
from ocpi.simulator.values import moment
from tests.shared import fixture

D = Decimal
DELHI = "Asia/Kolkata"
KINDS = {"TIME": "CHARGING", "PARKING_TIME": "PARKING", "RESERVATION_TIME": "RESERVATION"}
BUCKETS = {
    "total_energy_cost": "energy",
    "total_time_cost": "time",
    "total_parking_cost": "parking",
    "total_reservation_cost": "reservation",
    "total_fixed_cost": "fixed",
    "total_cost": "total",
}


def tariff(*elements, **more):
    return {"id": "T", "currency": "INR", "elements": list(elements)} | more


def element(kind, price, *, step_size=1, vat=18, **restrictions):
    part = {"type": kind, "price": D(price), "step_size": step_size, "vat": vat}
    return {"price_components": [part], "restrictions": restrictions}


def step(seconds, kwh="0", *, kind="CHARGING", at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), power_kw=None):
    return Step(start=at, seconds=seconds, kind=kind, kwh=D(kwh), power_kw=power_kw)


def exact(amount):
    return (amount.excl_vat, amount.incl_vat)


def test_energy_is_rounded_up_once_over_the_session_and_not_at_a_switch():
    by_hour = tariff(
        element("ENERGY", "10", step_size=500, end_time="14:30"), element("ENERGY", "20", step_size=500)
    )
    before = step(3600, "4.3", at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    after = step(600, "1.1")

    made = pricing.bill(by_hour, [before, after], DELHI)
    # 4.3 + 1.1 = 5.4 kWh are billed as 5.5, the extra at the last price: 43 + 1.2 x 20
    assert exact(made.energy) == (67, Fraction("79.06"))


def test_only_the_last_kind_of_time_is_rounded():
    both = tariff(element("TIME", "36", step_size=600), element("PARKING_TIME", "60", step_size=300))
    charging, parking = step(610), step(310, kind="PARKING", at=datetime(2026, 3, 2, 9, 10, 10, tzinfo=UTC))

    made = pricing.bill(both, [charging, parking], DELHI)
    assert (made.time.excl_vat, made.parking.excl_vat) == (Fraction("6.1"), 10)
    made = pricing.bill(both, [charging], DELHI)
    assert made.time.excl_vat == 12


def test_the_first_element_that_fits_shields_the_later_ones():
    free_first = tariff(element("PARKING_TIME", "0", max_duration=3600), element("PARKING_TIME", "60"))
    steps = [step(3600), step(1800, kind="PARKING", at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC))]

    assert pricing.bill(free_first, steps, DELHI).parking.excl_vat == 30
    assert pricing.bill(free_first, [step(1800, kind="PARKING")], DELHI).parking.excl_vat == 0


@pytest.mark.parametrize(
    ("at", "excl_vat"),
    [
        ("2026-03-02T16:29:59Z", 20),  # 21:59 in Delhi, Monday
        ("2026-03-02T16:30:00Z", 10),  # 22:00
        ("2026-03-03T00:29:59Z", 10),  # 05:59
        ("2026-03-03T00:30:00Z", 20),  # 06:00
        ("2026-03-07T16:30:00Z", 20),  # Saturday 22:00
    ],
)
def test_a_window_over_midnight_is_local_time_and_respects_the_weekday(at, excl_vat):
    weekdays = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
    night = element("ENERGY", "10", start_time="22:00", end_time="06:00", day_of_week=weekdays)
    rates = tariff(night, element("ENERGY", "20"))
    assert pricing.bill(rates, [step(60, "1", at=moment(at))], DELHI).energy.excl_vat == excl_vat


def test_an_expired_reservation_pays_the_expiry_price():
    rates = tariff(
        element("FLAT", "20", reservation="RESERVATION"),
        element("TIME", "30", step_size=60, reservation="RESERVATION"),
        element("FLAT", "50", reservation="RESERVATION_EXPIRES"),
        element("TIME", "90", step_size=60, reservation="RESERVATION_EXPIRES"),
        element("FLAT", "25"),
        min_price={"excl_vat": 500},
    )
    held = [step(610, kind="RESERVATION")]

    used = [*held, step(60, "1", at=datetime(2026, 3, 2, 9, 10, 10, tzinfo=UTC))]
    assert pricing.bill(rates, used, DELHI).reservation.excl_vat == 20 + 30 * Fraction(660, 3600)
    expired = pricing.bill(rates, held, DELHI, expired=True)
    assert expired.reservation.excl_vat == 20 + 50 + 90 * Fraction(660, 3600)
    assert (expired.fixed.excl_vat, expired.total.excl_vat) == (0, expired.reservation.excl_vat)


def test_minimum_and_maximum_bound_each_basis_by_itself():
    rates = tariff(
        element("ENERGY", "10"), min_price={"excl_vat": 15}, max_price={"excl_vat": 40, "incl_vat": 45}
    )
    assert exact(pricing.bill(rates, [step(60, "1")], DELHI).total) == (15, Fraction("11.8"))
    assert exact(pricing.bill(rates, [step(60, "9")], DELHI).total) == (40, 45)


@pytest.mark.parametrize(
    ("rules", "so_far", "seconds"),
    [
        ({}, step(0), None),
        ({"start_time": "15:00", "end_time": "16:00"}, step(0), 30 * 60),  # 14:30 in Delhi now
        ({"start_time": "14:30"}, step(0), 570 * 60),  # midnight
        ({"day_of_week": ["MONDAY"]}, step(0), 570 * 60),
        ({"min_duration": 900}, step(600), 300),
        ({"max_duration": 600}, step(600), None),
        ({"max_kwh": 5}, step(0, "4", power_kw=D(50)), 72),
        ({"max_kwh": D("4.333")}, step(0, "4", power_kw=D(50)), 24),  # 23.976 s
        ({"min_kwh": 5}, step(0, "4", power_kw=D(0)), None),
        ({"max_kwh": None, "day_of_week": []}, step(0, power_kw=D(7)), None),
    ],
)
def test_when_the_price_may_change(rules, so_far, seconds):
    rates = tariff(element("ENERGY", "10", **rules))
    assert pricing.seconds_to_change(rates, so_far.start, DELHI, so_far) == seconds


def test_a_clock_limit_counts_real_hours_on_the_day_of_the_time_change():
    rates = tariff(element("ENERGY", "10", start_time="06:00"))
    at = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # 00:30 in Amsterdam; the clock goes from 02:00 to 03:00
    assert pricing.seconds_to_change(rates, at, "Europe/Amsterdam", step(0, at=at)) == 4.5 * 3600


@pytest.mark.parametrize(
    "broken",
    [
        {"id": "T"},
        tariff({"restrictions": {}}),
        tariff(currency=None),
        tariff({"price_components": [{"type": "ENERGY", "price": None}]}),
        tariff(element("ENERGY", "1", start_time="noon")),
        tariff(element("ENERGY", "1", min_kwh="much")),
    ],
)
def test_a_tariff_that_cannot_be_computed_with_is_found(broken):
    with pytest.raises((KeyError, TypeError, ValueError)):
        pricing.check(broken)


def worked_examples():
    """Cases of tariff-cases.json in 2.2.1; those for which steps carry no current (A) are left to catalog."""
    cases = fixture("ocpi/tariff-cases.json")["cases"]
    return [case for case in cases if case["ocpi_version"] == "2.2.1"]


def steps_of(case):
    periods, ends = case["charging_periods"], case["charging_periods"][1:]
    end = case["facts"].get("end_date_time")
    for period, following in zip(periods, [*ends, None], strict=True):
        dimensions = {row["type"]: D(str(row["volume"])) for row in period["dimensions"]}
        start = moment(period["start_date_time"])
        stop = moment(following["start_date_time"] if following else end)
        kind = next((KINDS[name] for name in dimensions if name in KINDS), "CHARGING")
        hours = next((volume for name, volume in dimensions.items() if name in KINDS), D(0))
        seconds = round(hours * 3600)
        if hours and abs(timedelta(seconds=seconds) - (stop - start)) <= timedelta(seconds=2):
            seconds = round((stop - start).total_seconds())
        yield step(
            seconds,
            dimensions.get("ENERGY", D(0)),
            kind=kind,
            at=start,
            power_kw=dimensions.get("MAX_POWER"),
        )


def test_the_worked_examples_of_the_specification_come_out_right():
    checked = 0
    for case in worked_examples():
        if any(row["type"].endswith("CURRENT") for p in case["charging_periods"] for row in p["dimensions"]):
            continue
        expired = (case["facts"].get("reservation") or {}).get("expired", False)
        made = pricing.bill(case["tariff"], list(steps_of(case)), case["facts"]["time_zone"], expired=expired)
        for name, bucket in BUCKETS.items():
            amount, expected = getattr(made, bucket).price(), case["expected"].get(name)
            if expected:
                got = {basis: D(str(value)).quantize(D("0.01")) for basis, value in amount.items()}
                wanted = {
                    basis: D(value).quantize(D("0.01"))
                    for basis, value in expected.items()
                    if basis in amount
                }
                assert got == wanted, (case["id"], name)
        checked += 1
    assert checked == 42
