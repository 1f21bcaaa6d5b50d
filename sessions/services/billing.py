"""From the CDR to the driver's bill: our computation of the quoted tariff over the CDR's periods."""

import contextlib
import logging
import uuid
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from catalog.services import quoting as prices
from catalog.services.priced_lines import PricedLines
from ocpi.models import Cdr
from sessions.audit import missing
from sessions.audit.gathering import is_beside_charge, is_billed
from sessions.audit.service import audit, audit_credit, dispute_of, hold_of
from sessions.errors import BillCredited
from sessions.invoices import issuing
from sessions.models import Bill, CdrAudit, Order, Quote, QuoteKind
from sessions.services import crediting
from sessions.services.caps import cap_line
from sessions.services.following import CREDIT_CODE, follow_quote, own_line
from sessions.services.moves import lock, move
from sessions.services.quoting import stored_lines
from sessions.signals import bill_issued
from sessions.states import OrderState

log = logging.getLogger(__name__)

BILLABLE = frozenset({OrderState.STARTING, OrderState.CHARGING, OrderState.ENDED})
START_WINDOW = timedelta(minutes=5)
ZERO = Decimal("0.00")


@transaction.atomic
def cdr_received(cdr: Cdr) -> Bill | None:
    """Audit a CDR and bill its order, or credit it; gives the newest bill that came of it, None when none did.

    The order is closed (BILLED) unless the CDR cannot be true, which holds the bill for staff. The CDR of a reservation
    that led to a charge is audited only. A credit that came before this CDR is applied at once.
    Source: design.md §8 (what the driver pays, credit CDR); ocpi.md 3.4.
    """
    order = _order_of(cdr)
    if order is not None and Bill.objects.filter(cdr=cdr).exists():
        return None
    if order is None:
        _audit_alone(cdr)
        return None
    if cdr.credit:
        return _credit(order, cdr)
    if is_beside_charge(order, cdr):
        audit(order, cdr)
        return None
    bill = _bill_and_tell(order, cdr)
    missing.settle(order)
    for early in crediting.early_credits(cdr):
        bill = _credit(order, early) or bill
    return bill


def _bill_and_tell(order: Order, cdr: Cdr) -> Bill:
    bill = _bill(order, cdr)
    if bill.held and is_billed(order):
        return bill  # what was charged is known from the bill that stands
    order.energy_kwh = cdr.total_energy_kwh
    order.started_at, order.ended_at = order.started_at or cdr.start_at, order.ended_at or cdr.end_at
    if bill.held:
        order.save()
    else:
        release(order, bill)
    return bill


def release(order: Order, bill: Bill) -> None:
    """Let a bill count: close the order, issue its invoice and tell. `order` is locked."""
    if order.state in BILLABLE:
        move(order, OrderState.BILLED, reason=f"billed by CDR {bill.cdr}: {bill.quote}")
    else:
        order.save()
    issuing.issue(bill)
    bill_issued.send(sender=Order, order=order, bill=bill)


@transaction.atomic
def release_held(bill: Bill) -> None:
    """Staff decided that a held bill is right after all. Raises BillCredited when its CDR was taken back.

    One charge has one invoice: an earlier bill that stands is replaced, its invoice gets a credit note.
    """
    order = lock(bill.order_id)
    bill.refresh_from_db()
    if not bill.held:
        return
    if CdrAudit.objects.filter(cdr=bill.cdr_id, credited=True).exists():
        raise BillCredited(f"CDR {bill.cdr} was credited; there is nothing to bill")
    replaces = is_billed(order)
    bill.held = ""
    bill.save(update_fields=["held"])
    release(order, _replacing(order, bill) if replaces else bill)


def _replacing(order: Order, bill: Bill) -> Bill:
    """Credit the bill that stands; gives this one anew, as the newest. Booking it takes back what stood."""
    last = order.bills.filter(held="").exclude(pk=bill.pk).select_related("quote").first()
    assert last is not None  # the order is billed
    credit = _credit_bill(order, last, last.quote.total, why=f"replaced by the bill of CDR {bill.cdr}")
    issuing.issue(credit)
    bill.delete()
    bill.pk = None
    bill.save()
    return bill


def _order_of(cdr: Cdr) -> Order | None:
    """By session, by authorization reference, by original of a credit, by token, EVSE and start (T66).

    A reference in our form that is none of ours is of an order that a restore of the database lost: an order alike
    that has its own session is another charge of the same driver.
    """
    orders = Order.objects.filter(party=cdr.party)
    candidates, alike = [], orders
    if cdr.credit and cdr.credit_reference_id:
        candidates.append(orders.filter(bills__cdr__key=cdr.credit_reference_id.casefold()))
    if cdr.session_id:
        candidates.append(orders.filter(session__key=cdr.session_id.casefold()))
    with contextlib.suppress(ValueError):  # no reference of ours on it
        candidates.append(orders.filter(reference=uuid.UUID(cdr.authorization_reference)))
        alike = orders.filter(session=None)
    if cdr.token_uid and cdr.evse_uid:
        candidates.append(
            alike.filter(
                token__uid__iexact=cdr.token_uid,
                offer__evse__uid__iexact=cdr.evse_uid,
                confirmed_at__gte=cdr.start_at - START_WINDOW,
                confirmed_at__lte=cdr.start_at + START_WINDOW,
            )
        )
    for rows in candidates:
        found = rows.order_by("-pk").values_list("pk", flat=True).first()
        if found:
            return lock(found)
    return None


