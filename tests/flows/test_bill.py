"""From the CDR to the bill: disputes, implausible CDRs, credits."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from beckn.models import Transaction
from beckn.render import order as render
from sessions import selectors
from sessions.models import Bill, CdrAudit, Order
from sessions.states import OrderState
from tests.flows.world import lines_of

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("reference", [{"credit_reference_id": "CDR-1"}, {"credit_reference_id": "cdr-1"}, {}])
def test_a_credit_that_comes_before_its_cdr_waits_for_it(driver, cpo, reference):
    session = driver.charge()

    cpo.cdr(session, id="CDR-1-C", credit=True, total_cost={"excl_vat": -91, "incl_vat": -91}, **reference)
    assert not Bill.objects.exists()
    assert Order.objects.get().state == OrderState.CHARGING

    cpo.cdr(session)
    credited = driver.last("on_status")
    assert credited["message"]["order"]["quote"]["price"]["value"] == "0.00"
    assert lines_of(credited)[-1] == ("credit", "-91.00")
    assert [bill.cdr.ocpi_id for bill in Bill.objects.order_by("pk")] == ["CDR-1", "CDR-1-C"]


def test_a_cdr_before_the_end_of_the_session_closes_the_order(driver, cpo):
    session = driver.charge()
    cpo.cdr(session)
    count = driver.count("on_status")

    cpo.session("COMPLETED", 4.5, start_date_time=session["start_date_time"])

    assert Order.objects.get().state == OrderState.BILLED
    assert driver.count("on_status") == count


def test_a_reservation_that_is_told_as_a_charge_after_its_cdr_finds_the_billed_order(driver, cpo):
    driver.book()
    driver.confirm()
    reserved = cpo.session("RESERVATION")
    assert cpo.cdr(reserved).status_code == 201
    assert Order.objects.get().session is None

    cpo.session("COMPLETED", kwh=4.5, start_date_time=reserved["start_date_time"])

    order = Order.objects.get()
    assert (order.state, order.session.ocpi_id, order.bills.count()) == ("BILLED", "S-1", 1)


@pytest.mark.parametrize("over", [{}, {"currency": "EUR"}])
def test_a_cdr_that_is_held_beside_the_bill_says_nothing_of_the_order(driver, cpo, over):
    session = driver.charge()
    cpo.cdr(session)

    cpo.cdr(session, id="CDR-2", kwh=3, total=64.0, **over)

    assert [bool(bill.held) for bill in Bill.objects.order_by("pk")] == [False, True]
    assert Order.objects.get().energy_kwh == Decimal("4.5")


RESERVED_FOR_FIVE_MINUTES = [{"type": "RESERVATION_TIME", "volume": 0.0833}]


def of_reservation(session, **over):
    """What the CDR of a reservation has in place of a charge's."""
    start = session["start_date_time"]
    return {
        "id": "CDR-R",
        "charging_periods": [{"start_date_time": start, "dimensions": RESERVED_FOR_FIVE_MINUTES}],
        "kwh": 0,
        "total": 0,
    } | over


@pytest.mark.parametrize("end", ["COMPLETED", "INVALID"])
def test_the_end_of_a_reservation_is_not_that_of_the_charge_which_follows_it(driver, cpo, end):
    driver.book()
    driver.confirm()
    reserved = cpo.session("RESERVATION", id="S-R", connector_id="#NA")
    cpo.session(end, id="S-R", connector_id="#NA", start_date_time=reserved["start_date_time"])
    assert Order.objects.get().state == OrderState.STARTING

    charged = cpo.session("ACTIVE")
    assert Order.objects.get().state == OrderState.CHARGING
    assert cpo.cdr(reserved, **of_reservation(reserved)).status_code == 201
    assert Order.objects.get().state == OrderState.CHARGING

    cpo.cdr(charged)
    told = driver.last("on_status")["message"]["order"]
    assert (told["status"], told["quote"]["price"]["value"]) == ("COMPLETE", "91.00")
    assert [(bill.cdr.ocpi_id, bill.held) for bill in Bill.objects.all()] == [("CDR-1", "")]


