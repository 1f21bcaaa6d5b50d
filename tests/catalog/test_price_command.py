"""`manage.py price`: files in, JSON or sentences out, without a database."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, load_command_class

from tests.catalog.pricing import at, component, element, facts, period, segment, tariff
from tests.shared import shared_path

ROOT = Path(__file__).resolve().parent.parent.parent
TARIFF = tariff(element(component("ENERGY", "0.25", vat=10)), element(component("TIME", 3, 600, vat=10)))
CASE = {
    "id": "forty-minutes",
    "ocpi_version": "2.2.1",
    "time_zone": "Europe/Amsterdam",
    "tariff": TARIFF,
    "charging_periods": [period(0, ENERGY=20, TIME="0.6667")],
    "end_date_time": at(40).isoformat(),
}


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        file = tmp_path / name
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(file)

    return write


def run(*arguments):
    out = StringIO()
    call_command("price", *arguments, stdout=out)
    return out.getvalue()


def costs(*arguments):
    return json.loads(run(*arguments))


def total(result):
    return result["total_cost"]["excl_vat"]


def test_one_case_gives_one_object(write):
    result = costs(write("case.json", CASE))
    explanation = result.pop("explanation")
    zero = {"excl_vat": "0.00", "incl_vat": "0.00"}
    assert result == {
        "id": "forty-minutes",
        "total_cost": {"excl_vat": "7.00", "incl_vat": "7.70"},
        "total_energy_cost": {"excl_vat": "5.00", "incl_vat": "5.50"},
        "total_time_cost": {"excl_vat": "2.00", "incl_vat": "2.20"},
        "total_parking_cost": zero,
        "total_reservation_cost": zero,
        "total_fixed_cost": zero,
    }
    assert explanation[-1] == "Total: 7.00 EUR excl. VAT, 7.70 EUR incl. VAT."


def test_a_file_of_cases_gives_an_array(write):
    assert [each["id"] for each in costs(write("cases.json", {"cases": [CASE]}))] == ["forty-minutes"]
    assert costs(write("none.json", {"cases": []})) == []


def test_several_files_give_one_array(write):
    nameless = {name: value for name, value in CASE.items() if name != "id"}
    files = [write("one.json", nameless), write("more.json", {"cases": [CASE, {**CASE, "id": 7}]})]
    assert [each["id"] for each in costs(*files)] == [None, "forty-minutes", 7]


def test_charging_periods_win_over_facts_and_both_may_hold_the_rest(write):
    happened = facts(segment(at(0), at(60), 40), tariff=TARIFF, ocpi_version="2.2.1")
    both = {"id": "both", "facts": happened, "charging_periods": CASE["charging_periods"]}
    assert total(costs(write("both.json", both))) == "7.00"
    assert total(costs(write("facts.json", {"id": "facts", "facts": happened}))) == "13.00"


def test_a_step_mode_of_the_case_and_one_for_all(write):
    parked = [*CASE["charging_periods"], period(40, PARKING_TIME="0.05")]
    of = tariff(element(component("TIME", 6, 600), component("PARKING_TIME", 6, 600)))
    case = {**CASE, "tariff": of, "charging_periods": parked, "end_date_time": at(43).isoformat()}
    file = write("case.json", case)
    assert total(costs(file)) == "5.00"
    assert total(costs(write("none.json", {**case, "step_mode": "none"}))) == "4.30"
    assert total(costs("--step-mode", "none", file)) == "4.30"


@pytest.mark.parametrize(("expired", "expected"), [(None, "9.00"), (True, "9.00"), (False, "2.00")])
def test_reservation_expired_may_be_said(write, expired, expected):
    of = tariff(
        element(component("TIME", 9), reservation="RESERVATION_EXPIRES"),
        element(component("TIME", 2), reservation="RESERVATION"),
    )
    periods = {
        "tariff": of,
        "charging_periods": [period(0, RESERVATION_TIME=1)],
        "reservation_expired": expired,
    }
    assert total(costs(write("periods.json", periods))) == expected
    reserved = {"start": at(0).isoformat(), "end": at(60).isoformat()}
    known = {"tariff": of, "facts": facts(reservation=reserved), "reservation_expired": expired}
    assert total(costs(write("facts.json", known))) == expected


def test_unknown_amounts_are_null_and_2_3_0_has_its_names(write):
    of = tariff(element(component("ENERGY", 2)), tax_included="NO")
    result = costs(write("case.json", {**CASE, "tariff": of, "ocpi_version": "2.3.0"}))
    assert result["total_cost"] == {"before_taxes": "40.00", "after_taxes": None}
    assert "   40.00       unknown" in run(
        "--text", write("case.json", {**CASE, "tariff": of, "ocpi_version": "2.3.0"})
    )


def test_text_for_people(write):
    lines = run("--text", write("case.json", CASE)).splitlines()
    assert lines[0] == "forty-minutes (EUR)"
    assert lines[1].split() == ["excl.", "VAT", "incl.", "VAT"]
    assert [line.split() for line in lines[2:8]] == [
        ["energy", "5.00", "5.50"],
        ["time", "2.00", "2.20"],
        ["parking", "0.00", "0.00"],
        ["reservation", "0.00", "0.00"],
        ["fixed", "0.00", "0.00"],
        ["total", "7.00", "7.70"],
    ]
    assert lines[-1] == "  Total: 7.00 EUR excl. VAT, 7.70 EUR incl. VAT."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "case.json: not JSON"),
        ('{"cases": NaN}', "case.json: not JSON"),
        ("5", "case.json: a JSON object is needed."),
        ({"cases": 5}, "case.json: cases: a list is needed."),
        ({"cases": [CASE, 5]}, "case.json: cases[1]: an object is needed."),
        ({"cases": [CASE, {}]}, "case.json: cases[1]: tariff: an object is needed, not null."),
        (
            {**CASE, "tariff": {**TARIFF, "currency": None}},
            "case.json: case 'forty-minutes': currency: an ISO 4217 code is needed, not null.",
        ),
        (
            {**CASE, "time_zone": "Mars"},
            "case.json: case 'forty-minutes': time_zone: an IANA time zone is needed",
        ),
        ({**CASE, "step_mode": "x"}, "case.json: case 'forty-minutes': step_mode: one of"),
        ({**CASE, "end_date_time": "x"}, "case.json: case 'forty-minutes': end_date_time: a date-time"),
    ],
)
def test_an_error_names_file_case_and_field(write, content, message):
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("price", write("case.json", content), stdout=out)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert out.getvalue() == ""


def test_the_help_teaches_with_an_example_that_works(write):
    text = load_command_class("catalog", "price").create_parser("manage.py", "price").format_help()
    example = text[text.index('    {"id": "two-kwh"') : text.index("    manage.py price price.json")]
    assert costs(write("price.json", example))["total_cost"] == {"excl_vat": "0.60", "incl_vat": "0.726"}


def test_all_worked_examples_at_once():
    file = shared_path("reference/fixtures/ocpi/tariff-cases.json")
    expected = json.loads(file.read_text(encoding="utf-8"))["cases"]
    results = costs(str(file))
    assert len(results) == 46
    for case, result in zip(expected, results, strict=True):
        amounts = {side: text for side, text in case["expected"]["total_cost"].items() if "exact" not in side}
        assert (result["id"], result["total_cost"]) == (case["id"], amounts)


def test_it_runs_without_any_environment_and_database(write):
    """As a newcomer calls it: exit 0 and JSON, or exit 1 and one sentence."""

    def manage(*arguments):
        command = [sys.executable, str(ROOT / "manage.py"), "price", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}, timeout=60
        )

    good = manage(write("case.json", CASE))
    assert (good.returncode, good.stderr) == (0, "")
    assert total(json.loads(good.stdout)) == "7.00"

    bad = manage(str(Path("nowhere.json")))
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == "CommandError: nowhere.json: No such file or directory.\n"
