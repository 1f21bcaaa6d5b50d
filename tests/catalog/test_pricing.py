"""Which component prices what, step_size, limits and the items of a priced session."""

from decimal import Decimal

import pytest

from catalog.pricing import TariffError, price_facts, price_periods
from tests.catalog.pricing import START, at, component, element, facts, money, period, segment, sides, tariff

UTC_ZONE = "UTC"


def price(of, *periods, end=60, **options):
    options.setdefault("time_zone", UTC_ZONE)
    return price_periods(of, periods, end=at(end), **options)


def test_energy_has_a_price_per_kwh_and_vat_on_top():
    priced = price(
        tariff(element(component("ENERGY", 18, vat=18))), period(0, ENERGY=Decimal("10.5"), TIME=1)
    )

    assert sides(priced.total) == sides(priced.energy) == money("189.00", "223.02")
    assert sides(priced.time) == sides(priced.fixed) == sides(priced.adjustment) == money("0", "0")
    assert priced.billed == {"energy_kwh": Decimal("10.5"), "time_s": 0, "parking_s": 0, "reservation_s": 0}
    (item,) = priced.items
    assert (item.dimension, item.element, item.period, item.start) == ("ENERGY", 0, 0, START)
    assert (item.quantity, item.billed_quantity) == (Decimal("10.5"), Decimal("10.5"))
    assert (item.price_excl_vat, item.vat, item.price_incl_vat) == (18, 18, Decimal("21.24"))
    assert sides(item.amount) == money("189.00", "223.02")


def test_vat_is_added_per_component():
    of = tariff(element(component("FLAT", 0.5, vat=20), component("ENERGY", 0.25, vat=10)))
    priced = price(of, period(0, ENERGY=20, TIME=1))
    assert sides(priced.fixed) == money("0.50", "0.60")
    assert sides(priced.total) == money("5.50", "6.10")


def test_amounts_are_not_rounded():
    priced = price(tariff(element(component("ENERGY", "0.12345", vat="5.2"))), period(0, ENERGY="0.001"))
    assert sides(priced.total) == money("0.00012345", "0.0001298694")


def test_numbers_are_read_exactly_in_every_form():
    totals = {
        price(tariff(element(component("ENERGY", number))), period(0, ENERGY=volume)).total
        for number, volume in (
            (0.1, 0.3),
            ("0.1", "0.3"),
            (Decimal("0.10"), Decimal("0.30")),
            (" 1e-1 ", ".3"),
        )
    }
    assert [sides(total) for total in totals] == [money("0.03", "0.03")]


def test_the_first_element_that_applies_gives_the_price():
    of = tariff(
        element(component("ENERGY", 1), max_kwh=5),
        element(component("ENERGY", 2), component("PARKING_TIME", 6)),
        element(component("ENERGY", 9), component("PARKING_TIME", 9)),
    )
    priced = price(of, period(0, ENERGY=5), period(20, ENERGY=3), period(40, PARKING_TIME="0.3333"))
    assert [(item.element, item.period) for item in priced.items] == [(0, 0), (1, 1), (1, 2)]
    assert sides(priced.energy) == money("11", "11")
    assert sides(priced.parking) == money("2", "2")


def test_a_price_of_zero_shields_later_elements():
    of = tariff(element(component("ENERGY", 0)), element(component("ENERGY", 5)))
    priced = price(of, period(0, ENERGY=4))
    assert sides(priced.total) == money("0", "0")
    assert [item.element for item in priced.items] == [0]


def test_the_first_of_two_components_of_one_type_wins():
    priced = price(tariff(element(component("ENERGY", 2), component("ENERGY", 7))), period(0, ENERGY=1))
    assert sides(priced.total) == money("2", "2")
    assert any("second ENERGY" in sentence for sentence in priced.explanation)


def test_a_flat_is_due_once_the_first_that_becomes_active():
    of = tariff(element(component("FLAT", 7), min_kwh=4), element(component("FLAT", 1), max_kwh=4))
    priced = price(of, period(0, ENERGY=5), period(30, ENERGY=5))
    assert sides(priced.fixed) == money("1", "1")
    assert [(item.dimension, item.quantity) for item in priced.items] == [("FLAT", 1)]


