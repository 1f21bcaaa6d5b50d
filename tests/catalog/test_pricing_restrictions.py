"""Restrictions: local time with its clock changes, dates, energy, duration, power, current."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.pricing import price_facts, price_periods
from tests.catalog.pricing import START, at, component, element, facts, money, period, segment, sides, tariff


def free_of(restrictions):
    """A tariff of 1 per hour of charging when the restrictions hold, 10 otherwise."""
    return tariff(element(component("TIME", 1), **restrictions), element(component("TIME", 10)))


def hours(restrictions, start, end, time_zone="Europe/Amsterdam"):
    """How many hours of a session the restrictions hold, from its facts."""
    priced = price_facts(free_of(restrictions), facts(segment(start, end, 0), time_zone=time_zone))
    whole = Decimal((end - start) / timedelta(hours=1))
    return (10 * whole - priced.time.excl_vat) / 9


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("restrictions", "expected"),
    [
        ({"start_time": "09:00", "end_time": "17:00"}, 8),
        ({"start_time": "22:00", "end_time": "06:00"}, 8),
        ({"start_time": "17:00"}, 7),
        ({"end_time": "06:00"}, 6),
        ({"start_time": "18:00", "end_time": "00:00"}, 6),
        ({"start_time": "18:00", "end_time": "24:00"}, 6),
        ({"start_time": "24:00", "end_time": "06:00"}, 6),
        ({"start_time": "24:00"}, 24),
        ({"start_time": "00:00", "end_time": "00:00"}, 24),
        ({"start_time": "08:00", "end_time": "08:00"}, 0),
        ({"start_time": "9:00", "end_time": "09:30:00"}, Decimal("0.5")),
        ({"day_of_week": ["MONDAY"]}, 24),
        ({"day_of_week": ["tuesday", "SUNDAY"]}, 0),
        ({"day_of_week": "MONDAY"}, 24),
        ({"day_of_week": []}, 24),
        ({"start_date": "2026-03-02", "end_date": "2026-03-03"}, 24),
        ({"start_date": "2026-03-03"}, 0),
        ({"end_date": "2026-03-02"}, 0),
        ({"start_time": None, "end_time": None, "day_of_week": None, "min_kwh": None}, 24),
        ({"start_time": "06:00", "end_time": "12:00", "day_of_week": ["MONDAY"], "max_duration": 28800}, 2),
    ],
)
def test_restrictions_over_a_local_day(restrictions, expected):
    """Monday 2026-03-02 in Amsterdam, from midnight to midnight."""
    assert hours(restrictions, utc("2026-03-01T23:00"), utc("2026-03-02T23:00")) == expected


def test_a_night_window_on_a_day_of_the_week_is_cut_at_midnight():
    """Friday 2026-03-06 00:00 to Saturday 24:00: 6 hours in the early and 2 in the late Friday."""
    night = {"start_time": "22:00", "end_time": "06:00", "day_of_week": ["FRIDAY"]}
    assert hours(night, utc("2026-03-05T23:00"), utc("2026-03-07T23:00")) == 8


def test_a_window_loses_an_hour_on_the_spring_day():
    window = {"start_time": "01:00", "end_time": "04:00"}
    assert hours(window, utc("2026-03-28T23:00"), utc("2026-03-29T22:00")) == 2


def test_a_window_that_begins_in_the_hour_left_out_begins_after_it():
    window = {"start_time": "02:30", "end_time": "04:00"}
    assert hours(window, utc("2026-03-28T23:00"), utc("2026-03-29T22:00")) == 1


def test_a_window_is_entered_twice_on_the_autumn_day():
    """02:15-02:45 comes at 00:15Z and again at 01:15Z on 2026-10-25."""
    window = {"start_time": "02:15", "end_time": "02:45"}
    assert hours(window, utc("2026-10-24T22:00"), utc("2026-10-25T23:00")) == 1
    of = free_of(window)
    priced = price_facts(of, facts(segment(utc("2026-10-25T00:00"), utc("2026-10-25T02:00"), 0)))
    assert [(item.element, item.start.strftime("%H:%M")) for item in priced.items] == [
        (1, "00:00"),
        (0, "00:15"),
        (1, "00:45"),
        (1, "01:00"),
        (0, "01:15"),
        (1, "01:45"),
    ]


def test_half_hour_zones():
    assert (
        hours({"start_time": "23:00", "end_time": "05:00"}, START, START + timedelta(days=1), "Asia/Kolkata")
        == 6
    )
    priced = price_periods(
        free_of({"start_time": "14:30"}),
        [period(-1, TIME="0.0167"), period(0, TIME="0.0167")],
        time_zone="Asia/Kolkata",
    )
    assert [item.element for item in priced.items] == [1, 0]


def test_energy_limits_are_crossed_linearly():
    of = tariff(
        element(component("ENERGY", 1), max_kwh="2.5"),
        element(component("ENERGY", 2), min_kwh="2.5", max_kwh=4),
        element(component("ENERGY", 4)),
    )
    priced = price_facts(of, facts(segment(at(0), at(70), 3), segment(at(70), at(71), 4)))
    assert [item.quantity for item in priced.items] == [Decimal("2.5"), Decimal("0.5"), 1, 3]
    assert sides(priced.total) == money("17.5", "17.5")


def test_time_is_split_exactly_where_energy_crosses_a_limit():
    """3 kWh in 100 s: the first is there after 33.33… s."""
    of = tariff(element(component("TIME", 36, 0), max_kwh=1), element(component("TIME", 72, 0)))
    priced = price_facts(of, facts(segment(START, START + timedelta(seconds=100), 3)))
    assert sides(priced.time) == (Decimal("1.6666666666666667"),) * 2


def test_durations_count_elapsed_seconds_of_charging_and_parking():
    of = tariff(
        element(component("PARKING_TIME", 0), max_duration=1200),
        element(component("PARKING_TIME", 60, 0)),
    )
    priced = price_facts(of, facts(segment(at(0), at(15), 1), segment(at(15), at(35))))
    assert sides(priced.parking) == money("15", "15")


@pytest.mark.parametrize(
    ("restriction", "volumes", "element_index"),
    [
        ({"max_power": 16}, {"MAX_POWER": 15.9}, 0),
        ({"max_power": 16}, {"MAX_POWER": 16}, 1),
        ({"min_power": 16}, {"MIN_POWER": 16}, 0),
        ({"min_power": 16}, {"MIN_POWER": 15.9, "MAX_POWER": 50}, 1),
        ({"max_current": 32}, {"MAX_CURRENT": 31}, 0),
        ({"max_current": 32}, {"MAX_CURRENT": 32, "MIN_CURRENT": 0}, 1),
        ({"min_current": 32}, {"MIN_CURRENT": "32.0"}, 0),
        ({"min_current": 32}, {"MIN_CURRENT": 31}, 1),
        ({"max_power": 16, "min_current": 6}, {}, 0),
    ],
)
def test_power_and_current_are_those_of_the_period(restriction, volumes, element_index):
    of = tariff(element(component("ENERGY", 1), **restriction), element(component("ENERGY", 2)))
    priced = price_periods(of, [period(0, ENERGY=1, **volumes)], time_zone="UTC")
    assert [item.element for item in priced.items] == [element_index]


def test_unknown_power_holds_and_the_explanation_says_so():
    of = tariff(element(component("ENERGY", 1), max_power=16, min_current=6))
    priced = price_periods(of, [period(0, ENERGY=1)], time_zone="UTC")
    sentence = "Nothing tells whether min_current and max_power of element 1 hold: taken to hold."
    assert sentence in priced.explanation


def test_an_unknown_restriction_is_left_out_and_told():
    of = tariff(element(component("ENERGY", 1), moon_phase="FULL"))
    priced = price_periods(of, [period(0, ENERGY=1)], time_zone="UTC")
    assert sides(priced.total) == money("1", "1")
    assert (
        "elements[0].restrictions: 'moon_phase' is not a restriction of OCPI; it is left out."
        in priced.explanation
    )


def test_what_parking_energy_there_is_counts():
    of = tariff(element(component("ENERGY", 2)))
    parked = {**segment(at(0), at(30)), "kwh": "0.5"}
    assert sides(price_facts(of, facts(parked)).total) == money("1", "1")
