"""Quotes: amounts of money, time slots, and that they bind."""

from decimal import Decimal

import pytest

pytestmark = pytest.mark.django_db


def test_another_total_than_quoted_is_refused(driver, cpo):
    driver.book()
    driver.ask("confirm", driver.confirm_message(total="1.00"))

    assert driver.last("on_confirm")["error"] == {
        "code": "40003",
        "message": "QUOTE_EXPIRED: the quote is 100.00 INR, not 1.00",
    }
    assert cpo.bodies("START_SESSION") == []


def test_an_amount_of_money_buys_what_it_pays_for(driver, cpo):
    driver.search()
    item = {"id": driver.item["id"], "quantity": {"selected": {"measure": {"value": "100", "unit": "INR"}}}}
    driver.ask("select", {"order": {"provider": {"id": driver.provider_id}, "items": [item]}})

    order = driver.last("on_select")["message"]["order"]

    assert order["quote"]["price"]["value"] == "100.00"
    assert Decimal(order["items"][0]["quantity"]["selected"]["measure"]["value"]) == Decimal("5")


def test_a_slot_named_in_init_does_not_change_what_was_quoted(driver, cpo):
    """DEG00x: select without a quantity, then init with a time range of an hour and the quoted price."""
    driver.search()
    quoted = driver.select(kwh=None)["message"]["order"]["quote"]["price"]["value"]
    slot = {
        "id": "1",
        "stops": [{"time": {"range": {"start": "2025-07-30T15:00:00Z", "end": "2025-07-30T16:00:00Z"}}}],
    }
    price = {"value": quoted, "currency": "INR/kWh"}

    told = driver.init(kwh=None, fulfillments=[slot], quote={"price": price})

    assert (told.get("error"), told["message"]["order"]["quote"]["price"]["value"]) == (None, "100.00")


def test_a_slot_in_select_is_what_fits_into_it(driver):
    driver.search()
    slot = [
        {"type": "start", "time": {"timestamp": "2023-07-16T10:00:00+05:30"}},
        {"type": "finish", "time": {"timestamp": "2023-07-16T10:30:00+05:30"}},
    ]
    driver.ask("select", driver.order(None, fulfillments=[{"id": "1", "stops": slot}]))

    order = driver.last("on_select")["message"]["order"]

    assert order["items"][0]["quantity"]["selected"]["measure"]["value"] == "15"  # half an hour at 30 kW
