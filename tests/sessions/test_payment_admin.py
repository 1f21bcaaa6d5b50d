"""The back office's pages of payments, and the checks of the settings."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from sessions.checks import check_payments
from sessions.models import Order, Payment, PaymentPolicy, PaymentProof, Refund

pytestmark = pytest.mark.django_db


def test_a_policy_is_set_once_for_the_same_app_and_operator(admin_client):
    add = reverse("admin:charging_sessions_paymentpolicy_add")
    form = {"bap_id": "", "party": "", "collected_by": "BPP", "type": "PRE-ORDER"}

    admin_client.post(add, form)
    again = admin_client.post(add, form)

    assert PaymentPolicy.objects.get().collected_by == "BPP"
    assert again.status_code == 200
    assert admin_client.get(reverse("admin:charging_sessions_paymentpolicy_changelist")).status_code == 200


def test_we_cannot_collect_without_a_gateway(admin_client, settings):
    settings.PAYMENT_GATEWAY = ""
    form = {"bap_id": "", "party": "", "collected_by": "BPP", "type": "PRE-ORDER"}

    page = admin_client.post(reverse("admin:charging_sessions_paymentpolicy_add"), form)

    assert "no payment gateway is set up" in page.content.decode()
    assert not PaymentPolicy.objects.exists()


def test_payments_and_refunds_can_be_read_but_not_changed(admin_client, driver):
    driver.book()
    payment = Payment.objects.create(order=Order.objects.get(), amount=Decimal("9.00"), currency="INR")
    refund = Refund.objects.create(
        payment=payment, amount=Decimal("9.00"), reason="why", due_at=timezone.now()
    )

    for name, row in (("payment", payment), ("refund", refund)):
        assert admin_client.get(reverse(f"admin:charging_sessions_{name}_changelist")).status_code == 200
        change = reverse(f"admin:charging_sessions_{name}_change", args=[row.pk])
        assert "9.00" in admin_client.get(change).content.decode()
        assert admin_client.post(change, {"amount": "1.00"}).status_code == 403


def test_an_order_shows_what_the_app_proved(admin_client, driver):
    driver.book()
    order = Order.objects.get()
    PaymentProof.objects.create(order=order, bap_id=order.sold_through, reference="utr-77", amount=Decimal("99.00"))

    page = admin_client.get(reverse("admin:charging_sessions_order_change", args=[order.pk]))

    assert "utr-77" in page.content.decode()


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({}, []),
        ({"PAYMENT_GATEWAY": "no.such.Gateway"}, ["sessions.E001"]),
        ({"SANDBOX": False}, ["sessions.E002"]),
        ({"PAYMENT_SANDBOX_KEY": "short"}, ["sessions.E003"]),
        ({"PAYMENT_GATEWAY": "", "PAYMENT_SANDBOX_URL": "", "SANDBOX": False}, []),
    ],
)
def test_a_gateway_that_cannot_be_right_is_told_at_the_start(settings, changed, ids):
    for name, value in changed.items():
        setattr(settings, name, value)

    assert [found.id for found in check_payments(None)] == ids
