"""What tests of payments set up and look at."""


from decimal import Decimal

from sessions.models import (
    PaymentPolicy,
    Posting,
)


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
