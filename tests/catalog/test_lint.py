"""What is suspicious about a tariff, one thing at a time; and tariffs in words."""

import pytest

from catalog.pricing.lint import Severity, lint
from catalog.pricing.words import in_words
from tests.catalog.pricing import component, element, tariff

ENERGY = component("ENERGY", 0.5, vat=20)


def found(*elements, **members):
    return [(f.severity.value, f.path, f.text) for f in lint(tariff(*elements, **members))]


def one(path, text, severity="warning"):
    return [(severity, path, text)]


FIRST = "elements[0].price_components[0]"
RESTRICTED = "elements[0].restrictions"


def test_a_sound_tariff_has_no_findings():
    night = element(ENERGY, component("PARKING_TIME", 6), start_time="22:00", end_time="06:00")
    day = element(ENERGY, component("FLAT", 1, vat=20))

    assert found(night, day, country_code="DE", min_price={"excl_vat": 1, "incl_vat": 1.2}) == []


@pytest.mark.parametrize(
    ("given", "member", "text"),
    [
        (component("ENERGY", 0.5, vat=0.2), "vat", "VAT of 0.2 % is implausible: 20 % may be meant."),
        (component("ENERGY", 0.5, vat=190), "vat", "VAT of 190 % is implausibly high."),
        (component("ENERGY", 49), "price", "49 per kWh is implausible: it may be in cents."),
        (component("ENERGY", -1), "price", "The price is negative: the driver is paid for it."),
    ],
)
def test_an_implausible_number_is_told(given, member, text):
    assert found(element(given)) == one(f"{FIRST}.{member}", text)


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (0.1, "0.1 per hour is very little: if it is per minute, 6 must be written."),
        (600, "600 per hour is implausible: it may be in cents."),
    ],
)
def test_a_price_per_minute_in_place_of_one_per_hour(price, text):
    path = "elements[0].price_components[1].price"

    assert found(element(ENERGY, component("PARKING_TIME", price))) == one(path, text)


def test_what_is_plausible_depends_on_the_currency():
    assert found(element(component("ENERGY", 18), component("TIME", 120)), currency="INR") == []
    assert found(element(component("ENERGY", 1800)), currency="INR") == one(
        f"{FIRST}.price", "1800 per kWh is implausible: it may be in cents."
    )


def test_the_currency_is_that_of_the_country():
    assert found(element(ENERGY), country_code="IN") == one(
        "currency", "EUR is not the currency of IN, which is INR."
    )
    assert lint(tariff(element(ENERGY)), country_code="gb")[0].text.endswith("of GB, which is GBP.")
    assert found(element(ENERGY), country_code="ZZ") == []


@pytest.mark.parametrize(
    ("restrictions", "text"),
    [
        (
            {"start_time": "08:00", "end_time": "08:00"},
            "The window begins and ends at 08:00: the element never applies.",
        ),
        (
            {"start_date": "2026-03-02", "end_date": "2026-03-02"},
            "end_date is not after start_date, and not included: the element never applies.",
        ),
        ({"min_kwh": 20, "max_kwh": 20}, "min_kwh is not below max_kwh: the element never applies."),
        ({"min_power": 50, "max_power": 22}, "min_power is not below max_power: the element never applies."),
        (
            {"min_duration": 600, "max_duration": 60},
            "min_duration is not below max_duration: the element never applies.",
        ),
        ({"min_current": 32, "max_current": 16}, "min_current is not below max_current: the element never applies."),
    ],
)
def test_an_empty_window_is_told(restrictions, text):
    assert found(element(ENERGY, **restrictions), element(ENERGY)) == one(RESTRICTED, text)


def test_an_element_behind_one_without_restrictions_never_applies():
    assert found(element(ENERGY), element(component("ENERGY", 0.3, vat=20), start_time="22:00")) == one(
        "elements[1]",
        "This ENERGY never applies: element 1 applies before it without any restriction.",
    )


def test_an_element_behind_a_wider_one_never_applies():
    wide, narrow = {"min_power": 22}, {"min_power": 22, "day_of_week": ["MONDAY"]}

    assert found(element(ENERGY, **wide), element(ENERGY, **narrow), element(ENERGY)) == one(
        "elements[1]", "This ENERGY never applies: element 1 applies before it whenever this one could."
    )
    assert found(element(ENERGY, **narrow), element(ENERGY, **wide), element(ENERGY)) == []


