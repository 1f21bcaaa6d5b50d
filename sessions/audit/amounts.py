"""Checks of a CDR's amounts: its own arithmetic, our computation, VAT, and a cost of nothing. Source: ocpi.md 4.4, 4.7."""

from collections.abc import Iterator
from decimal import Decimal

from emsp.core.money import plain, to_cents
from sessions.audit.case import Case, Finding, Repricing, Severity, objects, price_of
from sessions.audit.repricing import PARTS, compared, differences

# Gireve's remarks about a cost of zero (ocpi.md T67).
REMARKS = {
    "[?]": "the amount is not significant",
    "[*]": "the amount was computed by the hub",
}
SIDES = (("excl_vat", "excluding VAT"), ("incl_vat", "including VAT"))
FREE = "the CDR costs nothing though energy was taken under a priced tariff"


def arithmetic(case: Case) -> Iterator[Finding]:
    """The costs per dimension must add up to total_cost, where the CDR states enough of them to tell.

    min_price and max_price make them differ: then our own total must be the CDR's (ocpi.md 4.4 step 10).
    """
    limited = bool(case.tariff and (case.tariff.get("min_price") or case.tariff.get("max_price")))
    parts = [found for name in PARTS if name != "total_cost" and (found := price_of(case.raw, name))]
    total = price_of(case.raw, "total_cost")
    if limited or total is None or price_of(case.raw, "total_energy_cost") is None:
        return
    for side, words in SIDES:
        amounts = [getattr(part, side) for part in parts]
        stated = getattr(total, side)
        if stated is None or any(amount is None for amount in amounts):
            continue
        added = sum(amounts, Decimal(0))
        if not case.limits.agree(added, stated):
            yield Finding(
                "ARITHMETIC",
                Severity.CONTEST,
                f"the CDR's costs {words} add up to {plain(added)}, its total says {plain(stated)} {case.currency}",
                plain(added),
                plain(stated),
            )


def price(case: Case, ours: Repricing) -> Iterator[Finding]:
    """Our computation against the CDR's total, and part by part."""
    if ours.priced is None:
        yield Finding("NO_PRICE", Severity.NOTE, "no tariff is known to price this CDR by")
        return
    _, our_total, theirs = compared(case, ours.priced)
    if our_total is not None and not ours.agreed:
        yield Finding(
            "PRICE",
            Severity.CONTEST,
            f"the CPO charges {theirs} {case.currency}, the quoted tariff gives {our_total}",
            str(our_total),
            str(theirs),
        )
    elif ours.step_mode != case.step_mode:
        yield Finding("STEP_MODE", Severity.NOTE, f"the total agrees by the rounding rule {ours.step_mode}")
    for line in differences(case, ours.priced):
        if line.part != "total_cost" and not line.agrees:
            yield Finding("PART", Severity.CONTEST, line.sentence, str(line.ours), str(line.theirs))


def vat(case: Case, ours: Repricing) -> Iterator[Finding]:
    """VAT of the CDR: below nothing, missing although the tariff names it, or another than the tariff's."""
    if case.incl_vat is None:
        if _named(case):
            yield Finding(
                "VAT_MISSING", Severity.NOTE, "the tariff names VAT, the CDR states no total with it"
            )
        return
    if case.incl_vat < case.excl_vat:
        yield Finding(
            "VAT_NEGATIVE",
            Severity.CONTEST,
            f"the total including VAT, {case.incl_vat}, is less than the one excluding it, {case.excl_vat}",
        )
        return
    total = ours.priced.total if ours.priced else None
    if total is None or total.incl_vat is None or not total.excl_vat:
        return
    theirs = case.incl_vat - case.excl_vat
    due = case.excl_vat * (total.incl_vat / total.excl_vat - 1)
    if not case.limits.agree(due, theirs):
        yield Finding(
            "VAT",
            Severity.CONTEST,
            f"the CDR's VAT is {theirs}, by the tariff it is {to_cents(due)} {case.currency}",
            str(to_cents(due)),
            str(theirs),
        )


def zero_cost(case: Case, ours: Repricing) -> Iterator[Finding]:
    """Energy under a priced tariff for nothing: hubs mark such CDRs in the remark (T67)."""
    due = ours.priced.total.excl_vat if ours.priced and not case.quoted_currency else case.quoted_total
    if case.energy_kwh <= 0 or case.excl_vat != 0 or not due:
        return
    told = next((meaning for sign, meaning in REMARKS.items() if sign in case.remark), "")
    yield Finding(
        "ZERO_COST", Severity.HOLD, FREE + (f"; its remark {case.remark} says that {told}" if told else "")
    )


def _named(case: Case) -> bool:
    """Whether any component of the tariff names a VAT above 0."""
    for element in objects((case.tariff or {}).get("elements")):
        for component in objects(element.get("price_components")):
            if component.get("vat"):
                return True
    return False
