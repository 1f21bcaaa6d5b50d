"""Every message we emit passes core 1.1.0 with formats, the closed profile, and what ONIX ships."""

import uuid

import pytest

from tests.flows.world import evse
from tests.wire.schemas import problems, validators

pytestmark = pytest.mark.django_db


def check_all(driver, *wanted):
    came = {got.action for got in driver.server.received}
    assert set(wanted) <= came
    found = [problem for got in driver.server.received for problem in problems(got.action, got.body)]
    assert found == []


def test_the_schemas_can_refuse():
    assert sorted(validators("on_status")) == ["closed", "core", "onix"]
    assert problems("on_status", {"context": {}, "message": {"order": {"id": 7}}}) != []


def test_a_whole_order_is_valid(driver, cpo):
    session = driver.charge()
    driver.ask("track", {"order_id": driver.order_id})
    driver.ask("status", {"order_id": driver.order_id})
    driver.update("stop-charging")
    cpo.result("STOP_SESSION")
    periods = [
        {
            "start_date_time": session["start_date_time"],
            "dimensions": [
                {"type": "ENERGY", "volume": 4.5},
                {"type": "POWER", "volume": 28.5},
                {"type": "STATE_OF_CHARGE", "volume": 61},
            ],
        }
    ]
    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"], charging_periods=periods)
    cpo.cdr(session)
    driver.ask("rating", {"ratings": [{"rating_category": "Order", "id": driver.order_id, "value": "5"}]})
    driver.ask("support", {"support": {"ref_id": driver.order_id, "callback_phone": "+910000000001"}})

    check_all(
        driver,
        "on_search",
        "on_select",
        "on_init",
        "on_confirm",
        "on_track",
        "on_status",
        "on_update",
        "on_rating",
        "on_support",
    )


def test_cancellations_and_credits_are_valid(driver, cpo):
    session = driver.charge()
    driver.cancel(descriptor={"code": "SOFT_CANCEL"})
    driver.cancel()
    cpo.cdr(session)
    cpo.cdr(session, id="CDR-1-C", credit=True, credit_reference_id="CDR-1")

    check_all(driver, "on_cancel", "on_status")


def test_meta_answers_are_valid(driver):
    for action in ("get_cancellation_reasons", "get_rating_categories", "get_return_reasons"):
        driver.ask(action)

    check_all(driver, "cancellation_reasons", "rating_categories", "return_reasons")
    assert driver.last("rating_categories")["message"]["return_reasons"] == []


def test_refusals_are_valid_everywhere(driver, cpo):
    driver.search()
    nothing = {"order": {"provider": {"id": "nobody.example"}, "items": [{"id": "nothing"}]}}
    for action in ("select", "init", "confirm"):
        driver.ask(action, nothing)
    for action in ("status", "track", "cancel"):
        driver.ask(action, {"order_id": str(uuid.uuid4())})
    driver.ask("update", {"update_target": "order.items", "order": {"id": str(uuid.uuid4())}})
    driver.ask("rating", {"ratings": []})
    driver.ask("search", {"intent": {"fulfillment": {"stops": [{"location": {"gps": "nowhere"}}]}}})

    check_all(
        driver,
        "on_select",
        "on_init",
        "on_confirm",
        "on_status",
        "on_track",
        "on_cancel",
        "on_update",
        "on_rating",
    )
    refused = [got.body for got in driver.server.received if "error" in got.body]
    assert len(refused) == 9
    assert all(
        isinstance(body["error"]["code"], str) and isinstance(body["message"], dict) for body in refused
    )


def test_odd_contact_data_is_echoed_only_as_far_as_it_is_valid(driver, cpo):
    odd = {
        "name": "",
        "email": "not an address",
        "phone": 12345,
        "state": "KA",
        "city": {"name": None},
        "unknown": {"a": 1},
        "time": {},
    }
    driver.search()
    driver.select()
    driver.ask("init", driver.order(billing=odd))
    cpo.result("RESERVE_NOW")

    assert driver.last("on_init")["message"]["order"]["billing"] == {"phone": "12345"}
    check_all(driver, "on_init")


def test_a_station_with_odd_words_is_valid(driver, cpo):
    cpo.call(
        "PUT",
        "locations/IN/CPO/LOC-1/E-1",
        evse(
            status="WORKING",
            physical_reference="<b>⚡</b>",
            evse_id="",
            last_updated="2026-03-02T08:00:00Z",
        ),
    )
    driver.search()

    check_all(driver, "on_search")
