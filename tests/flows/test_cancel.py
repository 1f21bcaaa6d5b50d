"""Cancelling: before charging, while charging, after the end."""

import pytest

from sessions.models import Order
from sessions.states import OrderState
from tests.flows.world import lines_of

pytestmark = pytest.mark.django_db


def test_cancel_before_charging_is_free_and_gives_the_charger_back(driver, cpo):
    driver.book()
    driver.order_id = str(Order.objects.get().reference)

    order = driver.cancel()["message"]["order"]

    assert order["status"] == "CANCELLED"
    assert order["quote"]["price"]["value"] == "0.00"
    assert order["cancellation"]["reason"]["id"] == "5"
    reserved = cpo.bodies("RESERVE_NOW")[0]["reservation_id"]
    assert [body["reservation_id"] for body in cpo.bodies("CANCEL_RESERVATION")] == [reserved]


def test_cancel_while_charging_costs_the_fee_or_what_was_charged(driver, cpo):
    session = driver.charge()

    order = driver.cancel()["message"]["order"]
    assert (order["status"], order["quote"]["price"]["value"]) == ("CANCELLED", "30.00")
    assert lines_of({"message": {"order": order}})[-1] == ("refund", "-70.00")
    assert len(cpo.bodies("STOP_SESSION")) == 1

    cpo.cdr(session, kwh=3, total=64.0)
    told = driver.last("on_status")["message"]["order"]
    assert (told["status"], told["quote"]["price"]["value"]) == ("CANCELLED", "64.00")


def test_the_fee_is_the_least_that_a_cancelled_charge_costs(driver, cpo):
    session = driver.charge()
    driver.cancel()

    cpo.cdr(session, kwh=1, total=28.0)

    told = driver.last("on_status")
    assert lines_of(told) == [
        ("energy-cost", "18.00"),
        ("service-charge", "10.00"),
        ("cancellation-fee", "2.00"),
    ]
    assert told["message"]["order"]["quote"]["price"]["value"] == "30.00"


def test_nothing_is_left_to_cancel_after_the_end(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    assert driver.cancel()["error"]["code"] == "50001"


def test_a_soft_cancel_only_tells_the_fee(driver, cpo):
    driver.charge()

    order = driver.cancel(descriptor={"code": "SOFT_CANCEL"})["message"]["order"]

    assert (order["status"], order["quote"]["price"]["value"]) == ("ACTIVE", "30.00")
    assert cpo.bodies("STOP_SESSION") == []


def test_an_unknown_reason_is_refused(driver, cpo):
    driver.charge()

    assert driver.cancel("99")["error"]["code"] == "30011"
    assert Order.objects.get().state == OrderState.CHARGING
