"""Who collects for an order and when; whether it may be confirmed and started before the money is there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from emsp.core.money import to_cents
from sessions import selectors
from sessions.errors import PaymentRequired
from sessions.models import (
    Bill,
    Collector,
    Order,
    Payment,
    PaymentPolicy,
    PaymentProof,
    PaymentState,
    PaymentTerms,
    PaymentType,
    Quote,
    Refund,
)
from sessions.states import OrderState

ZERO = Decimal("0.00")
REFERENCE_LENGTH = 255
MOST = Decimal(10**12)
OVER_UNBILLED = frozenset({OrderState.CANCELLED, OrderState.FAILED, OrderState.EXPIRED})
CHARGED = frozenset({"PENDING", "ACTIVE", "COMPLETED"})  # status of a session whose CDR may come


@dataclass(frozen=True)
class Proof:
    """What an app says it collected: its name of the payment, and the amount incl. tax."""

    reference: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Owed:
    """What an order costs the driver as far as it is known, incl. tax, in the quote's currency.

    quoted: only the quote tells, the order goes on. final: it changes no more, unless the operator credits it.
    """

    amount: Decimal
    why: str
    quoted: bool = False
    final: bool = False


def owed(order: Order, bill: Bill | None = None) -> Owed:
    """By the bill (looked for unless given); without one the fee of an order that is over, else the quote."""
    bill = bill or selectors.current_bill(order)
    if bill:
        return Owed(bill.quote.total, f"the bill is {bill.quote}", final=True)
    if order.state in OVER_UNBILLED:
        charged = order.session is not None and order.session.status in CHARGED
        return Owed(order.fee, f"the order is {order.get_state_display()}", final=not charged)
    return Owed(order.quote.total if order.quote else ZERO, f"the quote is {order.quote}", quoted=True)


def policy_for(order: Order) -> PaymentPolicy:
    """The most specific policy: app and operator, app, operator, all; else the app collects after charging."""
    rows = PaymentPolicy.objects.filter(
        Q(bap_id=order.sold_through) | Q(bap_id=""), Q(party=order.party) | Q(party=None)
    )
    found = max(rows, key=lambda row: (bool(row.bap_id), row.party_id is not None), default=None)
    return found or PaymentPolicy(collected_by=Collector.BAP, type=PaymentType.POST_FULFILLMENT)


def of(order: Order) -> PaymentTerms:
    """The terms of an order: those agreed at init, before that what the policy gives now (not stored)."""
    stored = PaymentTerms.objects.filter(order=order).first()
    if stored:
        return stored
    policy = policy_for(order)
    return PaymentTerms(order=order, collected_by=policy.collected_by, type=policy.type)


def agree(order: Order) -> PaymentTerms:
    """Fix the terms that on_init tells; while it is a draft, another init follows the policy of that moment."""
    policy = policy_for(order)
    terms, _ = PaymentTerms.objects.update_or_create(
        order=order, defaults={"collected_by": policy.collected_by, "type": policy.type}
    )
    return terms


def check_paid(order: Order, proofs: Sequence[Proof]) -> None:
    """What confirm needs: the app's proof, or our own payment, where the terms want the money first.

    Raises PaymentRequired. PRE-FULFILLMENT at our gateway may be paid between confirm and start.
    Source: beckn.md e.4 Payments.
    """
    terms, quote = of(order), order.quote
    if not terms.prepaid or quote is None:
        return
    if terms.collected_by == Collector.BAP:
        _keep_proof(order, quote, proofs)
    elif terms.type == PaymentType.PRE_ORDER and paid(order) < quote.total:
        raise PaymentRequired(f"{quote.total} {quote.currency} must be paid first, at payments[0].url")


def _keep_proof(order: Order, quote: Quote, proofs: Sequence[Proof]) -> None:
    """Each payment pays one order: the database takes its name from an app once, also from two orders at a time."""
    valid = _amounts(proof for proof in proofs if proof.currency.upper() == quote.currency)
    amount = sum(valid.values(), ZERO)
    if not valid:
        raise PaymentRequired(
            "the order is prepaid: confirm with status PAID, params.transaction_id, amount and currency"
        )
    if amount < quote.total:
        raise PaymentRequired(f"{amount} {quote.currency} is paid, the quote is {quote.total}")
    for reference, part in sorted(valid.items()):  # in order: two confirms that name the same wait, and no circle
        kept, _ = PaymentProof.objects.get_or_create(
            bap_id=order.sold_through, reference=reference, defaults={"order": order, "amount": part}
        )
        if kept.order_id != order.pk:
            raise PaymentRequired("this proof of payment belongs to another order")


def _amounts(proofs: Iterable[Proof]) -> dict[str, Decimal]:
    """Amounts above 0 by reference; a payment that is named twice is one, of the lesser amount."""
    found: dict[str, Decimal] = {}
    for proof in proofs:
        if 0 < proof.amount < MOST and len(proof.reference) <= REFERENCE_LENGTH:
            amount = to_cents(proof.amount)
            found[proof.reference] = min(amount, found.get(proof.reference, amount))
    return found


def may_start(order: Order) -> bool:
    """Whether charging may start: prepaid at our gateway, it waits for the money."""
    terms = of(order)
    if not terms.prepaid or terms.collected_by == Collector.BAP or order.quote is None:
        return True
    return paid(order) >= order.quote.total


def prepaid_amount(order: Order) -> Decimal | None:
    """Up to what the driver has paid in advance, incl. tax; None when the order is not prepaid."""
    terms = of(order)
    if not terms.prepaid:
        return None
    if terms.collected_by == Collector.BPP:
        return paid(order)
    proved: Decimal | None = order.payment_proofs.aggregate(sum=Sum("amount"))["sum"]
    return proved or ZERO


def paid(order: Order) -> Decimal:
    """What our gateway holds of the driver's money: paid, and neither given back nor promised back."""
    rows = Order.objects.filter(pk=order.pk).annotate(held=_held())
    held: Decimal = rows.values_list("held", flat=True).get()
    return held


def unpaid(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Those of the orders for whose quote our gateway holds too little."""
    return orders.annotate(held=_held()).filter(held__lt=F("quote__total"))


def _held() -> Combinable:
    """In a query of orders: see paid."""
    payments = Payment.objects.filter(
        order=OuterRef("pk"), state__in=[PaymentState.PAID, PaymentState.REFUNDED]
    )
    received = payments.order_by().values("order").annotate(sum=Sum("amount")).values("sum")
    refunds = Refund.objects.filter(payment__order=OuterRef("pk"))
    back = refunds.order_by().values("payment__order").annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(received), ZERO) - Coalesce(Subquery(back), ZERO)
