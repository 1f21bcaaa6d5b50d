"""An order from search to bill, as the app and the CPO see it."""

from decimal import Decimal

import pytest

from ocpi.models import Command, CommandKind
from sessions.models import Bill, Order
from sessions.states import OrderState

pytestmark = pytest.mark.django_db


def state_of(message):
    return message["message"]["order"]["fulfillments"][0]["state"]["descriptor"]["code"]


def lines_of(message):
    return [
        (line["title"], line["price"]["value"]) for line in message["message"]["order"]["quote"]["breakup"]
    ]


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
    assert "state" not in driver.last("on_init")["message"]["order"]["fulfillments"][0]

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


def test_another_total_than_quoted_is_refused(driver, cpo):
    driver.book()
    driver.ask("confirm", driver.confirm_message(total="1.00"))

    assert driver.last("on_confirm")["error"] == {
        "code": "40003",
        "message": "QUOTE_EXPIRED: the quote is 100.00 INR, not 1.00",
    }
    assert cpo.bodies("START_SESSION") == []


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


def test_a_cdr_with_another_total_is_a_dispute_and_the_bill_stands(driver, cpo):
    session = driver.charge()

    assert cpo.cdr(session, total=191.0).status_code == 201

    assert driver.last("on_status")["message"]["order"]["quote"]["price"]["value"] == "91.00"
    assert Bill.objects.get().dispute == "the CPO charges 191.0000 INR, the quoted tariff gives 91.00"


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"total_energy": 90}, "90.0000 kWh in 0:30:00 is more than 30000 W can deliver"),
        ({"currency": "EUR"}, "the CDR is in EUR, the order was quoted in INR"),
        (
            {"total_cost": {"excl_vat": 0, "incl_vat": 0}},
            "the CDR costs nothing though energy was taken under a priced tariff",
        ),
    ],
)
def test_an_implausible_cdr_holds_the_bill(driver, cpo, over, reason):
    session = driver.charge()

    assert cpo.cdr(session, **over).status_code == 201

    assert Bill.objects.get().held == reason
    assert Order.objects.get().state == OrderState.CHARGING
    assert driver.last("on_status")["message"]["order"]["status"] == "ACTIVE"


def test_a_credit_makes_the_bill_zero_and_a_corrected_cdr_a_new_one(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)

    cpo.cdr(
        session,
        id="CDR-1-C",
        credit=True,
        credit_reference_id="CDR-1",
        total_cost={"excl_vat": -91, "incl_vat": -91},
    )
    credited = driver.last("on_status")
    assert lines_of(credited) == [("energy-cost", "81.00"), ("service-charge", "10.00"), ("credit", "-91.00")]
    assert credited["message"]["order"]["quote"]["price"]["value"] == "0.00"

    cpo.cdr(session, id="CDR-2", kwh=4, total=82.0)
    assert driver.last("on_status")["message"]["order"]["quote"]["price"]["value"] == "82.00"


def test_a_cdr_before_the_end_of_the_session_closes_the_order(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    count = driver.count("on_status")

    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])

    assert Order.objects.get().state == OrderState.BILLED
    assert driver.count("on_status") == count


def test_an_invalid_session_is_told_and_not_billed(driver, cpo):
    session = driver.charge()

    cpo.session("INVALID", start_date_time=session["start_date_time"])

    told = driver.last("on_cancel")["message"]["order"]
    assert (told["status"], told["fulfillments"][0]["state"]["descriptor"]["code"]) == (
        "CANCELLED",
        "INVALID",
    )
    assert told["quote"]["price"]["value"] == "0.00"


def test_a_session_without_our_reference_is_found_by_token_and_evse(driver, cpo):
    driver.book()
    driver.confirm()

    cpo.session("ACTIVE", authorization_reference="H-4711")

    assert Order.objects.get().state == OrderState.CHARGING


def test_the_tariff_that_was_quoted_prices_the_bill(driver, cpo):
    from tests.flows.world import tariff

    session = driver.charge()
    dearer = tariff("99", "10", last_updated="2026-03-02T08:00:00Z")
    assert cpo.call("PUT", "tariffs/IN/CPO/T-1", dearer).status_code == 200

    cpo.cdr(session)

    assert driver.last("on_status")["message"]["order"]["quote"]["price"]["value"] == "91.00"
    assert driver.search()["message"]["catalog"]["providers"][0]["items"][0]["price"]["value"] == "99"


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
