"""The worked examples of the OCPI texts, from their charging periods and from their facts."""

from decimal import Decimal

import pytest

from catalog.pricing import price_facts, price_periods
from tests.shared import SHARED, fixture

FILE = "ocpi/tariff-cases.json"
CASES = (
    {case["id"]: case for case in fixture(FILE)["cases"]}
    if (SHARED / "reference/fixtures" / FILE).exists()
    else {}
)


def test_all_cases_are_there():
    assert len({case["id"] for case in fixture(FILE)["cases"]}) == 46


@pytest.mark.parametrize("source", ["periods", "periods without an end", "facts"])
@pytest.mark.parametrize("case_id", sorted(CASES))
def test_a_worked_example_has_its_amounts(case_id, source):
    case = CASES[case_id]
    priced = _price(case, source)
    expected = case["expected"]

    assert priced.currency == case["currency"]
    costs = priced.as_dict()
    for name in (name for name in expected if name.startswith("total_")):
        amounts = {side: text for side, text in expected[name].items() if not side.endswith("_exact")}
        assert costs[name] == amounts, name
    billed = dict.fromkeys(priced.billed, Decimal(0))
    billed.update({name: Decimal(text) for name, text in expected["billed_quantities"].items()})
    assert priced.billed == billed


@pytest.mark.parametrize("source", ["periods", "facts"])
@pytest.mark.parametrize("case_id", sorted(i for i in CASES if "expected_combined_rounding" in CASES[i]))
def test_the_older_rule_rounds_charging_and_parking_together(case_id, source):
    case = CASES[case_id]
    expected = case["expected_combined_rounding"]["total_cost"]
    total = _price(case, source, step_mode="combined_time").as_dict()["total_cost"]
    assert total == {side: expected[side] for side in ("excl_vat", "incl_vat")}


def _price(case, source, **options):
    happened, version = case["facts"], case["ocpi_version"]
    if source == "facts":
        return price_facts(case["tariff"], happened, ocpi_version=version, **options)
    return price_periods(
        case["tariff"],
        case["charging_periods"],
        time_zone=happened["time_zone"],
        end=None if "without" in source else happened["end_date_time"],
        ocpi_version=version,
        **options,
    )
