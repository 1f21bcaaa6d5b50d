"""An order from search to bill, as the app and the CPO see it."""

import pytest

from ocpi.models import Command, CommandKind
from sessions.models import Bill, Order
from sessions.states import OrderState
from tests.flows.world import lines_of, state_of

pytestmark = pytest.mark.django_db


def test_an_order_walks_from_search_to_bill(driver, cpo):
    found = driver.search()
    assert found["message"]["catalog"]["providers"][0]["items"][0]["price"] == {
        "currency": "INR/kWH",
        "value": "18",
    }

    quoted = driver.select("5")
    assert lines_of(quoted) == [("energy-cost", "90.00"), ("service-charge", "10.00")]
    assert quoted["message"]["order"]["quote"]["price"] == {"currency": "INR", "value": "100.00"}

    assert state_of(driver.init()) == "RESERVATION"
    assert state_of(driver.confirm()) == "PENDING"
    session = cpo.session("ACTIVE")
    assert state_of(driver.last("on_status")) == "ACTIVE"

    driver.update("stop-charging")
    cpo.result("STOP_SESSION")
    assert cpo.bodies("STOP_SESSION")[0]["session_id"] == "S-1"
    assert driver.last("on_update").get("error") is None

    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])
    ended = driver.last("on_status")
    assert (state_of(ended), ended["message"]["order"]["status"]) == ("COMPLETED", "ACTIVE")

    assert cpo.cdr(session).status_code == 201
    bill = driver.last("on_status")
    assert bill["message"]["order"]["status"] == "COMPLETE"
    assert lines_of(bill) == [("energy-cost", "81.00"), ("service-charge", "10.00")]
    assert bill["message"]["order"]["quote"]["price"]["value"] == "91.00"
    assert bill["message"]["order"]["items"][0]["quantity"]["allocated"]["measure"]["value"] == "4.5"
    assert [kind for kind, _ in cpo.commands] == ["RESERVE_NOW", "START_SESSION", "STOP_SESSION"]
    assert Bill.objects.get().dispute == ""


def test_the_history_of_an_order_is_kept(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    moves = Order.objects.get().events.values_list("from_state", "to_state")

    assert list(moves) == [
        ("QUOTED", "RESERVING"),
        ("RESERVING", "RESERVED"),
        ("RESERVED", "STARTING"),
        ("STARTING", "CHARGING"),
        ("CHARGING", "BILLED"),
    ]


def test_on_init_waits_for_the_charge_point(driver, cpo):
    driver.search()
    driver.select()
    driver.ask("init", driver.order())
    assert driver.count("on_init") == 0

    cpo.result("RESERVE_NOW")

    assert driver.count("on_init") == 1


def test_init_without_select_is_quoted_and_agreed(driver, cpo):
    driver.search()
    driver.ask(
        "init",
        {
            "order": {
                "provider": {"id": driver.provider_id},
                "items": [{"id": driver.item["id"], "quantity": {"count": 1}}],
            }
        },
    )
    cpo.result("RESERVE_NOW")

    order = driver.last("on_init")["message"]["order"]

    assert order["quote"]["price"]["value"] == "100.00"  # 5 kWh by setting
    assert order["items"][0]["quantity"]["selected"]["measure"]["value"] == "5"


def test_a_station_that_is_busy_at_the_cpo_is_not_reserved(driver, cpo):
    driver.search()
    driver.select()
    cpo.evse_at_cpo = cpo.evse_at_cpo | {"status": "OUTOFORDER", "last_updated": "2026-03-01T09:00:00Z"}

    driver.init()

    assert driver.last("on_init")["error"]["code"] == "40002"
    assert cpo.commands == []
    assert (
        driver.search()["message"]["catalog"]["providers"][0]["items"][0]["tags"][0]["list"][-1]["value"]
        == "Out of Order"
    )


def test_an_operator_without_reservations_can_still_start(driver, cpo):
    cpo.answers["RESERVE_NOW"] = {
        "status_code": 1000,
        "timestamp": "2026-03-01T00:00:00Z",
        "data": {"result": "NOT_SUPPORTED", "timeout": 30},
    }
    driver.search()
    driver.select()
    driver.init(word=None)
    state = driver.last("on_init")["message"]["order"]["fulfillments"][0]["state"]
    assert state["descriptor"] == {"code": "RESERVATION", "name": "Agreed, the charger is not held"}

    driver.confirm()

    assert len(cpo.bodies("START_SESSION")) == 1


@pytest.mark.parametrize(
    ("word", "code", "symbol"),
    [
        ("REJECTED", "40000", "START_REJECTED"),
        ("FAILED", "40000", "START_REJECTED"),
        ("EVSE_OCCUPIED", "40002", "EVSE_UNAVAILABLE"),
        ("EVSE_INOPERATIVE", "40002", "EVSE_UNAVAILABLE"),
        ("NOT_SUPPORTED", "40001", "ACTION_NOT_SUPPORTED"),
        ("TIMEOUT", "40000", "CPO_UNAVAILABLE"),
        ("UNKNOWN_RESERVATION", "40000", "CPO_REFUSED"),
    ],
)
def test_a_start_that_fails_is_told_in_on_confirm(driver, cpo, word, code, symbol):
    driver.book()
    answer = driver.confirm(word)

    assert answer["error"]["code"] == code
    assert answer["error"]["message"].startswith(f"{symbol}: ")
    assert answer["message"] == {"order": {"provider": {"id": driver.provider_id}}}
    assert Order.objects.get().state == OrderState.FAILED
    assert driver.count("on_cancel") == 0


def test_a_session_that_starts_after_a_timeout_is_stopped(driver, cpo):
    driver.book()
    driver.confirm("TIMEOUT")

    cpo.session("ACTIVE")

    assert [body["session_id"] for body in cpo.bodies("STOP_SESSION")] == ["S-1"]
    assert Order.objects.get().session.ocpi_id == "S-1"


def test_a_second_confirm_starts_nothing(driver, cpo):
    driver.charge()
    driver.ask("confirm", driver.confirm_message())

    assert driver.last("on_confirm")["message"]["order"]["id"] == driver.order_id
    assert Command.objects.filter(kind=CommandKind.START_SESSION).count() == 1


def test_a_reservation_taken_away_is_told(driver, cpo):
    driver.book()

    cpo.result("RESERVE_NOW", "CANCELED_RESERVATION")

    told = driver.last("on_cancel")["message"]["order"]
    assert (told["status"], told["cancellation"]["cancelled_by"]) == ("CANCELLED", "PROVIDER")


def test_a_session_without_our_reference_is_found_by_token_and_evse(driver, cpo):
    driver.book()
    driver.confirm()

    cpo.session("ACTIVE", authorization_reference="H-4711")

    assert Order.objects.get().state == OrderState.CHARGING


def test_the_driver_is_known_to_the_cpo_by_a_token_only(driver, cpo):
    driver.charge()

    said = str(cpo.commands)

    for secret in ("Test Driver", "driver@example.com", "+910000000001", "1 Test Road"):
        assert secret not in said
    assert cpo.bodies("RESERVE_NOW")[0]["token"]["uid"] == cpo.bodies("START_SESSION")[0]["token"]["uid"]


def test_one_driver_has_one_token(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    first = cpo.bodies("START_SESSION")[0]["token"]["uid"]

    driver.transaction_id = "second-conversation"
    driver.book()
    driver.confirm()

    assert cpo.bodies("START_SESSION")[1]["token"]["uid"] == first
    assert len({body["authorization_reference"] for body in cpo.bodies("START_SESSION")}) == 2
