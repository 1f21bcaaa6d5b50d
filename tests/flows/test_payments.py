"""Payments as terms: who collects, when, proof, the gateway's page, late success, refunds, the prepaid guard."""

import json
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as live_settings
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
    PaymentPolicy,
    PaymentProof,
    Posting,
    Refund,
)
from sessions.payments import signing
from sessions.services import refunds, watch
from sessions.states import OrderState
from tests.factories.price_book import staff
from tests.flows.till import Gateway

pytestmark = pytest.mark.django_db
BAP = "bap.tests.example"


@pytest.fixture
def gateway(client, network, settings, django_capture_on_commit_callbacks):
    made = Gateway(client, django_capture_on_commit_callbacks)
    settings.PAYMENT_SANDBOX_URL = made.url
    network.add_passthru(made.url)
    yield made
    made.close()


def policy(collected_by="BPP", kind="PRE-ORDER", **whose):
    return PaymentPolicy.objects.create(collected_by=collected_by, type=kind, **whose)


def payment_of(message):
    [payment] = message["message"]["order"]["payments"]
    return payment


def balance(account):
    return sum((row.amount for row in Posting.objects.filter(account=account)), Decimal("0.00"))


def proof(amount="100.00", **over):
    params = {"transaction_id": "txn-1", "amount": amount, "currency": "INR"} | over.pop("params", {})
    return [{"collected_by": "BAP", "type": "PRE-ORDER", "status": "PAID", "params": params} | over]


# -- terms


def test_without_a_policy_the_app_collects_after_charging(driver):
    assert payment_of(driver.book()) == {
        "id": "payment-01",
        "collected_by": "BAP",
        "params": {"amount": "100.00", "currency": "INR"},
        "type": "POST-FULFILLMENT",
        "status": "NOT-PAID",
    }


def test_the_most_specific_policy_counts(driver, cpo):
    policy("BAP", "ON-FULFILLMENT")
    policy("BAP", "PRE-FULFILLMENT", party=cpo.party)
    policy("BAP", "POST-FULFILLMENT", bap_id="other.example", party=cpo.party)
    assert payment_of(driver.book())["type"] == "PRE-FULFILLMENT"
    policy("BAP", "PRE-ORDER", bap_id=BAP)
    assert payment_of(driver.init())["type"] == "PRE-ORDER"
    policy("BPP", "POST-FULFILLMENT", bap_id=BAP, party=cpo.party)

    told = payment_of(driver.init())

    order = Order.objects.get()
    assert (told["collected_by"], told["type"]) == ("BPP", "POST-FULFILLMENT")
    assert told["url"] == f"http://testserver/pay/{order.reference}"


def test_a_later_policy_does_not_touch_the_terms_of_an_order(driver):
    driver.book()
    policy("BAP", "PRE-ORDER")

    assert driver.confirm().get("error") is None


# -- proof of an app that collects before charging


@pytest.mark.parametrize(
    ("payments", "said"),
    [
        (None, "the order is prepaid"),
        (proof(status="NOT-PAID"), "the order is prepaid"),
        (proof(params={"transaction_id": ""}), "the order is prepaid"),
        (proof(params={"currency": "EUR"}), "the order is prepaid"),
        (proof("a hundred"), "the order is prepaid"),
        (proof("99.99"), "99.99 INR is paid, the quote is 100.00"),
    ],
)
def test_confirm_without_proof_is_refused_where_the_app_collects_first(driver, cpo, payments, said):
    policy("BAP", "PRE-ORDER")
    driver.book()

    driver.ask("confirm", driver.confirm_message(**({"payments": payments} if payments else {})))

    error = driver.last("on_confirm")["error"]
    assert error["code"] == "40004"
    assert said in error["message"]
    assert cpo.bodies("START_SESSION") == []
    assert Order.objects.get().state == OrderState.RESERVED


def test_confirm_with_proof_starts_and_the_proof_comes_back(driver, cpo):
    policy("BAP", "PRE-ORDER")
    driver.book()

    told = payment_of(driver.confirm(payments=proof()))

    assert (told["status"], told["params"]["transaction_id"]) == ("PAID", "txn-1")
    assert len(cpo.bodies("START_SESSION")) == 1


def test_one_proof_pays_one_order(driver, cpo, bap, bap_server):
    policy("BAP", "PRE-ORDER")
    driver.book()
    driver.confirm(payments=proof())
    cpo.cdr(cpo.session("ACTIVE"))
    again = type(driver)(bap, bap_server, cpo)
    again.book()

    again.ask("confirm", again.confirm_message(payments=proof()))

    assert again.last("on_confirm")["error"]["message"] == "this proof of payment belongs to another order"