NIGHT = {"start_time": "22:00", "end_time": "06:00"}


@pytest.mark.parametrize(
    ("wide", "narrow", "never"),
    [
        ({"max_kwh": 50}, {"max_kwh": 20}, True),
        ({"max_kwh": 20}, {"max_kwh": 50}, False),
        ({"min_duration": 600}, {"min_duration": 3600, "min_power": 11}, True),
        ({"min_duration": 600, "min_power": 11}, {"min_duration": 3600}, False),
        ({"min_power": 11}, {"min_current": 16}, False),
        (NIGHT, {"start_time": "23:00", "end_time": "05:00"}, True),
        (NIGHT, {"start_time": "02:00", "end_time": "06:00"}, True),
        (NIGHT, {"start_time": "02:00", "end_time": "07:00"}, False),
        (NIGHT, {"start_time": "06:00", "end_time": "22:00"}, False),
        ({"start_time": "08:00", "end_time": "18:00"}, NIGHT, False),
        ({"start_time": "08:00"}, {"start_time": "09:00"}, True),
        ({"start_time": "00:00", "end_time": "00:00"}, NIGHT, True),
        ({"day_of_week": ["MONDAY", "FRIDAY"]}, {"day_of_week": ["FRIDAY"]}, True),
        ({"day_of_week": ["FRIDAY"]}, {"day_of_week": ["MONDAY", "FRIDAY"]}, False),
        ({"start_date": "2026-01-01"}, {"start_date": "2026-02-01", "end_date": "2026-03-01"}, True),
        ({"end_date": "2026-02-01"}, {"start_date": "2026-01-01"}, False),
    ],
)
def test_an_element_inside_an_earlier_one_never_applies(wide, narrow, never):
    text = "This ENERGY never applies: element 1 applies before it whenever this one could."
    told = one("elements[1]", text) if never else []

    assert found(element(ENERGY, **wide), element(ENERGY, **narrow)) == told


def test_what_cannot_price_a_reservation_is_told():
    odd = element(ENERGY, component("TIME", 2), reservation="RESERVATION")
    unknown = element(component("TIME", 2), reservation="BOOKING")

    assert found(odd, unknown, element(ENERGY)) == [
        ("warning", FIRST, "ENERGY cannot price a reservation: it never applies."),
        (
            "warning",
            "elements[1].restrictions.reservation",
            "reservation 'BOOKING' is unknown: the element never applies.",
        ),
    ]


def test_two_components_of_one_type():
    text = "A second ENERGY in one element: only the first one counts."

    assert found(element(ENERGY, ENERGY)) == one("elements[0].price_components[1]", text)


@pytest.mark.parametrize(
    ("given", "severity", "text"),
    [
        (component("ENERGY", 0.5, 1000), "hint", "Energy is billed in steps of 1 kWh: Wh is the unit."),
        (component("ENERGY", 0.5, 0), "hint", "A step_size of 0 rounds nothing; 1 is the least that is meant."),
        (component("ENERGY", 0.5, None), "hint", "There is no step_size: nothing is rounded."),
    ],
)
def test_step_sizes_of_energy(given, severity, text):
    assert found(element(given)) == one(f"{FIRST}.step_size", text, severity)


def test_a_step_as_long_as_the_least_duration_and_a_fee_for_staying_on():
    blocks = element(component("TIME", 5, 900), min_duration=900)

    assert found(element(ENERGY), blocks) == [
        (
            "warning",
            "elements[1].price_components[0].step_size",
            "step_size equals min_duration: a price per started block may be meant.",
        ),
        (
            "warning",
            "elements[1]",
            "A fee for staying on is written as TIME: it does not cover parking after the charging.",
        ),
    ]


def test_a_flat_of_nothing_alone_means_unknown():
    text = "The only price is a FLAT of 0: that means unknown rather than free."

    assert found(element(component("FLAT", 0))) == one("elements", text)


def test_a_tariff_without_a_price_per_kwh():
    assert found(element(component("TIME", 6))) == one(
        "elements", "There is no price per kWh: searches show none for it.", "hint"
    )