def test_the_cdr_of_a_reservation_does_not_bill_an_order_that_is_still_to_be_confirmed(driver, cpo):
    driver.book()
    driver.confirm()
    confirmed = cpo.session("RESERVATION", id="S-R", connector_id="#NA")
    Order.objects.update(state=OrderState.RESERVED)

    cpo.cdr(confirmed, **of_reservation(confirmed))

    assert (Order.objects.get().state, Bill.objects.count()) == (OrderState.RESERVED, 0)
    assert CdrAudit.objects.get().verdict == "ACCEPT"


@pytest.mark.parametrize("state", [OrderState.AGREED, OrderState.RESERVED, OrderState.CONFIRMED])
def test_the_cdr_of_an_order_that_was_not_started_is_held(driver, cpo, state):
    session = driver.charge()
    Order.objects.update(state=state, session=None)

    cpo.cdr(session)

    assert Bill.objects.get().held == "the order had failed, or was never started, before this CDR came"
    assert Order.objects.get().state == state


@pytest.mark.parametrize(("total", "verdict"), [(0, "ACCEPT"), (10, "CONTEST")])
def test_the_cdr_of_a_reservation_that_came_without_its_session_is_audited_beside_the_bill(
    driver, cpo, total, verdict
):
    charged = driver.charge()
    cpo.cdr(charged)

    cpo.cdr(charged, session_id="S-R", **of_reservation(charged, total=total))

    order = Order.objects.get()
    assert (order.state, order.session.ocpi_id, order.energy_kwh) == ("BILLED", "S-1", Decimal("4.5"))
    assert [bill.cdr.ocpi_id for bill in Bill.objects.all()] == ["CDR-1"]
    found = CdrAudit.objects.get(cdr__ocpi_id="CDR-R")
    assert (found.order, found.verdict) == (order, verdict)
    assert "RESERVATION" in [each["code"] for each in found.findings]


def test_a_reservation_that_goes_on_as_the_charge_keeps_its_session(driver, cpo):
    driver.book()
    driver.confirm()
    reserved = cpo.session("RESERVATION", connector_id="#NA")
    start = {"start_date_time": reserved["start_date_time"]}
    cpo.session("ACTIVE", **start)

    cpo.session("COMPLETED", **start)

    order = Order.objects.get()
    assert (order.state, order.session.ocpi_id) == ("ENDED", "S-1")


def test_an_invalid_session_is_told_and_not_billed(driver, cpo):
    session = driver.charge()

    cpo.session("INVALID", start_date_time=session["start_date_time"])

    told = driver.last("on_cancel")["message"]["order"]
    assert (told["status"], told["fulfillments"][0]["state"]["descriptor"]["code"]) == (
        "CANCELLED",
        "INVALID",
    )
    assert told["quote"]["price"]["value"] == "0.00"


def test_the_tariff_that_was_quoted_prices_the_bill(driver, cpo):
    from tests.flows.world import tariff

    session = driver.charge()
    dearer = tariff("99", "10", last_updated="2026-03-02T08:00:00Z")
    assert cpo.call("PUT", "tariffs/IN/CPO/T-1", dearer).status_code == 200

    cpo.cdr(session)

    assert driver.last("on_status")["message"]["order"]["quote"]["price"]["value"] == "91.00"
    assert driver.search()["message"]["catalog"]["providers"][0]["items"][0]["price"]["value"] == "99"


def test_each_part_of_a_final_order_is_read_once(driver, cpo):
    cpo.cdr(driver.charge())
    order = selectors.whole(Order.objects.get().pk)
    home = Transaction.objects.get()

    with CaptureQueriesContext(connection) as queries:
        render.order(order, home)

    assert [query["sql"].split(" FROM ")[1].split()[0] for query in queries] == [
        '"charging_sessions_bill"', '"charging_sessions_paymentterms"', '"charging_sessions_invoice"',
    ]
