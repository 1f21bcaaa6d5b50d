"""Payments at our gateway: before the order, between confirm and start, after charging; late success, refunds."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from beckn.models import Transaction
from beckn.render import payments as render
from emsp.core.models import Circuit
from ocpi.models import Token
from ocpi.services import token_changes
from sessions.models import (
    JournalEntry,
    Order,
    Payment,
    PaymentNotice,
    Refund,
)
from sessions.services import refunds, watch
from sessions.states import OrderState
from tests.factories.price_book import staff
from tests.flows.paying import balance, payment_of, policy

pytestmark = pytest.mark.django_db


# -- we collect before the order


def test_prepaid_at_our_gateway_from_payment_to_refund(driver, cpo, gateway):
    policy("BPP", "PRE-ORDER")
    url = payment_of(driver.book())["url"]
    driver.ask("confirm", driver.confirm_message())
    assert driver.last("on_confirm")["error"]["code"] == "40004"

    shown = gateway.press(url, "pay")

    assert "Pay 100.00 INR" in shown
    told = payment_of(driver.last("on_status"))
    assert (told["status"], told["params"]["transaction_id"]) == (
        "PAID",
        Payment.objects.get().gateway_reference,
    )
    assert "url" not in told
    assert (balance("CASH"), balance("RECEIVABLE_DRIVER")) == (Decimal("100.00"), Decimal("-100.00"))

    assert payment_of(driver.confirm())["status"] == "PAID"
    cpo.cdr(cpo.session("ACTIVE"))  # 4.5 kWh: 91.00

    refund = Refund.objects.get()
    payment = Payment.objects.get()
    assert (refund.amount, refund.state, refund.reason) == (Decimal("9.00"), "DONE", "the bill is 91.00 INR")
    assert (payment.state, payment.refunded) == ("PAID", Decimal("9.00"))
    assert gateway.till.all()[0].refunds == {str(refund.reference): "9.00"}
    final = payment_of(driver.last("on_status"))
    assert final["status"] == "PAID"
    assert [(tag["descriptor"]["code"], tag["value"]) for tag in final["tags"][0]["list"]] == [
        ("refund-amount", "9.00"),
        ("refund-status", "REFUNDED"),
    ]
    assert [balance(name) for name in ("CASH", "RECEIVABLE_DRIVER", "REFUND", "RECEIVABLE_BAP")] == [
        Decimal("91.00"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00"),
    ]  # fmt: skip
    assert [entry.kind for entry in JournalEntry.objects.order_by("pk")] == [
        "PAYMENT", "REFUND_DUE", "BILL", "REFUND",
    ]  # fmt: skip


def test_a_failed_payment_is_told_and_can_be_tried_again(driver, gateway):
    policy("BPP", "PRE-ORDER")
    url = payment_of(driver.book())["url"]

    gateway.press(url, "fail")
    told = payment_of(driver.last("on_status"))
    assert (told["status"], told["url"]) == ("NOT-PAID", url)
    gateway.press(url, "pay")

    assert list(Payment.objects.order_by("pk").values_list("state", "failure")) == [
        ("FAILED", "the driver's bank refused"),
        ("PAID", ""),
    ]
    assert balance("CASH") == Decimal("100.00")


def test_a_success_after_the_order_was_given_up_is_given_back(driver, cpo, gateway):
    policy("BPP", "PRE-ORDER")
    url = payment_of(driver.book())["url"]
    gateway.press(url, "late", heard=False)
    assert gateway.notifier.waiting[0][1] == 20  # seconds
    Order.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
    watch.sweep()
    assert Order.objects.get().state == OrderState.EXPIRED

    gateway.tell()

    payment = Payment.objects.get()
    assert (payment.state, payment.refunded) == ("REFUNDED", Decimal("100.00"))
    assert [balance(name) for name in ("CASH", "RECEIVABLE_DRIVER", "REFUND")] == [Decimal("0.00")] * 3
    assert cpo.bodies("START_SESSION") == []
    told = payment_of(driver.last("on_status"))
    assert ("url" in told, told["status"], told["tags"][0]["list"][0]["value"]) == (False, "PAID", "100.00")


def test_an_order_that_expired_asks_for_no_payment(driver, gateway):
    policy("BPP", "PRE-ORDER")
    url = payment_of(driver.book())["url"]
    Order.objects.update(reserved_until=timezone.now() - timedelta(seconds=1))
    watch.sweep()

    told = render.payments(Order.objects.get(), Transaction.objects.get(), Order.objects.get().quote, None)

    assert ("url" in told[0], told[0]["status"]) == (False, "NOT-PAID")
    assert gateway.link(url) is None


def test_a_late_success_after_a_failure_counts(driver, gateway):
    policy("BPP", "PRE-ORDER")
    url = payment_of(driver.book())["url"]
    link = gateway.link(url)
    gateway.page(link, {"do": "fail"})
    gateway.tell()

    gateway.page(link, {"do": "late"})
    gateway.tell()

    assert Payment.objects.get().state == "PAID"
    assert [notice.effect for notice in PaymentNotice.objects.order_by("pk")] == [
        "failed",
        "paid after it had failed",
    ]
    assert driver.confirm().get("error") is None


def test_what_was_paid_twice_is_given_back_once(driver, gateway):
    policy("BPP", "PRE-ORDER")
    url = payment_of(driver.book())["url"]
    first = gateway.link(url)
    gateway.page(first, {"do": "fail"})
    gateway.tell()
    gateway.press(url, "pay")
    driver.confirm()

    gateway.page(first, {"do": "pay"})
    gateway.tell()

    assert [(refund.amount, refund.reason) for refund in Refund.objects.all()] == [
        (Decimal("100.00"), "paid more than once")
    ]
    assert balance("CASH") == Decimal("100.00")


# -- between confirm and start


def test_prepaid_before_charging_starts_when_the_money_comes(driver, cpo, gateway):
    policy("BPP", "PRE-FULFILLMENT")
    driver.book()
    told = payment_of(driver.confirm())
    assert (told["status"], Order.objects.get().state) == ("NOT-PAID", OrderState.CONFIRMED)
    driver.update("start-charging")
    assert driver.last("on_update")["error"]["code"] == "40004"
    assert cpo.bodies("START_SESSION") == []

    gateway.press(told["url"], "pay")

    assert len(cpo.bodies("START_SESSION")) == 1
    assert Order.objects.get().state == OrderState.STARTING


def test_money_for_an_order_whose_token_was_blocked_meanwhile_is_given_back(driver, cpo, gateway):
    policy("BPP", "PRE-FULFILLMENT")
    driver.book()
    told = payment_of(driver.confirm())
    token_changes.block(Token.objects.get(), reason="card lost")

    gateway.press(told["url"], "pay")

    order, refund = Order.objects.get(), Refund.objects.get()
    assert (cpo.bodies("START_SESSION"), order.state, order.cancelled_by, order.cancel_reason) == (
        [], OrderState.CANCELLED, "PROVIDER", "the driver may not charge with us now; please ask our support",
    )  # fmt: skip
    assert (refund.amount, refund.payment.amount) == (Decimal("100.00"), Decimal("100.00"))


def test_money_for_an_order_whose_operator_is_silent_is_given_back(driver, cpo, gateway):
    policy("BPP", "PRE-FULFILLMENT")
    driver.book()
    told = payment_of(driver.confirm())
    now = timezone.now()
    Circuit.objects.create(
        kind="CPO", partner=str(cpo.party.connection_id), name="CPO", failures=5, opened_at=now,
        probe_at=now + timedelta(seconds=30),
    )

    gateway.press(told["url"], "pay")

    order, refund = Order.objects.get(), Refund.objects.get()
    assert (cpo.bodies("START_SESSION"), order.state, order.cancel_reason) == (
        [], OrderState.CANCELLED, "the charging operator cannot be reached now",
    )  # fmt: skip
    assert (refund.amount, len(cpo.bodies("CANCEL_RESERVATION"))) == (Decimal("100.00"), 1)


def test_a_confirmed_order_that_nobody_pays_is_cancelled(driver, cpo, gateway, settings):
    policy("BPP", "PRE-FULFILLMENT")
    driver.book()
    driver.confirm()
    watch.sweep()
    assert Order.objects.get().state == OrderState.CONFIRMED

    settings.PAYMENT_WAIT_S = 0
    with cpo.run_on_commit(execute=True):
        watch.sweep()

    order = Order.objects.get()
    assert (order.state, order.cancelled_by, order.cancel_reason) == (
        OrderState.CANCELLED, "PROVIDER", "not paid in time",
    )  # fmt: skip
    told = payment_of(driver.last("on_cancel"))
    assert (told["status"], "url" in told) == ("NOT-PAID", False)


def test_cancelling_before_charging_gives_everything_back(driver, gateway):
    policy("BPP", "PRE-FULFILLMENT")
    url = payment_of(driver.book())["url"]
    gateway.press(url, "pay")
    driver.confirm()
    with gateway.run_on_commit(execute=True):
        driver.cancel()

    assert Payment.objects.get().state == "REFUNDED"
    assert balance("CASH") == Decimal("0.00")


# -- after charging


def test_paid_at_our_gateway_after_charging(driver, cpo, gateway):
    policy("BPP", "POST-FULFILLMENT")
    url = payment_of(driver.book())["url"]
    assert gateway.link(url) is None
    assert "Nothing to pay now" in gateway.client.get(url.removeprefix("http://testserver")).content.decode()
    driver.confirm()
    cpo.cdr(cpo.session("ACTIVE"))
    assert payment_of(driver.last("on_status"))["status"] == "NOT-PAID"
    assert balance("RECEIVABLE_DRIVER") == Decimal("91.00")

    shown = gateway.press(url, "pay")

    assert "91.00 INR" in shown
    assert payment_of(driver.last("on_status"))["status"] == "PAID"
    assert balance("RECEIVABLE_DRIVER") == Decimal("0.00")
    assert gateway.link(url) is None


def test_a_credit_gives_the_whole_payment_back(driver, cpo, gateway):
    policy("BPP", "POST-FULFILLMENT")
    url = payment_of(driver.book())["url"]
    driver.confirm()
    session = cpo.session("ACTIVE")
    cpo.cdr(session)
    gateway.press(url, "pay")

    cpo.cdr(session, id="CDR-2", total=-91.0, credit=True, credit_reference_id="CDR-1")

    assert Payment.objects.get().state == "REFUNDED"
    assert [balance(name) for name in ("CASH", "RECEIVABLE_DRIVER", "PAYABLE_CPO", "REVENUE")] == [
        Decimal("0.00")
    ] * 4


# -- refunds that do not work at once


def test_a_refund_waits_for_a_gateway_that_is_away(driver, cpo, gateway, settings):
    policy("BPP", "PRE-ORDER")
    gateway.press(payment_of(driver.book())["url"], "pay")
    driver.confirm()
    settings.PAYMENT_SANDBOX_URL = "http://127.0.0.1:9"
    cpo.network.add_passthru("http://127.0.0.1:9")
    cpo.cdr(cpo.session("ACTIVE"))
    refund = Refund.objects.get()
    assert (refund.state, refund.attempts, refund.last_error) == (
        "REQUESTED",
        1,
        "no answer: ConnectionError",
    )
    assert balance("REFUND") == Decimal("-9.00")

    settings.PAYMENT_SANDBOX_URL = gateway.url
    assert refunds.send_due() == 0  # not due yet
    Refund.objects.update(due_at=timezone.now())
    assert refunds.send_due() == 1

    assert Refund.objects.get().state == "DONE"
    assert balance("REFUND") == Decimal("0.00")


def test_a_refund_that_the_gateway_refuses_waits_for_staff(driver, cpo, gateway):
    policy("BPP", "PRE-ORDER")
    gateway.press(payment_of(driver.book())["url"], "pay")
    driver.confirm()
    paid = gateway.till.all()[0]
    paid.status = "OPEN"
    cpo.cdr(cpo.session("ACTIVE"))
    assert (Refund.objects.get().state, "HTTP 404" in Refund.objects.get().last_error) == ("REFUSED", True)

    paid.status = "PAID"
    with gateway.run_on_commit(execute=True):
        assert refunds.try_again(Refund.objects.get(), by=staff())

    assert Refund.objects.get().state == "DONE"
    assert not refunds.try_again(Refund.objects.get(), by=staff())