def _bill(order: Order, cdr: Cdr) -> Bill:
    priced = price_cdr(order, cdr)
    quote = _store(order, priced, cdr)
    found = audit(order, cdr)
    return Bill.objects.create(
        order=order,
        cdr=cdr,
        quote=quote,
        held=hold_of(found),
        dispute=dispute_of(found),
        cpo_total=cdr.total_cost,
    )


def price_cdr(order: Order, cdr: Cdr) -> PricedLines:
    """The CDR's charging periods under the tariff version that was quoted; lines incl. VAT."""
    assert order.quote is not None  # an order beyond QUOTED always has one
    return prices.bill(
        order.quote.tariff,
        ocpi_version=order.party.connection.version,
        time_zone=order.offer.time_zone,
        charging_periods=cdr.raw.get("charging_periods") or [],
        end_at=cdr.end_at,
        start_at=cdr.start_at,
        total_energy_kwh=cdr.total_energy_kwh,
        step_mode=order.party.connection.step_mode,
        rule=order.quote.rule,
    )


def _store(order: Order, priced: PricedLines, cdr: Cdr) -> Quote:
    assert order.quote is not None  # an order beyond QUOTED always has one
    lines, total, kind = stored_lines(priced), priced.total, QuoteKind.BILL
    explanation = list(priced.explanation)
    cap = cap_line(order.quote, energy_kwh=cdr.total_energy_kwh, lines=lines)
    if cap:
        lines.append(cap)
        total += Decimal(str(cap["amount"]))
        explanation.append(
            f"No more energy than quoted was taken: the quote's {order.quote.total} is the most."
        )
    if order.state == OrderState.CANCELLED:
        kind = QuoteKind.CANCELLATION
        if order.fee > total:
            # The total becomes the CDR's energy at the quoted rate, or the fee if that is more (design.md §8).
            lines.append(own_line("cancellation-fee", order.fee - total))
            total = order.fee
    return follow_quote(
        order,
        kind=kind,
        energy_kwh=cdr.total_energy_kwh,
        total=total,
        lines=lines,
        unit_price=priced.unit_price,
        cost_total=priced.at_cost.total,
        explanation=explanation,
    )


def _credit(order: Order, cdr: Cdr) -> Bill | None:
    """The bill becomes 0.00, or less by what is credited; a corrected CDR may make a new one (design.md §8)."""
    plan = crediting.plan_of(order, cdr)
    audit_credit(order, cdr, plan.findings)
    if plan.original is None:
        return None
    if plan.whole:
        crediting.mark_credited(plan.original)
    if plan.original.held:
        if plan.whole:
            crediting.void_held(plan.original, cdr)
        return None
    last = order.bills.filter(held="").select_related("quote").first()
    assert last is not None  # what is credited was billed
    bill = _credit_bill(order, last, plan.amount, why=f"credited by CDR {cdr.ocpi_id}", cdr=cdr)
    release(order, bill)
    waiting = crediting.waiting_correction(order) if plan.whole else None
    return _bill_again(order, waiting) if waiting else bill


def _credit_bill(order: Order, last: Bill, amount: Decimal, *, why: str, cdr: Cdr | None = None) -> Bill:
    """Less than the last bill by amount. cdr: that credits it; None when we take the bill back ourselves."""
    quote = follow_quote(
        order,
        kind=QuoteKind.CREDIT,
        energy_kwh=order.energy_kwh,
        total=last.quote.total - amount,
        lines=[*last.quote.lines, own_line(CREDIT_CODE, -amount)],
        unit_price=last.quote.unit_price,
        explanation=[why],
    )
    left = max((last.cpo_total or ZERO) + cdr.total_cost, ZERO) if cdr else ZERO
    return Bill.objects.create(order=order, cdr=cdr, quote=quote, cpo_total=left)


def _bill_again(order: Order, waiting: Bill) -> Bill:
    """A corrected CDR had come before its credit: now it is billed, as the newest."""
    cdr, quote = waiting.cdr, waiting.quote
    assert cdr is not None  # bills of a CDR only wait
    waiting.delete()
    quote.delete()
    return _bill_and_tell(order, cdr)


def _audit_alone(cdr: Cdr) -> None:
    """A CDR of no order of ours: checked all the same, for its CPO wants money for it."""
    if not cdr.credit:
        audit(None, cdr)
        return
    audit_credit(None, cdr, [])
    if cdr.credit_reference_id:
        key = cdr.credit_reference_id.casefold()
        CdrAudit.objects.filter(cdr__party=cdr.party, cdr__key=key).update(credited=True)
