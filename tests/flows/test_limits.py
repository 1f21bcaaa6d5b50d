"""Where a charge ends by itself: at what was paid, at the amount of money ordered, with the energy ordered."""

from datetime import UTC, datetime, timedelta

import pytest

from emsp.core.wire import moment_text
from sessions.models import Order
from tests.flows.paying import policy, proof
from tests.flows.world import tariff

pytestmark = pytest.mark.django_db

# -- what was paid


def charging(driver, cpo):
    policy("BAP", "PRE-ORDER")
    driver.book()
    driver.confirm(payments=proof())
    return cpo.session("ACTIVE", 0)["start_date_time"]


def reading(cpo, kwh, start, seconds):
    """A meter reading; the last_updated of each is later than the one before."""
    at = moment_text(datetime.now(UTC) + timedelta(seconds=seconds), milliseconds=True)
    cpo.session("ACTIVE", kwh, start_date_time=start, last_updated=at)


def test_a_prepaid_charge_is_stopped_before_it_costs_more_than_was_paid(driver, cpo):
    start = charging(driver, cpo)  # 100.00 paid: 5 kWh; 30 kW add 0.5 kWh in a minute

    reading(cpo, 2.0, start, 1)
    reading(cpo, 3.0, start, 2)
    reading(cpo, 3.75, start, 3)
    assert cpo.bodies("STOP_SESSION") == []  # as much again, and a minute: 5 kWh, 100.00
    reading(cpo, 4.38, start, 4)  # 0.63 again, and a minute: 5.51 kWh
    reading(cpo, 4.5, start, 5)

    assert len(cpo.bodies("STOP_SESSION")) == 1


@pytest.mark.parametrize(("capped", "stops"), [(True, 0), (False, 1)])
def test_a_slow_charge_goes_on_while_the_quote_is_its_cap(driver, cpo, settings, capped, stops):
    """18.00 per kWh and 60.00 per hour: quoted and paid are 110.00 for 5 kWh in 10 minutes; it takes 45."""
    settings.QUOTE_CAPS_BILL = capped
    cpo.call("PUT", "tariffs/IN/CPO/T-1", tariff(last_updated="2026-03-02T08:00:00Z", elements=[
        {"price_components": [
            {"type": "ENERGY", "price": 18.0, "step_size": 1}, {"type": "TIME", "price": 60.0, "step_size": 1},
            {"type": "FLAT", "price": 10.0, "step_size": 1},
        ]},
    ]))  # fmt: skip
    policy("BAP", "PRE-ORDER")
    driver.book()
    driver.confirm(payments=proof("110.00"))
    start = cpo.session("ACTIVE", 0)["start_date_time"]

    reading(cpo, 2.0, start, 45 * 60)

    assert len(cpo.bodies("STOP_SESSION")) == stops
    reading(cpo, 4.6, start, 46 * 60)  # with a minute more it would be above 5 kWh
    assert len(cpo.bodies("STOP_SESSION")) == 1


def test_a_stop_that_did_not_work_is_asked_for_again(driver, cpo):
    start = charging(driver, cpo)
    reading(cpo, 4.6, start, 1)
    cpo.result("STOP_SESSION", "FAILED")

    reading(cpo, 4.7, start, 2)

    assert len(cpo.bodies("STOP_SESSION")) == 2


def test_a_charge_that_is_paid_afterwards_is_not_stopped(driver, cpo):
    driver.book()
    driver.confirm()
    start = cpo.session("ACTIVE", 0)["start_date_time"]

    reading(cpo, 50, start, 1)

    assert cpo.bodies("STOP_SESSION") == []


# -- what was ordered


def money(amount):
    return {"selected": {"measure": {"type": "CONSTANT", "value": amount, "unit": "INR"}}}


def limit(amount):
    listed = [("charging-by", "AMOUNT"), ("charging-limit", amount)]
    return {
        "descriptor": {"code": "charging-options"},
        "list": [{"descriptor": {"code": code}, "value": value} for code, value in listed],
    }


def ordered(driver, cpo, at_init=None, **item):
    """An order of this item, from search to charging; at_init: what the item says at init in its place."""
    driver.search()
    wanted = {"id": driver.item["id"]} | item
    driver.ask("select", driver.order(items=[wanted]))
    driver.quote = driver.last("on_select")["message"]["order"]["quote"]
    driver.init(items=[{"id": driver.item["id"]} | (at_init or item)])
    driver.confirm(items=[{"id": driver.item["id"]}])
    return cpo.session("ACTIVE", 0)["start_date_time"]


@pytest.mark.parametrize(
    ("item", "at_init"),
    [({"quantity": money("100")}, None), ({"tags": [limit("100")]}, None), ({}, {"tags": [limit("100.00")]})],
    ids=["quantity", "tag", "tag at init"],
)
@pytest.mark.parametrize(("setting", "stops"), [("amount", 1), ("always", 1), ("never", 0)])
def test_an_amount_of_money_is_where_the_charge_ends(driver, cpo, settings, item, at_init, setting, stops):
    settings.STOP_AT_ORDERED = setting
    start = ordered(driver, cpo, at_init, **item)
    assert Order.objects.get().quote.energy_kwh == 5

    for number, kwh in enumerate((2.0, 3.0, 3.75)):
        reading(cpo, kwh, start, number)
    assert cpo.bodies("STOP_SESSION") == []  # as much again, and a minute: 5 kWh, 100.00
    reading(cpo, 4.38, start, 4)

    assert len(cpo.bodies("STOP_SESSION")) == stops


@pytest.mark.parametrize(
    ("setting", "kwh", "stops"), [("always", "5", 1), ("amount", "5", 0), ("never", "5", 0), ("always", None, 0)]
)
def test_an_energy_that_was_ordered_ends_the_charge_where_that_is_set(driver, cpo, settings, setting, kwh, stops):
    settings.STOP_AT_ORDERED = setting
    driver.search()
    driver.select(kwh)
    driver.init(kwh)
    driver.confirm()
    start = cpo.session("ACTIVE", 0)["start_date_time"]

    reading(cpo, 4.99, start, 1)
    assert cpo.bodies("STOP_SESSION") == []
    reading(cpo, 5.0, start, 2)
    reading(cpo, 5.1, start, 3)

    assert len(cpo.bodies("STOP_SESSION")) == stops
