"""Checks of what a CDR refers to: currency, tariff, other CDRs, its order, and when it came. Source: ocpi.md 3.4, T64."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sessions.audit.case import Case, Finding, Severity, objects

# What of a Tariff makes the price.
PRICING_MEMBERS = ("currency", "elements", "min_price", "max_price")
ALREADY_BILLED = "the order is billed already by another CDR that was not credited"
RESERVED_ONLY = "the CDR is of the reservation alone; the driver's bill is that of the charge"
ORDER_FAILED = "the order had failed, or was never started, before this CDR came"


def currency(case: Case) -> Iterator[Finding]:
    """It must be that of the quote."""
    if case.quoted_currency and case.currency.upper() != case.quoted_currency:
        yield Finding(
            "CURRENCY",
            Severity.HOLD,
            f"the CDR is in {case.currency}, the order was quoted in {case.quoted_currency}",
            case.quoted_currency,
            case.currency,
        )


def tariff(case: Case) -> Iterator[Finding]:
    """The tariffs that the CDR names: known to us, and with the prices of the version that was quoted."""
    stated, ours = _stated(case.raw), _key(case.tariff or {}) if case.quoted else ""
    unknown = sorted(named_tariffs(case.raw) - case.known_tariffs - {ours})
    if unknown:
        yield Finding(
            "TARIFF_UNKNOWN",
            Severity.CONTEST,
            f"the CDR is priced by a tariff that we were never told of: {', '.join(unknown)}",
        )
    elif ours in stated and case.quoted and _prices(stated[ours]) != _prices(case.tariff or {}):
        yield Finding(
            "TARIFF_VERSION",
            Severity.CONTEST,
            f"the tariff {ours} in the CDR is not the version that was quoted",
        )


def overlap(case: Case) -> Iterator[Finding]:
    """A connector charges one car at a time."""
    allowed = timedelta(seconds=int(case.limits.time_s))
    for other in case.overlapping:
        shared = min(case.end_at, other.end_at) - max(case.start_at, other.start_at)
        if shared > allowed and case.energy_kwh > 0 and other.energy_kwh > 0:
            yield Finding(
                "OVERLAP",
                Severity.CONTEST,
                f"CDR {other.ocpi_id} is of the same connector and shares {shared} with this one",
            )


def duplicate(case: Case) -> Iterator[Finding]:
    """One charge, one CDR, unless the first was credited. A reservation may have its own."""
    if case.beside_charge:
        return
    if case.already_billed:
        yield Finding("DUPLICATE", Severity.HOLD, ALREADY_BILLED)
    elif case.duplicate_of:
        yield Finding(
            "DUPLICATE", Severity.HOLD, f"CDR {case.duplicate_of} is of the same session and was not credited"
        )


def reservation(case: Case) -> Iterator[Finding]:
    """What the CPO wants for a reservation beside the charge that followed, the driver is not billed for."""
    if case.beside_charge:
        severity = Severity.CONTEST if case.excl_vat else Severity.NOTE
        yield Finding("RESERVATION", severity, RESERVED_ONLY)


def order(case: Case) -> Iterator[Finding]:
    """An order that never started owes nothing."""
    if case.order_failed:
        yield Finding("ORDER_FAILED", Severity.HOLD, ORDER_FAILED)


def late(case: Case) -> Iterator[Finding]:
    """It came long after the charge ended."""
    passed = case.received_at - case.end_at
    if passed > timedelta(hours=float(case.limits.late_after_h)):
        yield Finding("LATE", Severity.NOTE, f"the CDR came {passed.days} days after the charge ended")


def named_tariffs(raw: Mapping[str, Any]) -> frozenset[str]:
    """Keys of the tariffs that a CDR states or that its periods name."""
    named = {
        str(period["tariff_id"]).strip().casefold()
        for period in objects(raw.get("charging_periods"))
        if period.get("tariff_id")
    }
    return frozenset(named | set(_stated(raw))) - {""}


def _stated(raw: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {_key(each): each for each in objects(raw.get("tariffs"))}


def _key(given: Mapping[str, Any]) -> str:
    return str(given.get("id") or "").strip().casefold()


def _prices(given: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the price, in a form that compares: nulls count as absent, 18 and 18.0 are one number."""
    return {name: _plain(given[name]) for name in PRICING_MEMBERS if given.get(name) is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items() if each is not None}
    return [_plain(each) for each in value] if isinstance(value, list) else value