def test_odd_forms():
    assert found(element(ENERGY), min_price=5) == one(
        "min_price", "min_price is a bare number and not a Price: it is read like the tariff's prices.", "hint"
    )
    assert found({"price_components": [ENERGY], "restrictions": {"start_time": None}}) == one(
        RESTRICTED, "All restrictions are empty: the element always applies.", "hint"
    )
    assert found(element(component("ENERGY", "0.5"))) == one(
        f"{FIRST}.price", "The price is text and not a number.", "hint"
    )
    assert found(element(component("ENERGY", None)), element(ENERGY)) == one(
        f"{FIRST}.price", "No price is given: the component is left out."
    )
    assert found(element(ENERGY, min_soc=20)) == one(
        f"{RESTRICTED}.min_soc", "'min_soc' is no restriction of OCPI: it is left out.", "hint"
    )
    assert found(element(ENERGY), element()) == one(
        "elements[1].price_components", "The element has no price: it does nothing."
    )


def test_limits_and_validity_that_cross():
    assert found(element(ENERGY), min_price={"excl_vat": 5}, max_price={"excl_vat": 4}) == one(
        "max_price", "max_price is below min_price: max_price wins, whatever was charged.", "error"
    )
    ended = {"start_date_time": "2026-02-01T00:00:00Z", "end_date_time": "2026-01-01T00:00:00Z"}
    assert found(element(ENERGY), **ended) == one(
        "end_date_time", "The tariff ends before it begins: it is never valid."
    )


def test_a_tariff_that_cannot_be_read_is_an_error_and_still_looked_at():
    odd = element(component("ENERGY", 0.5, vat=0.2), start_time="25:00")

    findings = lint(tariff(odd))

    assert [(f.severity, f.path) for f in findings] == [
        (Severity.ERROR, "elements[0].restrictions.start_time"),
        (Severity.WARNING, f"{FIRST}.vat"),
    ]
    assert lint({})[0].text.startswith("The tariff cannot be priced: ")
    assert lint({"elements": "x", "currency": "EUR"})[0].path == "elements"


@pytest.mark.parametrize(
    ("elements", "members", "words"),
    [
        (
            [
                element(component("ENERGY", 18)),
                element(component("PARKING_TIME", 120), min_duration=1800),
            ],
            {"currency": "INR"},
            "₹18.00/kWh, parking ₹2.00/min after 30 min",
        ),
        (
            [
                element(
                    component("ENERGY", 0.6), day_of_week=["MONDAY", "TUESDAY", "WEDNESDAY"], start_time="17:00"
                ),
                element(component("ENERGY", 0.4), component("FLAT", 1, vat=20)),
            ],
            {},
            "€0.60/kWh 17:00–24:00 on Mon–Wed, €0.40/kWh otherwise, start fee €1.20",
        ),
        ([element(component("ENERGY", 0.4567, 1000))], {}, "€0.4567/kWh in steps of 1 kWh"),
        (
            [
                element(component("ENERGY", 0), max_kwh=5),
                element(component("ENERGY", 0.5), min_power=50),
                element(component("ENERGY", 0.25)),
            ],
            {},
            "energy free in the first 5 kWh, €0.50/kWh at 50 kW or more, €0.25/kWh otherwise",
        ),
        ([element(component("TIME", 5, 900))], {"currency": "SEK"}, "charging time SEK 5.00/h in steps of 15 min"),
        (
            [
                element(component("ENERGY", 1), start_date="2026-01-01", end_date="2026-02-01"),
                element(component("FLAT", 4), component("TIME", 6), reservation="RESERVATION"),
                element(component("FLAT", 9), reservation="RESERVATION_EXPIRES"),
            ],
            {"max_price": {"excl_vat": 10, "incl_vat": 12}, "min_price": {"excl_vat": 2}},
            "€1.00/kWh from 2026-01-01 until 2026-02-01, reservation fee €4.00, reservation €0.10/min, "
            "unused reservation fee €9.00, at least €2.00 before tax, at most €12.00",
        ),
    ],
)
def test_a_tariff_in_words(elements, members, words):
    assert in_words(tariff(*elements, **members)) == words


def test_taxes_that_are_not_known_are_said():
    assert in_words(tariff(element(component("ENERGY", 0.5))), ocpi_version="2.1.1") == "€0.50/kWh before tax"
