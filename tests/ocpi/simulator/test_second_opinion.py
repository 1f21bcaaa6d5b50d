"""The simulator's CDRs and the eMSP's own price engine agree, although they share no code."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from catalog.pricing import price_periods
from ocpi.simulator import tariffs
from ocpi.simulator.billing import cdr, end_of, reservation_step
from ocpi.simulator.car import advance, plugged_in
from ocpi.simulator.network import Spot
from ocpi.simulator.stations import generated
from tests.ocpi.simulator.stage import START

STATIONS = generated("IN", "SIM", "Operator")
TARIFFS = {row["id"]: row for row in tariffs.generated("IN", "SIM")}
BY_POWER = {
    "country_code": "IN",
    "party_id": "SIM",
    "id": "BY-POWER",
    "currency": "INR",
    "elements": [
        {
            "price_components": [{"type": "ENERGY", "price": Decimal(10), "vat": 18, "step_size": 1}],
            "restrictions": {"max_power": Decimal(20), "max_kwh": Decimal("7.5")},
        },
        {"price_components": [{"type": "ENERGY", "price": Decimal(25), "vat": 5, "step_size": 250}]},
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}


def four(value):
    return value.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def spots():
    """The first EVSE of every tariff."""
    found = {}
    for location in STATIONS:
        for evse in location["evses"]:
            found.setdefault(evse["connectors"][0]["tariff_ids"][0], Spot(location, evse))
    return found


@pytest.mark.parametrize("name", [*sorted(TARIFFS), "BY-POWER"])
@pytest.mark.parametrize("seconds", [0, 61, 1799, 20_000, 90_000])
def test_both_find_the_same_cost(name, seconds):
    tariff = TARIFFS.get(name, BY_POWER)
    spot = spots().get(name) or spots()["DC-FLAT"]
    charge = plugged_in("session", "DRIVER0003", spot, spot.connector(None), tariff)
    charge.started_at = START
    charge.steps = [reservation_step(START.replace(hour=8, minute=49, second=17), START)]
    advance(charge, seconds)
    session = {
        "id": "session",
        "country_code": "IN",
        "party_id": "SIM",
        "cdr_token": {},
        "auth_method": "COMMAND",
        "currency": "INR",
        "connector_id": "1",
    }
    record = cdr("cdr", session, spot, charge.steps, tariff, last_updated="2026-03-02T09:00:00Z")

    priced = price_periods(
        tariff, record["charging_periods"], time_zone="Asia/Kolkata", end=end_of(charge.steps)
    )
    assert record["total_cost"] == {
        "excl_vat": four(priced.total.excl_vat),
        "incl_vat": four(priced.total.incl_vat),
    }
