"""Every failure gets an answer: what is refused, with which code, and that nothing happened."""

import uuid

import pytest

from ocpi.models import Token
from ocpi.services import token_changes
from sessions.models import Order
from sessions.states import OrderState
from tests.factories.beckn import SubscriberFactory
from tests.flows.world import evse, location

pytestmark = pytest.mark.django_db


def order(driver, **over):
    return driver.order()["order"] | over


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"provider": {"id": "nobody.example"}}, "30001", "message.order.provider.id"),
        ({"items": [{"id": "no-such-item"}]}, "30004", "message.order.items[0].id"),
        ({"items": []}, "30004", "message.order.items"),
        ({"items": [{"id": "a"}, {"id": "b"}]}, "40000", "message.order.items"),
        ({"add_ons": [{"id": "coffee"}]}, "30007", "message.order.items[0].add_ons"),
        ({"offers": [{"id": "half-price"}]}, "30006", "message.order.offers"),
    ],
)
def test_an_order_for_what_is_not_sold_is_refused(driver, change, code, path):
    driver.search()
    driver.ask("select", {"order": order(driver, **change)})

    told = driver.last("on_select")
    assert (told["error"]["code"], told["error"]["paths"], told["message"]) == (code, path, {})
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ({"value": "0", "unit": "kWh"}, "30000"),
        ({"value": "-5", "unit": "kWh"}, "30000"),
        ({"value": "much", "unit": "kWh"}, "30000"),
        ({"value": "5", "unit": "litres"}, "30000"),
        ({"value": "1001", "unit": "kWh"}, "40002"),
        ({"value": "1", "unit": "INR"}, "40002"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(driver, measure, code):
    driver.search()
    items = [{"id": driver.item["id"], "quantity": {"selected": {"measure": measure}}}]
    driver.ask("select", {"order": order(driver, items=items)})

    assert driver.last("on_select")["error"]["code"] == code


@pytest.mark.parametrize("status", ["CHARGING", "RESERVED", "BLOCKED", "INOPERATIVE", "OUTOFORDER"])
def test_a_charger_that_is_not_free_is_not_sold(driver, cpo, status):
    driver.search()
    cpo.call(
        "PATCH", "locations/IN/CPO/LOC-1/E-1", {"status": status, "last_updated": "2026-03-02T08:00:00Z"}
    )

    told = driver.select()

    assert told["error"] == {
        "code": "40002",
        "message": f"EVSE_UNAVAILABLE: this charger is not available now (status {status})",
    }


def test_a_station_without_a_known_price_is_listed_and_not_sold(driver, cpo):
    cpo.call("DELETE", "tariffs/IN/CPO/T-1")
    found = driver.search()
    assert "price" not in found["message"]["catalog"]["providers"][0]["items"][0]

    assert driver.select()["error"]["code"] == "40002"


def test_a_slot_in_the_future_is_refused_with_the_nearest_start(driver):
    driver.search()
    stops = [{"type": "start", "time": {"timestamp": "2031-01-01T10:00:00+05:30"}}]
    driver.ask("select", {"order": order(driver, fulfillments=[{"id": "1", "stops": stops}])})

    error = driver.last("on_select")["error"]
    assert error["code"] == "40002"
    assert error["message"].startswith(
        "QUANTITY_UNAVAILABLE: slots cannot be booked ahead; the nearest start is now, "
    )


def test_confirm_without_init_is_refused(driver, cpo):
    driver.search()
    driver.select()
    driver.ask("confirm", driver.confirm_message())

    told = driver.last("on_confirm")["error"]
    assert (told["code"], told["message"]) == ("40000", "nothing was agreed: init comes before confirm")
    assert cpo.commands == []


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [
        (
            OrderState.RESERVING, "40002",
            "EVSE_UNAVAILABLE: the charger has not answered the reservation yet; confirm after on_init",
        ),
        (OrderState.EXPIRED, "40003", "QUOTE_EXPIRED: the quote is over; select again for a new one"),
        (OrderState.CANCELLED, "40002", "EVSE_UNAVAILABLE: the order is over; select again"),
    ],
)  # fmt: skip
def test_confirm_of_what_cannot_be_confirmed_is_refused(driver, cpo, state, code, message):
    driver.search()
    driver.select()
    driver.init()
    Order.objects.update(state=state)

    driver.ask("confirm", driver.confirm_message())

    told = driver.last("on_confirm")["error"]
    assert (told["code"], told["message"]) == (code, message)
    assert cpo.bodies("START_SESSION") == []
    assert Order.objects.get().state == state


def test_confirm_of_an_unknown_conversation_is_refused(driver):
    driver.search()
    driver.quote = {"price": {"value": "100.00"}}
    driver.ask("confirm", driver.confirm_message(), transaction_id=str(uuid.uuid4()))

    assert driver.last("on_confirm")["error"]["code"] == "30010"


@pytest.mark.parametrize("payment", [{"type": "BARTER"}, {"collected_by": "NOBODY"}])
def test_a_payment_that_is_none_is_refused(driver, cpo, payment):
    driver.book()
    driver.ask("confirm", driver.confirm_message(payments=[payment]))

    assert driver.last("on_confirm")["error"]["code"] == "40004"
    assert cpo.bodies("START_SESSION") == []