def test_energy_is_rounded_up_once_by_the_last_step():
    of = tariff(element(component("ENERGY", 2, 700), max_kwh=3), element(component("ENERGY", 5, 500)))
    priced = price(of, period(0, ENERGY=3), period(30, ENERGY="1.1"))
    assert priced.billed["energy_kwh"] == Decimal("4.5")
    assert sides(priced.total) == money("13.50", "13.50")
    assert [item.billed_quantity for item in priced.items] == [3, Decimal("1.5")]


@pytest.mark.parametrize(
    ("step_size", "billed"),
    [(0, "0.1152"), (None, "0.1152"), (1, "0.116"), (25, "0.125"), ("500", "0.5"), (Decimal("1.0"), "0.116")],
)
def test_step_sizes_of_energy(step_size, billed):
    priced = price(tariff(element(component("ENERGY", 1, step_size))), period(0, ENERGY="0.1152"))
    assert priced.billed["energy_kwh"] == Decimal(billed)


def test_what_a_float_left_behind_does_not_bill_a_step():
    of = tariff(element(component("ENERGY", 1, 1000)))
    priced = price(of, period(0, ENERGY=0.1 + 0.2), period(30, ENERGY=0.7))
    assert sides(priced.total) == money("1", "1")
    below = price(of, period(0, ENERGY="0.9999999999"))
    assert below.explanation[-1] == "Total: 1.00 EUR."
    assert not any("step_size" in sentence for sentence in below.explanation)


@pytest.mark.parametrize(
    ("mode", "time", "parking"),
    [
        ("last_dimension", "0.35", "20"),
        ("combined_time", "0.35", "19"),
        ("none", "0.35", "16"),
    ],
)
def test_step_modes(mode, time, parking):
    """21 min charging at 1/h and 16 min parking at 60/h in steps of 10 min."""
    of = tariff(element(component("TIME", 1, 600), component("PARKING_TIME", 60, 600)))
    priced = price(of, period(0, TIME="0.35"), period(21, PARKING_TIME="0.2667"), end=37, step_mode=mode)
    assert sides(priced.time) == money(time, time)
    assert sides(priced.parking) == money(parking, parking)


def test_the_step_mode_follows_the_version_unless_it_is_given():
    of = tariff(element(component("TIME", 1, 600), component("PARKING_TIME", 60, 600)))
    periods = (period(0, TIME="0.35"), period(21, PARKING_TIME="0.2667"))
    parking = {
        version: price(of, *periods, end=37, ocpi_version=version).parking.excl_vat
        for version in ("2.1.1", "2.2", "2.2.1", "2.3.0")
    }
    assert parking == {"2.1.1": 20, "2.2": 19, "2.2.1": 20, "2.3.0": 20}
    assert price(of, *periods, end=37, ocpi_version="2.2", step_mode="none").parking.excl_vat == 16


def test_a_dimension_without_quantity_is_not_the_last_one():
    of = tariff(element(component("TIME", 60, 600), component("PARKING_TIME", 60, 600)))
    priced = price(of, period(0, TIME="0.25", PARKING_TIME=0), end=15)
    assert priced.billed["time_s"] == 1200
    assert sides(priced.total) == money("20", "20")


def test_the_timestamps_give_the_duration_when_the_volume_is_close():
    of = tariff(element(component("TIME", 6, 600)))
    assert price(of, period(0, TIME="0.1667"), end=10).billed["time_s"] == 600
    # 601.2 s are within two seconds of the timestamps.
    assert price(of, period(0, TIME="0.167"), end=10).billed["time_s"] == 600
    # Three seconds away from the timestamps, the volume counts: 603 s, so two steps.
    assert price(of, period(0, TIME="0.1675"), end=10).billed["time_s"] == 1200


def test_a_volume_of_zero_is_zero_however_short_the_period():
    of = tariff(element(component("TIME", 3600, 0), component("PARKING_TIME", 3600, 60)))
    priced = price(of, period(0, TIME="0.0003", PARKING_TIME=0), end=1 / 60)
    assert priced.billed["time_s"] == 1
    assert priced.billed["parking_s"] == 0


