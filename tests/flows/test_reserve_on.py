"""BECKN_RESERVE_ON: the charger is reserved at init, at confirm of an order that starts later, or never."""

import pytest

from sessions.models import Order
from tests.flows.world import state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def later(settings):
    settings.BECKN_RESERVE_ON, settings.BECKN_START_ON = "confirm", "update"


def confirm(driver, word="ACCEPTED"):
    driver.book()
    driver.ask("confirm", driver.confirm_message())
    assert driver.count("on_confirm") == 0
    driver.cpo.result("RESERVE_NOW", word)
    return driver.last("on_confirm")


def fulfillment(message):
    return message["message"]["order"]["fulfillments"][0]


@pytest.mark.usefixtures("later")
class TestOnConfirm:
    def test_init_holds_nothing(self, driver, cpo):
        told = driver.book()

        assert fulfillment(told)["state"]["descriptor"]["name"] == "Agreed, the charger is not held"
        assert cpo.commands == []

    def test_confirm_reserves_and_the_driver_starts_later(self, driver, cpo):
        told = confirm(driver)

        order = Order.objects.get()
        asked = cpo.bodies("RESERVE_NOW")[0]
        assert (order.state, order.reservation_id) == ("CONFIRMED", asked["reservation_id"])
        assert told["message"]["order"]["status"] == "ACTIVE"
        assert state_of(told) == "RESERVATION"
        assert "range" in fulfillment(told)["stops"][0]["time"]
        assert cpo.bodies("START_SESSION") == []

        driver.order_id = told["message"]["order"]["id"]
        driver.update("start-charging")
        assert cpo.bodies("START_SESSION")[0]["token"]["uid"] == asked["token"]["uid"]

    @pytest.mark.parametrize(
        ("word", "code"), [("EVSE_OCCUPIED", "40002"), ("REJECTED", "40002"), ("TIMEOUT", "40000")]
    )
    def test_a_charger_that_is_not_held_ends_the_order(self, driver, cpo, word, code):
        told = confirm(driver, word)

        assert told["error"]["code"] == code
        assert told["message"] == {"order": {"provider": {"id": driver.provider_id}}}
        assert Order.objects.get().state == "FAILED"
        assert driver.count("on_cancel") == 0

    def test_an_operator_that_takes_no_reservations_ends_nothing(self, driver, cpo):
        told = confirm(driver, "NOT_SUPPORTED")

        order = Order.objects.get()
        assert (order.state, order.reservation_id, order.reserved_until) == ("CONFIRMED", "", None)
        assert state_of(told) == "RESERVATION"
        assert "time" not in fulfillment(told)["stops"][0]

    @pytest.mark.parametrize(("word", "action", "state"), [
        ("ACCEPTED", "on_status", "RESERVATION"), ("NOT_SUPPORTED", "on_status", "RESERVATION"),
        ("REJECTED", "on_cancel", "INVALID"),
    ])
    def test_what_is_answered_late_is_told(self, driver, cpo, settings, word, action, state):
        driver.book()
        settings.BECKN_ANSWER_WITHIN_S = 0
        driver.ask("confirm", driver.confirm_message())
        assert state_of(driver.last("on_confirm")) == "PENDING"

        cpo.result("RESERVE_NOW", word)

        assert state_of(driver.last(action)) == state
        assert driver.count(action) == 1

    def test_a_start_does_not_wait_for_the_reservation(self, driver, cpo, settings):
        driver.book()
        settings.BECKN_ANSWER_WITHIN_S = 0
        driver.ask("confirm", driver.confirm_message())
        driver.order_id = driver.last("on_confirm")["message"]["order"]["id"]
        driver.update("start-charging")
        cpo.result("RESERVE_NOW", "EVSE_OCCUPIED")

        assert Order.objects.get().state == "STARTING"
        assert len(cpo.bodies("START_SESSION")) == 1

    def test_what_is_cancelled_meanwhile_is_given_back(self, driver, cpo):
        told = confirm(driver)
        driver.order_id = told["message"]["order"]["id"]
        driver.cancel()

        held = [body["reservation_id"] for body in cpo.bodies("RESERVE_NOW")]
        assert [body["reservation_id"] for body in cpo.bodies("CANCEL_RESERVATION")] == held


def test_an_order_that_starts_at_once_needs_no_reservation(driver, cpo, settings):
    settings.BECKN_RESERVE_ON = "confirm"
    driver.book()
    driver.confirm()

    assert [kind for kind, _ in cpo.commands] == ["START_SESSION"]


def test_never_is_never(driver, cpo, settings):
    settings.BECKN_RESERVE_ON, settings.BECKN_START_ON = "never", "update"
    driver.book()
    driver.ask("confirm", driver.confirm_message())

    assert state_of(driver.last("on_confirm")) == "RESERVATION"
    assert cpo.commands == []
