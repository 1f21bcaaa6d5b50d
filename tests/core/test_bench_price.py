"""The measurement of the tariff engine: what it prices, and that it needs no database."""

import json
from decimal import Decimal

from django.core.management import call_command

from catalog.pricing import price_periods
from emsp.bench import pricing


def test_the_session_that_is_measured_uses_every_element():
    priced = price_periods(
        pricing.tariff(), pricing.periods(), time_zone="Europe/Amsterdam", end=pricing.START + pricing.DAY
    )

    assert (len(pricing.periods()), len(priced.items)) == (500, 700)
    assert {item.element for item in priced.items} == {0, 1, 2, 3, 4, 5}
    assert priced.total.excl_vat == Decimal("57.0136")


def test_price_is_measured_without_a_database(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pricing, "ROUNDS", 3)
    monkeypatch.setattr(pricing, "REPEATS", 1)

    call_command("bench", "price", json=tmp_path / "out.json")

    told = json.loads((tmp_path / "out.json").read_text())
    named = [(row["name"], row["rounds"]) for row in told["figures"]]
    assert named == [("floor: sum of 500 periods", 3), ("price: 500 periods, 6 elements", 3)]
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["Python", "floor:", "price:"]
