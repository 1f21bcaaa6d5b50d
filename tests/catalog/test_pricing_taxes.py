"""What is known of an amount excluding and including tax, per OCPI version."""

import pytest

from catalog.pricing import price_periods
from tests.catalog.pricing import component, element, money, period, sides, tariff


def total(of, version):
    return price_periods(of, [period(0, ENERGY=10)], time_zone="UTC", ocpi_version=version)


@pytest.mark.parametrize(
    ("version", "tax_included", "vat", "expected"),
    [
        ("2.1.1", None, None, ("21", None)),
        ("2.1.1", None, 20, ("21", "25.2")),
        ("2.2", None, None, ("21", "21")),
        ("2.2.1", None, None, ("21", "21")),
        ("2.2.1", None, "", ("21", "21")),
        ("2.2.1", None, 0, ("21", "21")),
        ("2.2.1", None, 20, ("21", "25.2")),
        ("2.3.0", "NO", None, ("21", None)),
        ("2.3.0", "NO", 20, ("21", "25.2")),
        ("2.3.0", "YES", None, (None, "21")),
        ("2.3.0", "YES", 5, ("20", "21")),
        ("2.3.0", "N/A", None, ("21", "21")),
        ("2.3.0", "N/A", 20, ("21", "21")),
        ("2.3.0", None, None, ("21", None)),
        ("2.3.0", "PERHAPS", 20, ("21", "25.2")),
        ("2.3", "yes", 5, ("20", "21")),
    ],
)
def test_the_sides_of_an_amount(version, tax_included, vat, expected):
    of = tariff(element(component("ENERGY", "2.1", vat=vat)), tax_included=tax_included)
    priced = total(of, version)
    assert sides(priced.total) == sides(priced.energy) == money(*expected)
    assert sides(priced.items[0].amount) == money(*expected)


@pytest.mark.parametrize(("version", "tax_included"), [("2.1.1", None), ("2.3.0", "YES"), ("2.3.0", "NO")])
def test_nothing_is_known_to_be_free_of_tax(version, tax_included):
    of = tariff(element(component("ENERGY", 0), component("FLAT", 0)), tax_included=tax_included)
    assert sides(total(of, version).total) == money("0", "0")


def test_one_unknown_part_makes_the_total_unknown():
    of = tariff(element(component("ENERGY", 2, vat=20), component("FLAT", 1)), tax_included="NO")
    priced = total(of, "2.3.0")
    assert sides(priced.energy) == money("20", "24")
    assert sides(priced.fixed) == money("1", None)
    assert sides(priced.total) == money("21", None)
    assert sides(priced.adjustment) == money("0", None)


def test_names_and_limits_of_2_3_0():
    limit = {"before_taxes": 30, "after_taxes": 33}
    of = tariff(element(component("ENERGY", 2, vat=20)), tax_included="NO", min_price=limit)
    priced = total(of, "2.3.0")
    assert priced.as_dict()["total_cost"] == {"before_taxes": "30.00", "after_taxes": "33.00"}
    assert "min_price raises the total before taxes from 20.00 to 30.00 EUR." in priced.explanation


def test_a_limit_acts_on_the_side_that_is_known():
    limit = {"before_taxes": 30, "after_taxes": 33}
    of = tariff(element(component("ENERGY", 2)), tax_included="YES", min_price=limit)
    assert total(of, "2.3.0").as_dict()["total_cost"] == {"before_taxes": None, "after_taxes": "33.00"}


@pytest.mark.parametrize(
    ("version", "tax_included", "vats", "expected"),
    [
        ("2.2.1", None, (20, 20), ("30", "36")),
        ("2.2.1", None, (None, None), ("30", "30")),
        ("2.2.1", None, (20, 5), ("30", "12.525")),
        ("2.2.1", None, (20, None), ("30", "12.5")),
        ("2.1.1", None, (None, None), ("30", None)),
        ("2.3.0", "NO", (20, 20), ("30", "36")),
        ("2.3.0", "YES", (20, 20), ("25", "30")),
        ("2.3.0", "YES", (None, None), (None, "30")),
        ("2.3.0", "YES", (20, 5), ("8.8095238095238095", "30")),
        ("2.3.0", "N/A", (20, 5), ("30", "30")),
    ],
)
def test_a_bare_limit_has_the_tax_that_all_prices_share(version, tax_included, vats, expected):
    """10 kWh at 1.00 and a start fee of 0.50, at least 30."""
    energy, flat = vats
    prices = element(component("ENERGY", 1, vat=energy), component("FLAT", "0.5", vat=flat))
    free = element(component("TIME", 0))
    of = tariff(prices, free, tax_included=tax_included, min_price="30")
    assert sides(total(of, version).total) == money(*expected)


@pytest.mark.parametrize(
    ("taxes", "after"),
    [
        ([{"name": "GST", "amount": "1.5"}, {"name": "PST", "amount": 3}], "34.5"),
        ([{"name": "GST", "percentage": 5}], "24"),
        ([], "24"),
    ],
)
def test_the_taxes_of_a_price_are_added(taxes, after):
    limit = {"before_taxes": 30, "taxes": taxes}
    of = tariff(element(component("ENERGY", 2, vat=20)), tax_included="NO", min_price=limit)
    assert sides(total(of, "2.3.0").total) == money("30", after)


def test_amounts_are_shown_with_two_to_four_decimals():
    of = tariff(element(component("ENERGY", "0.250005", vat="5.2")))
    costs = total(of, "2.2.1").as_dict()
    assert costs["total_cost"] == {"excl_vat": "2.5001", "incl_vat": "2.6301"}
    assert costs["total_time_cost"] == {"excl_vat": "0.00", "incl_vat": "0.00"}
    assert list(costs) == [
        "total_cost",
        "total_energy_cost",
        "total_time_cost",
        "total_parking_cost",
        "total_reservation_cost",
        "total_fixed_cost",
        "explanation",
    ]