def test_a_payment_pays_one_order_in_whatever_company_it_is_named(driver, cpo, bap, bap_server):
    policy("BAP", "PRE-ORDER")
    driver.book()
    driver.confirm(payments=proof("60.00") + proof("40.00", params={"transaction_id": "txn-2"}))
    cpo.cdr(cpo.session("ACTIVE"))
    assert list(PaymentProof.objects.values_list("bap_id", "reference", "amount")) == [
        (BAP, "txn-1", Decimal("60.00")), (BAP, "txn-2", Decimal("40.00")),
    ]  # fmt: skip
    again = type(driver)(bap, bap_server, cpo)
    again.book()

    again.ask("confirm", again.confirm_message(payments=proof(params={"transaction_id": "txn-2"})))

    assert again.last("on_confirm")["error"]["message"] == "this proof of payment belongs to another order"
    again.ask("confirm", again.confirm_message(payments=proof(params={"transaction_id": "txn-3"}) + proof()))
    assert again.last("on_confirm")["error"]["code"] == "40004"
    assert PaymentProof.objects.count() == 2


@pytest.mark.parametrize(
    ("payments", "said"),
    [
        (proof("50.00") + proof("50.00"), "50.00 INR is paid, the quote is 100.00"),
        (proof("100.00") + proof("1.00"), "1.00 INR is paid, the quote is 100.00"),
        (proof("101.00") + proof("-1.00", params={"transaction_id": "txn-2"}), None),
        (proof("-100.00"), "the order is prepaid"),
        (proof("1" + "0" * 40), "the order is prepaid"),
        (proof(params={"transaction_id": "t" * 256}), "the order is prepaid"),
    ],
)
def test_a_payment_counts_once_and_above_nothing(driver, payments, said):
    policy("BAP", "PRE-ORDER")
    driver.book()

    driver.ask("confirm", driver.confirm_message(payments=payments))

    if said is None:
        assert PaymentProof.objects.get().amount == Decimal("101.00")
    else:
        error = driver.last("on_confirm")["error"]
        assert (error["code"], said in error["message"]) == ("40004", True)
        assert not PaymentProof.objects.exists()


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


# -- notifications


def open_payment(driver, gateway):
    policy("BPP", "PRE-ORDER")
    gateway.press(payment_of(driver.book())["url"], "pay", heard=False)
    return gateway.notifier.waiting[0][0]


def test_a_repeated_notification_changes_nothing(driver, gateway):
    body = open_payment(driver, gateway)

    answers = [gateway.tell(body).json() for _ in range(3)]

    assert answers == [{"state": "PAID"}] * 3
    assert (PaymentNotice.objects.count(), balance("CASH")) == (1, Decimal("100.00"))
    assert driver.count("on_status") == 1


def test_a_failure_after_a_success_changes_nothing(driver, gateway):
    body = open_payment(driver, gateway)
    gateway.tell(body)
    late = json.dumps(json.loads(body) | {"event_id": "evt_other", "status": "FAILED"}).encode()

    gateway.tell(late)

    assert Payment.objects.get().state == "PAID"
    assert PaymentNotice.objects.first().effect == "changes nothing"


def forged(body):
    return body, signing.sign(body, "another key", int(time.time()))


def old(body):
    return body, signing.sign(body, live_settings.PAYMENT_SANDBOX_KEY, int(time.time()) - 301)


def altered(body):
    signature = signing.sign(body, live_settings.PAYMENT_SANDBOX_KEY, int(time.time()))
    return body.replace(b"PAID", b"PAId"), signature


@pytest.mark.parametrize(
    "spoil", [forged, old, altered, lambda body: (body, "t=1"), lambda body: (body, "ü")]
)
def test_a_notification_that_the_gateway_did_not_sign_is_refused(driver, gateway, spoil):
    body, signature = spoil(open_payment(driver, gateway))

    answer = gateway.tell(body, signature=signature)

    assert answer.status_code == 401
    assert Payment.objects.get().state == "CREATED"
    assert not PaymentNotice.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": "1.00"}, 409),
        ({"currency": "EUR"}, 409),
        ({"reference": "00000000-0000-0000-0000-000000000009"}, 404),
        ({"reference": "not-a-uuid"}, 404),
        ({"status": "SOON"}, 401),
        ({"amount": None}, 401),
    ],
)
def test_a_notification_of_another_payment_is_refused(driver, gateway, change, status):
    body = open_payment(driver, gateway)

    answer = gateway.tell(json.dumps(json.loads(body) | change).encode())

    assert answer.status_code == status
    assert Payment.objects.get().state == "CREATED"


def test_a_link_with_another_amount_is_refused_at_the_gateway(driver, gateway):
    policy("BPP", "PRE-ORDER")
    link = gateway.link(payment_of(driver.book())["url"])

    status, text = gateway.page(link.replace("amount=100.00", "amount=1.00"))

    assert (status, "This link was changed" in text) == (403, True)
    assert gateway.till.all() == []


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
