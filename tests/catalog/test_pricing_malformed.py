"""Malformed and hostile tariffs: priced where that is possible, else refused naming the field."""

from decimal import Decimal

import pytest

from catalog.pricing import TariffError, price_case, price_facts, price_periods
from tests.catalog.pricing import START, at, component, element, facts, money, period, segment, sides, tariff

HOUR = period(0, ENERGY=10, TIME=1)


def price(of, *periods, **options):
    return price_periods(of, periods or [HOUR], time_zone=options.pop("time_zone", "UTC"), **options)


@pytest.mark.parametrize(
    "members",
    [
        {"restrictions": None},
        {"restrictions": {}},
        {"restrictions": []},
        {"restrictions": {"start_time": None, "max_kwh": None, "day_of_week": [], "end_date": ""}},
    ],
)
def test_empty_restrictions_restrict_nothing(members):
    of = tariff({"price_components": [component("ENERGY", "0.5", vat=None)], **members}, min_price=None)
    assert sides(price(of).total) == money("5", "5")


@pytest.mark.parametrize(
    ("spoilt", "finding"),
    [
        (component("ENERGY", None), "elements[0].price_components[0].price: no price is given"),
        ({"type": "ENERGY"}, "elements[0].price_components[0].price: no price is given"),
        (
            component("SESSION_FEE", 3),
            "elements[0].price_components[0].type: 'SESSION_FEE' is not a dimension",
        ),
        (component(None, 3), "elements[0].price_components[0].type: null is not a dimension"),
    ],
)
def test_a_component_that_cannot_be_used_is_left_out_and_told(spoilt, finding):
    of = tariff(element(spoilt), element(component("ENERGY", 2)))
    priced = price(of)
    assert sides(priced.total) == money("20", "20")
    assert any(sentence.startswith(finding) for sentence in priced.explanation)


def test_forms_that_partners_write_are_read():
    of = {
        "currency": " eur ",
        "min_price": "1.5",
        "elements": [None, {"price_components": {"type": "energy", "price": " 0.10 ", "vat": "20"}}],
    }
    priced = price(of)
    assert priced.currency == "EUR"
    assert sides(priced.total) == money("1.5", "1.8")
    assert priced.billed["energy_kwh"] == 10


@pytest.mark.parametrize(
    ("vat", "price_", "sentence"),
    [
        (
            0.2,
            1,
            "elements[0].price_components[0].vat: less than 1 % is implausible, a fraction may be meant.",
        ),
        (20, -1, "A price is negative: the driver is paid for it."),
    ],
)
def test_doubts_are_told(vat, price_, sentence):
    assert sentence in price(tariff(element(component("ENERGY", price_, vat=vat)))).explanation


def test_a_flat_of_zero_alone_may_mean_unknown():
    sentence = "The only price of charging is FLAT 0: that may mean unknown rather than free."
    assert sentence in price(tariff(element(component("FLAT", 0, 0)))).explanation
    assert sentence not in price(tariff(element(component("FLAT", 0, 0), component("ENERGY", 0)))).explanation


GOOD = element(component("ENERGY", 1))
PRICE = "elements[0].price_components[0].price"
STEP = "elements[0].price_components[0].step_size"


@pytest.mark.parametrize(
    ("of", "field"),
    [
        (None, "tariff"),
        ([], "tariff"),
        ({}, "currency"),
        (tariff(GOOD, currency=None), "currency"),
        (tariff(GOOD, currency="EURO"), "currency"),
        (tariff(GOOD, currency=978), "currency"),
        (tariff(), "elements"),
        (tariff(GOOD, elements=None), "elements"),
        (tariff(GOOD, elements="x"), "elements"),
        (tariff(GOOD, elements=[GOOD] * 1001), "elements"),
        (tariff(element()), "elements"),
        (tariff(element(component("ENERGY", None))), "elements"),
        (tariff("x"), "elements[0]"),
        (tariff(GOOD, {"price_components": 5}), "elements[1].price_components"),
        (tariff(GOOD, min_price=[1]), "min_price"),
        (tariff(GOOD, max_price={"excl_vat": "x"}), "max_price.excl_vat"),
        (tariff(element(component("ENERGY", 1, vat=-5))), "elements[0].price_components[0].vat"),
        (tariff(element(component("ENERGY", 1, vat="x"))), "elements[0].price_components[0].vat"),
    ],
)
def test_a_tariff_that_cannot_be_priced_names_the_field(of, field):
    with pytest.raises(TariffError) as refusal:
        price(of)
    assert refusal.value.field == field
    assert str(refusal.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    "number",
    [
        float("nan"),
        float("inf"),
        Decimal("-Infinity"),
        Decimal("sNaN"),
        "NaN",
        "abc",
        "1e999999999",
        "1e400",
        Decimal("1e999999"),
        Decimal("1e-999999"),
        10**13,
        pytest.param(10**5000, id="5000 digits"),
        pytest.param("9" * 5000, id="5000 digits of text"),
        "٣",
        True,
        [1],
        {"excl_vat": 1},
    ],
)
def test_hostile_numbers_are_refused_everywhere(number):
    places = [
        (tariff(element(component("ENERGY", number))), HOUR, PRICE),
        (tariff(element(component("ENERGY", 1, number))), HOUR, STEP),
        (tariff(element(component("ENERGY", 1), max_kwh=number)), HOUR, "elements[0].restrictions.max_kwh"),
        (tariff(GOOD), period(0, ENERGY=number), "charging_periods[0].dimensions[0].volume"),
    ]
    for of, happened, field in places:
        with pytest.raises(TariffError) as refusal:
            price(of, happened)
        assert refusal.value.field == field
        assert len(str(refusal.value)) < 200


