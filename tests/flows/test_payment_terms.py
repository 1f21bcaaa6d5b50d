"""Payments as terms: who collects, when, and the proof of an app that collects before charging."""

from decimal import Decimal

import pytest

from sessions.models import (
    Order,
    PaymentProof,
)
from sessions.states import OrderState
from tests.flows.paying import payment_of, policy, proof

pytestmark = pytest.mark.django_db
BAP = "bap.tests.example"


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