@pytest.mark.parametrize("action", ["status", "track", "cancel"])
def test_an_order_that_is_not_there_is_not_found(driver, action):
    driver.ask(action, {"order_id": str(uuid.uuid4())})

    told = driver.last(f"on_{action}")
    assert (told["error"]["code"], told["error"]["paths"]) == ("30010", "message.order_id")


def test_another_app_finds_no_order_of_ours(driver, cpo, bap, bap_server):
    driver.charge()
    SubscriberFactory(
        subscriber_id="other.tests.example", unique_key_id="other-1", key_name="other", url=bap_server.url
    )
    bap.subscriber_id, bap.unique_key_id, bap.key_name = "other.tests.example", "other-1", "other"

    for action in ("status", "track", "cancel"):
        driver.ask(action, {"order_id": driver.order_id}, transaction_id=str(uuid.uuid4()))
        assert driver.last(f"on_{action}")["error"]["code"] == "30010"
    assert Order.objects.get().state == OrderState.CHARGING


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"update_target": "order.items[0].quantity"}, "30012"),
        ({"update_target": ""}, None),
        ({"update_target": "order.fulfillments[0].state", "order": {"fulfillments": []}}, "30012"),
        (
            {"update_target": "order.fulfillments[0].state", "order": {"fulfillments": [{"state": "fly"}]}},
            "30013",
        ),
        ({"order": {"auth_token": "AUTH-1"}, "update_target": None}, "30012"),
    ],
)
def test_an_update_is_understood_or_refused(driver, message, code):
    driver.charge()
    base = {
        "order": {
            "id": driver.order_id,
            "fulfillments": [{"state": {"descriptor": {"code": "start-charging"}}}],
        }
    }
    wanted = base | message
    wanted["order"] = {"id": driver.order_id} | wanted["order"]
    driver.ask("update", wanted)

    assert (driver.last("on_update").get("error") or {}).get("code") == code


def test_stop_when_nothing_charges_and_start_when_over_are_refused(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    for code in ("stop-charging", "start-charging"):
        driver.update(code)
        assert driver.last("on_update")["error"]["code"] == "50002"
    assert cpo.bodies("STOP_SESSION") == []


def test_a_stop_that_fails_is_told_and_can_be_asked_for_again(driver, cpo):
    driver.charge()
    driver.update("stop-charging")
    cpo.result("STOP_SESSION", "REJECTED")
    assert driver.last("on_update")["error"] == {
        "code": "40000",
        "message": "CPO_REFUSED: charging could not be stopped: the charging operator refused the request",
    }

    driver.update("end-charging")
    cpo.result("STOP_SESSION")

    assert len(cpo.bodies("STOP_SESSION")) == 2
    assert driver.last("on_update").get("error") is None


@pytest.mark.parametrize(
    ("rating", "code"),
    [
        ({"rating_category": "Order", "value": "6"}, "30015"),
        ({"rating_category": "Order", "value": "good"}, "30015"),
        ({"rating_category": "Provider", "id": "nobody.example", "value": "4"}, "30014"),
    ],
)
def test_a_rating_that_is_none_is_refused(driver, rating, code):
    driver.ask("rating", {"ratings": [rating]})

    assert driver.last("on_rating")["error"]["code"] == code


def test_a_cpo_that_is_down_is_told(driver, cpo, network):
    from tests.ocpi.cpo import BASE

    driver.search()
    driver.select()
    network.replace("POST", f"{BASE}/commands/RESERVE_NOW", status=503, body="down")

    driver.init(word=None)

    assert driver.last("on_init")["error"]["code"] == "40000"
    assert driver.last("on_init")["error"]["message"].startswith("CPO_UNAVAILABLE: ")


def test_an_unpublished_station_is_not_sold(driver, cpo):
    driver.search()
    hidden = location(
        publish=False, last_updated="2026-03-02T08:00:00Z", evses=[evse(last_updated="2026-03-02T08:00:00Z")]
    )
    cpo.call("PUT", "locations/IN/CPO/LOC-1", hidden)

    assert driver.select()["error"]["message"] == "EVSE_UNAVAILABLE: this charger is no longer offered"


BLOCKED = {"code": "40000", "message": "INVALID_TOKEN: the driver may not charge with us now; please ask our support"}


def block_token():
    token_changes.block(Token.objects.get(), reason="card lost")


def test_a_driver_whose_token_is_blocked_gets_no_charger_at_init(driver, cpo):
    driver.book()
    block_token()
    asked = len(cpo.commands)
    driver.transaction_id = str(uuid.uuid4())

    driver.search()
    driver.select()
    driver.init(word="")

    assert driver.last("on_init")["error"] == BLOCKED
    assert len(cpo.commands) == asked


def test_a_token_blocked_after_init_does_not_start_at_confirm(driver, cpo):
    driver.book()
    block_token()

    driver.ask("confirm", driver.confirm_message())

    assert driver.last("on_confirm")["error"] == BLOCKED
    assert (cpo.bodies("START_SESSION"), Order.objects.get().state) == ([], OrderState.RESERVED)


def test_a_token_blocked_after_confirm_does_not_start_by_update(driver, cpo, settings):
    settings.BECKN_START_ON = "update"
    driver.book()
    driver.ask("confirm", driver.confirm_message())
    block_token()

    driver.update("start-charging")

    assert driver.last("on_update")["error"] == BLOCKED
    assert (cpo.bodies("START_SESSION"), Order.objects.get().state) == ([], OrderState.CONFIRMED)
