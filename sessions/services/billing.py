"""From the CDR to the driver's bill: our computation of the quoted tariff over the CDR's periods."""

import contextlib
import logging
import uuid
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from catalog.services import quoting as prices
from ocpi.models import Cdr
from sessions.models import Bill, Order, Quote, QuoteKind
from sessions.services.moves import lock, move
from sessions.services.plausible import problem_of
from sessions.services.quoting import stored_lines
from sessions.signals import bill_issued
from sessions.states import OrderState

log = logging.getLogger(__name__)

BILLABLE = frozenset({OrderState.STARTING, OrderState.CHARGING, OrderState.ENDED})
TOLERANCE = Decimal("0.01")
TOLERANCE_SHARE = Decimal("0.001")
START_WINDOW = timedelta(minutes=5)


@transaction.atomic
def cdr_received(cdr: Cdr) -> Bill | None:
    """Bill the order of a CDR, or credit it; gives the bill, None when the CDR belongs to no order of ours.

    The order is closed (BILLED) unless the CDR is implausible, which holds the bill for staff. A credit that
    comes before what it credits waits for it.
    Source: design.md §8 (what the driver pays, credit CDR); ocpi.md 3.4.
    """
    order = _order_of(cdr)
    if order is None or Bill.objects.filter(cdr=cdr).exists():
        return None
    if cdr.credit:
        return _credit(order, cdr) if _is_billed(order, cdr.credit_reference_id) else None
    bill = _bill(order, cdr)
    order.energy_kwh = cdr.total_energy_kwh
    order.started_at, order.ended_at = order.started_at or cdr.start_at, order.ended_at or cdr.end_at
    if bill.held:
        order.save()
    else:
        release(order, bill)
    credit = _credit_that_waits(cdr)
    return _credit(order, credit) if credit else bill


def release(order: Order, bill: Bill) -> None:
    """Let a bill count: close the order and tell. `order` is locked."""
    if order.state in BILLABLE:
        move(order, OrderState.BILLED, reason=f"billed by CDR {bill.cdr}: {bill.quote}")
    else:
        order.save()
    bill_issued.send(sender=Order, order=order, bill=bill)


@transaction.atomic
def release_held(bill: Bill) -> None:
    """Staff decided that a held bill is right after all."""
    order = lock(bill.order_id)
    bill.held = ""
    bill.save(update_fields=["held"])
    release(order, bill)