def test_without_an_end_the_volume_gives_the_duration():
    of = tariff(element(component("TIME", 6, 600)))
    priced = price_periods(of, [period(0, TIME="0.1667")], time_zone=UTC_ZONE)
    assert priced.billed["time_s"] == 600


def test_parts_of_a_second_do_not_bill_a_step():
    of = tariff(element(component("TIME", 6, 600)))
    periods = [{**period(0, TIME="0.1667"), "start_date_time": "2026-03-02T09:00:00.120Z"}]
    priced = price_periods(of, periods, time_zone=UTC_ZONE, end="2026-03-02T09:10:00.880Z")
    assert priced.billed["time_s"] == 600


def test_periods_are_priced_in_the_order_of_time():
    of = tariff(element(component("ENERGY", 1), max_kwh=5), element(component("ENERGY", 10)))
    priced = price(of, period(30, ENERGY=2), period(0, ENERGY=5))
    assert sides(priced.total) == money("25", "25")
    assert [(item.period, item.element) for item in priced.items] == [(1, 0), (0, 1)]


def test_energy_fed_back_lowers_the_cost():
    of = tariff(element(component("ENERGY", "0.5", 1000)))
    priced = price(of, period(0, ENERGY=5), period(30, ENERGY="-1"))
    assert sides(priced.total) == money("2", "2")
    assert sides(price(of, period(0, ENERGY="-1.5")).total) == money("-0.75", "-0.75")


def test_min_price_and_max_price_act_on_each_side():
    limits = {"min_price": {"excl_vat": 3, "incl_vat": 3.3}, "max_price": {"excl_vat": 10, "incl_vat": 11}}
    of = tariff(element(component("ENERGY", 1, vat=20)), **limits)
    low, middle, high = (price(of, period(0, ENERGY=kwh)) for kwh in (1, 5, 50))

    assert sides(low.total) == money("3", "3.3")
    assert sides(low.adjustment) == money("2", "2.1")
    assert sides(low.energy) == money("1", "1.2")
    assert sides(middle.total) == money("5", "6")
    assert sides(middle.adjustment) == money("0", "0")
    assert sides(high.total) == money("10", "11")
    assert sides(high.adjustment) == money("-40", "-49")
    assert "min_price raises the total excl. VAT from 1.00 to 3.00 EUR." in low.explanation
    assert "max_price caps the total incl. VAT from 60.00 to 11.00 EUR." in high.explanation


@pytest.mark.parametrize("limit", [{"excl_vat": 4}, {"excl_vat": "4", "incl_vat": None}])
def test_a_side_that_a_limit_lacks_does_not_bind(limit):
    of = tariff(element(component("ENERGY", 1, vat=20)), min_price=limit)
    priced = price(of, period(0, ENERGY=1))
    assert sides(priced.total) == money("4", "1.2")
    assert "min_price has no amount incl. VAT: that total stays 1.20 EUR." in priced.explanation


def test_nothing_happened_costs_nothing_not_even_the_minimum():
    of = tariff(
        element(component("ENERGY", 1), component("FLAT", 2)), min_price={"excl_vat": 5, "incl_vat": 5}
    )
    priced = price(of)
    assert sides(priced.total) == money("0", "0")
    assert priced.items == []


def test_periods_can_name_their_tariff():
    day = tariff(element(component("ENERGY", 1)), id="day", max_price={"excl_vat": 1, "incl_vat": 1})
    night = tariff(element(component("ENERGY", 3, 1000)), id="Night")
    periods = [
        period(0, ENERGY="1.5"),
        period(10, "DAY", ENERGY=1),
        period(20, "lost", ENERGY=1),
        period(30, "NIGHT", ENERGY=1),
    ]
    priced = price(day, *periods, tariffs={"Night": night})

    # 4.5 kWh become 5 by the step of the last component; the limits of the last tariff count.
    assert sides(priced.total) == money("8", "8")
    assert [item.price_excl_vat for item in priced.items] == [1, 1, 1, 3]
    assert "Tariff 'lost' is not known: its periods have the price of the main tariff." in priced.explanation