def test_a_negative_step_is_refused_where_it_is_used():
    with pytest.raises(TariffError) as refusal:
        price(tariff(element(component("ENERGY", 1, -1))))
    assert refusal.value.field == STEP
    assert sides(price(tariff(element(component("FLAT", 1, -1)))).total) == money("1", "1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_time", "25:00"),
        ("start_time", "24:01"),
        ("end_time", "17:60"),
        ("end_time", 17),
        ("start_date", "2026-02-30"),
        ("end_date", "02.03.2026"),
        ("end_date", "2026-03-02T00:00:00Z"),
        ("day_of_week", ["MON"]),
        ("day_of_week", 1),
        ("min_duration", "long"),
        ("reservation", ["RESERVATION"]),
    ],
)
def test_a_restriction_that_cannot_be_understood_is_refused(name, value):
    with pytest.raises(TariffError) as refusal:
        price(tariff(element(component("ENERGY", 1), **{name: value})))
    assert refusal.value.field == f"elements[0].restrictions.{name}"


@pytest.mark.parametrize("restrictions", ["x", 5, [1]])
def test_restrictions_of_another_type_are_refused(restrictions):
    with pytest.raises(TariffError) as refusal:
        price(tariff({**GOOD, "restrictions": restrictions}))
    assert refusal.value.field == "elements[0].restrictions"


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "../etc/passwd", "Europe", "\0", 5, [], pytest.param("x" * 5000, id="long")]
)
def test_a_bad_time_zone_is_refused(zone):
    with pytest.raises(TariffError) as refusal:
        price(tariff(GOOD), time_zone=zone)
    assert refusal.value.field == "time_zone"


def test_no_time_zone_is_needed_without_restrictions_in_local_time():
    assert sides(price(tariff(GOOD), time_zone="").total) == money("10", "10")
    with pytest.raises(TariffError) as refusal:
        price(tariff(element(component("ENERGY", 1), start_time="10:00")), time_zone="")
    assert str(refusal.value) == "time_zone: missing, but the tariff has restrictions in local time"


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-02T09:00:00Z",
        "2026-03-02T09:00:00",
        "2026-03-02 09:00:00.0000000+00:00",
        "2026-03-02t14:30:00+05:30",
        "2026-03-02T04:00:00-0500",
        START,
        START.replace(tzinfo=None),
    ],
)
def test_moments_in_every_accepted_form(moment):
    assert price(tariff(GOOD), {**HOUR, "start_date_time": moment}).items[0].start == START


@pytest.mark.parametrize(
    "moment",
    [
        None,
        "",
        "yesterday",
        "2026-03-02",
        "2026-13-02T09:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:00:00+99:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        1772442000,
    ],
)
def test_bad_moments_are_refused(moment):
    with pytest.raises(TariffError) as refusal:
        price(tariff(GOOD), {**HOUR, "start_date_time": moment})
    assert refusal.value.field == "charging_periods[0].start_date_time"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"ocpi_version": "3.0"}, "ocpi_version"),
        ({"ocpi_version": None}, "ocpi_version"),
        ({"step_mode": "half"}, "step_mode"),
        ({"reservation_expired": "yes"}, "reservation_expired"),
    ],
)
def test_bad_options_are_refused(options, field):
    with pytest.raises(TariffError) as refusal:
        price(tariff(GOOD), **options)
    assert refusal.value.field == field


def test_a_negative_time_is_refused():
    with pytest.raises(TariffError) as refusal:
        price(tariff(GOOD), period(0, ENERGY=1, TIME="-0.1"))
    assert refusal.value.field == "charging_periods[0].dimensions[1].volume"


@pytest.mark.parametrize(
    ("happened", "field"),
    [
        ({}, "facts.segments"),
        (None, "facts"),
        (facts("x"), "facts.segments[0]"),
        (facts(segment(at(5), at(0), 1)), "facts.segments[0].end"),
        (facts(segment(at(0), at(60 * 24 * 400), 1)), "facts.segments[0].end"),
        (facts({**segment(at(0), at(5), 1), "activity": "DRIVING"}), "facts.segments[0].activity"),
        (facts(segment(at(0), at(5), "much")), "facts.segments[0].kwh"),
        (facts(segment(at(0), at(5), 1, max_power="much")), "facts.segments[0].max_power"),
        (facts(time_zone="Mars"), "facts.time_zone"),
        (facts(reservation={"start": START.isoformat()}), "facts.reservation.end"),
        (
            facts(reservation={"start": START.isoformat(), "end": START.isoformat(), "expired": "no"}),
            "facts.reservation.expired",
        ),
    ],
)
def test_bad_facts_name_the_field(happened, field):
    with pytest.raises(TariffError) as refusal:
        price_facts(tariff(GOOD), happened)
    assert refusal.value.field == field


def test_a_year_of_a_thousand_windows_is_refused_rather_than_computed():
    windows = [
        element(component("ENERGY", 1), start_time=f"{n // 60:02}:{n % 60:02}", end_time="23:59")
        for n in range(900)
    ]
    with pytest.raises(TariffError, match="more than 20000 times of day"):
        price_facts(tariff(*windows), facts(segment(at(0), at(60 * 24 * 365), 1)))


def test_a_case_without_anything_to_price_is_refused():
    with pytest.raises(TariffError, match="charging_periods: missing, and there are no facts either"):
        price_case({"tariff": tariff(GOOD), "time_zone": "UTC"})