def _order_of(cdr: Cdr) -> Order | None:
    """By session, by authorization reference, by original of a credit, by token, EVSE and start (T66)."""
    orders = Order.objects.filter(party=cdr.party)
    candidates = []
    if cdr.credit and cdr.credit_reference_id:
        candidates.append(orders.filter(bills__cdr__key=cdr.credit_reference_id.casefold()))
    if cdr.session_id:
        candidates.append(orders.filter(session__key=cdr.session_id.casefold()))
    with contextlib.suppress(ValueError):  # no reference of ours on it
        candidates.append(orders.filter(reference=uuid.UUID(cdr.authorization_reference)))
    if cdr.token_uid and cdr.evse_uid:
        candidates.append(
            orders.filter(
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


def _is_billed(order: Order, cdr_id: str) -> bool:
    """Whether the order has a bill by this CDR, or by any where none is named."""
    bills = order.bills.filter(cdr__key=cdr_id.casefold()) if cdr_id else order.bills.all()
    return bills.exists()


def _credit_that_waits(cdr: Cdr) -> Cdr | None:
    """The credit CDR that came before this one: by its reference, else by an id with -C at the end."""
    named = Q(credit_reference_id__in={cdr.ocpi_id, cdr.key}) | Q(credit_reference_id="", key=f"{cdr.key}-c")
    waiting = Cdr.objects.filter(named, party=cdr.party, credit=True)
    return waiting.exclude(pk__in=Bill.objects.filter(cdr__in=waiting).values("cdr")).first()


def _bill(order: Order, cdr: Cdr) -> Bill:
    priced = price_cdr(order, cdr)
    quote = _store(order, priced, cdr)
    held = problem_of(order, cdr)
    if order.state in (OrderState.FAILED, OrderState.EXPIRED, OrderState.QUOTED, OrderState.RESERVING):
        held = held or "the order had failed before this CDR came"
    last = order.bills.exclude(held__gt="").first()
    if last and last.quote.kind != QuoteKind.CREDIT:
        held = held or "the order is billed already by another CDR that was not credited"
    return Bill.objects.create(
        order=order,
        cdr=cdr,
        quote=quote,
        held=held,
        dispute=_dispute(priced, cdr),
        cpo_total=cdr.total_cost_incl_vat if cdr.total_cost_incl_vat is not None else cdr.total_cost_excl_vat,
    )


def price_cdr(order: Order, cdr: Cdr) -> prices.PricedLines:
    """The CDR's charging periods under the tariff version that was quoted; lines incl. VAT."""
    assert order.quote is not None  # an order beyond QUOTED always has one
    return prices.bill(
        order.quote.tariff,
        time_zone=order.offer.time_zone,
        charging_periods=cdr.raw.get("charging_periods") or [],
        end_at=cdr.end_at,
        start_at=cdr.start_at,
        total_energy_kwh=cdr.total_energy_kwh,
        step_mode=order.party.connection.step_mode,
        rule=order.quote.rule,
    )


def _store(order: Order, priced: prices.PricedLines, cdr: Cdr) -> Quote:
    lines, total, kind = stored_lines(priced), priced.total, QuoteKind.BILL
    if order.state == OrderState.CANCELLED:
        kind = QuoteKind.CANCELLATION
        if order.fee > total:
            # The total becomes the CDR's energy at the quoted rate, or the fee if that is more (design.md §8).
            lines.append(
                {
                    "code": "cancellation-fee",
                    "quantity": "1",
                    "unit": "session",
                    "unit_price": None,
                    "amount": str(order.fee - total),
                }
            )
            total = order.fee
    return _quote_like(
        order,
        kind=kind,
        energy_kwh=cdr.total_energy_kwh,
        total=total,
        lines=lines,
        unit_price=priced.unit_price,
        cost_total=priced.at_cost.total,
        explanation=priced.explanation,
    )


def _quote_like(order: Order, **values: object) -> Quote:
    assert order.quote is not None
    base = {
        "order": order,
        "offer": order.offer,
        "currency": order.quote.currency,
        "tariff": order.quote.tariff,
        "tariff_version": order.quote.tariff_version,
        "rule": order.quote.rule,
    }
    return Quote.objects.create(**(base | values))


def _credit(order: Order, cdr: Cdr) -> Bill:
    """The bill becomes 0.00; a corrected CDR may make a new one (design.md §8, credit CDR)."""
    last = order.bills.exclude(held__gt="").first()
    lines = list(last.quote.lines) if last else []
    total = last.quote.total if last else Decimal("0.00")
    lines.append(
        {"code": "credit", "quantity": "1", "unit": "session", "unit_price": None, "amount": str(-total)}
    )
    quote = _quote_like(
        order,
        kind=QuoteKind.CREDIT,
        energy_kwh=order.energy_kwh,
        total=Decimal("0.00"),
        lines=lines,
        unit_price=order.quote.unit_price if order.quote else None,
        explanation=[f"credited by CDR {cdr.ocpi_id}"],
    )
    bill = Bill.objects.create(order=order, cdr=cdr, quote=quote, cpo_total=Decimal(0))
    release(order, bill)
    return bill


def _dispute(priced: prices.PricedLines, cdr: Cdr) -> str:
    """How the CPO's total differs from ours beyond the tolerance; empty when it does not."""
    with_vat = cdr.total_cost_incl_vat is not None
    theirs = cdr.total_cost_incl_vat if with_vat else cdr.total_cost_excl_vat
    ours = priced.at_cost.total if with_vat else priced.at_cost.total_excl_vat
    if theirs is None or abs(theirs - ours) <= TOLERANCE + abs(ours) * TOLERANCE_SHARE:
        return ""
    return f"the CPO charges {theirs} {cdr.currency}, the quoted tariff gives {ours}"