def test_tariffs_of_one_session_have_one_currency():
    other = tariff(element(component("ENERGY", 1)), currency="SEK")
    with pytest.raises(TariffError) as refusal:
        price(tariff(element(component("ENERGY", 1))), period(0, ENERGY=1), tariffs={"x": other})
    assert refusal.value.field == "tariffs['x'].currency"


def test_items_and_adjustment_add_up_to_the_total():
    of = tariff(element(component("TIME", 1, 60, vat=19)), max_price={"excl_vat": 1, "incl_vat": 2})
    priced = price(of, *(period(minute, TIME="0.0167") for minute in range(80)), end=80)
    assert len(priced.items) == 80
    for side in ("excl_vat", "incl_vat"):
        parts = sum(getattr(item.amount, side) for item in priced.items)
        assert parts + getattr(priced.adjustment, side) == getattr(priced.total, side)
    assert sides(priced.time) == (Decimal("1.3333333333333333"), Decimal("1.5866666666666667"))


def test_the_explanation_tells_what_priced_what_and_why():
    of = tariff(
        element(component("ENERGY", "0.50", vat=21), end_time="10:30"),
        element(component("ENERGY", "0.30", 500, vat=21), max_power=22),
        element(component("PARKING_TIME", 6, 60), min_duration=3600),
    )
    happened = facts(
        segment(at(0), at(60), 4.1, min_power=11, max_power=11),
        segment(at(60), at(90)),
    )
    assert price_facts(of, happened).explanation == [
        "Element 1 prices 2.05 kWh from Mon 2026-03-02 10:00 to 10:30 at 0.50 EUR per kWh excl. VAT, VAT 21 %: "
        "1.025 EUR excl. VAT, 1.2403 EUR incl. VAT.",
        "1 h of charging time from Mon 2026-03-02 10:00 to 11:00 cost nothing: the tariff has no price for it.",
        "Element 2 prices 2.05 kWh from Mon 2026-03-02 10:30 to 11:00 at 0.30 EUR per kWh excl. VAT, VAT 21 %, "
        "billed as 2.45 kWh: 0.735 EUR excl. VAT, 0.8894 EUR incl. VAT.",
        "Element 1 did not apply at Mon 2026-03-02 10:30: local time 10:30 is outside 00:00-10:30.",
        "Element 3 prices 30 min of parking time from Mon 2026-03-02 11:00 to 11:30 at 6.00 EUR per h excl. VAT, "
        "no VAT: 3.00 EUR.",
        "step_size 500 Wh: 4.1 kWh of energy become 4.5 kWh; element 2 bills the extra 0.4 kWh.",
        "Total: 4.76 EUR excl. VAT, 5.1296 EUR incl. VAT.",
    ]


def test_the_explanation_tells_that_nothing_is_rounded():
    told = "step_size: nothing is rounded, by the step mode none."
    of = {step: tariff(element(component("ENERGY", 2, step))) for step in (1, 500)}
    charged = period(0, ENERGY="4.1")

    assert price(of[500], charged, step_mode="none").explanation == [
        told,
        "Element 1 prices 4.1 kWh from Mon 2026-03-02 09:00 to 10:00 at 2.00 EUR per kWh excl. VAT, no VAT: 8.20 EUR.",
        "Total: 8.20 EUR.",
    ]
    assert told not in price(of[1], charged, step_mode="none").explanation
    assert told not in price(of[500], charged).explanation


def test_the_explanation_stays_short_for_a_long_session():
    of = tariff(element(component("ENERGY", 1), max_power=10), element(component("ENERGY", 2)))
    periods = [period(minute, ENERGY="0.1", MAX_POWER=5 + 10 * (minute % 2)) for minute in range(200)]
    priced = price(of, *periods, end=200)
    assert len(priced.items) == 200
    assert priced.explanation[0].startswith(
        "Element 1 prices 10 kWh in 100 stretches from Mon 2026-03-02 09:00 to"
    )
    assert len(priced.explanation) == 4
