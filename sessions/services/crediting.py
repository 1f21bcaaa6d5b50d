"""What a credit CDR takes back: all of a bill, a part, or nothing yet because its original has not come.

Source: design.md §8 (credit CDR); ocpi.md 3.4, T65.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q, QuerySet

from emsp.core.money import to_cents
from ocpi.models import Cdr
from sessions.audit.case import Finding, Severity
from sessions.audit.circumstances import ALREADY_BILLED
from sessions.audit.policies import thresholds_of
from sessions.models import Bill, CdrAudit, Order, QuoteKind

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class CreditPlan:
    """original: the bill it takes back, None when it waits or has nothing to take. amount: of the driver's money.

    whole: the order is open for a corrected CDR afterwards.
    """

    original: Bill | None = None
    amount: Decimal = ZERO
    whole: bool = False
    findings: list[Finding] = field(default_factory=list)


def plan_of(order: Order, cdr: Cdr) -> CreditPlan:
    """What the credit CDR means for the bills of its order; nothing is changed."""
    original = _original(order, cdr)
    if original is None:
        return _nothing("CREDIT_WAITS", Severity.NOTE, "the CDR that it credits has not come yet")
    if original.cdr_id and CdrAudit.objects.filter(cdr=original.cdr_id, credited=True).exists():
        return _nothing("CREDITED_TWICE", Severity.CONTEST, f"CDR {original.cdr} was credited before")
    if _was_replaced(original):
        words = f"the bill of CDR {original.cdr} was replaced before; nothing of it is left to take back"
        return _nothing("CREDIT_OF_REPLACED", Severity.NOTE, words)
    share, findings = _share(original, cdr)
    if original.held:
        return CreditPlan(original, ZERO, share == 1, findings)
    last = order.bills.filter(held="").select_related("quote").first()
    left = last.quote.total if last else ZERO
    amount = left if share == 1 else min(left, to_cents(original.quote.total * share, original.quote.currency))
    return CreditPlan(original, amount, share == 1, findings)


def mark_credited(original: Bill) -> None:
    """Remember that the CDR of a bill was taken back whole: it collides with no other CDR any more."""
    CdrAudit.objects.filter(cdr=original.cdr_id).update(credited=True)


def void_held(original: Bill, cdr: Cdr) -> None:
    """A held bill that was credited is never released."""
    original.held = f"credited by CDR {cdr.ocpi_id}"
    original.save(update_fields=["held"])


def early_credits(cdr: Cdr) -> QuerySet[Cdr]:
    """Credit CDRs that came before this one, which they credit."""
    names = {cdr.ocpi_id, cdr.key, cdr.ocpi_id.upper()}
    unnamed = [f"{cdr.key}-c", f"{cdr.key}-c1"]
    return Cdr.objects.filter(
        Q(credit_reference_id__in=names) | Q(credit_reference_id="", key__in=unnamed),
        party=cdr.party,
        credit=True,
        bill=None,
    ).order_by("pk")


def waiting_correction(order: Order) -> Bill | None:
    """A corrected CDR that came before the credit, and was held for nothing else."""
    held = order.bills.filter(held=ALREADY_BILLED, cdr__audit__credited=False).select_related("cdr", "quote")
    return held.first()


def _original(order: Order, cdr: Cdr) -> Bill | None:
    bills = order.bills.select_related("quote", "cdr")
    if cdr.credit_reference_id:
        return bills.filter(cdr__key=cdr.credit_reference_id.casefold(), cdr__credit=False).first()
    charges = bills.filter(cdr__credit=False)
    named = [bill for bill in charges if bill.cdr and cdr.key.startswith(f"{bill.cdr.key}-c")]
    return next(iter(named), None) or charges.filter(held="").first() or charges.first()


def _was_replaced(original: Bill) -> bool:
    """Whether we took the bill back ourselves, when staff released another one in its place."""
    later = original.order.bills.filter(pk__gt=original.pk, cdr=None, quote__kind=QuoteKind.CREDIT)
    return not original.held and later.exists()


def _share(original: Bill, cdr: Cdr) -> tuple[Decimal, list[Finding]]:
    """Which part of the original's cost is credited, 1 for all of it, and what is odd about that."""
    charged = original.cdr
    assert charged is not None  # only bills of a CDR are credited
    if charged.total_cost_incl_vat is not None and cdr.total_cost_incl_vat is not None:
        theirs, back = charged.total_cost_incl_vat, abs(cdr.total_cost_incl_vat)
    else:
        theirs, back = charged.total_cost_excl_vat, abs(cdr.total_cost_excl_vat)
    if theirs <= 0 or thresholds_of(cdr.party).agree(theirs, back):
        return Decimal(1), []
    words = f"{back} of the {theirs} {cdr.currency} of CDR {charged} are credited"
    if back > theirs:
        return Decimal(1), [Finding("CREDIT_TOO_MUCH", Severity.CONTEST, words, str(theirs), str(back))]
    return back / theirs, [Finding("CREDIT_PART", Severity.NOTE, words, str(theirs), str(back))]


def _nothing(code: str, severity: Severity, sentence: str) -> CreditPlan:
    return CreditPlan(findings=[Finding(code, severity, sentence)])
