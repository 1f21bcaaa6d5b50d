"""Our own computation of a CDR, and how it differs from the CPO's, line by line. Source: ocpi.md 4.4."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from catalog.pricing import STEP_MODES, Amount, Priced, StepMode, TariffError, price_periods
from catalog.services.cdr_periods import normalise_periods, one_period
from emsp.core.money import plain, to_cents
from sessions.audit.case import MOST, Case, Repricing, objects, price_of

# member of the CDR → what it is called in a sentence; the order is that of the difference shown to staff
PARTS = {
    "total_energy_cost": "energy",
    "total_time_cost": "charging time",
    "total_parking_cost": "parking",
    "total_reservation_cost": "reservation",
    "total_fixed_cost": "fixed fees",
    "total_cost": "the total",
}
FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Difference:
    """One line of the comparison, both sides excluding or both including VAT. None: that side does not tell."""

    part: str
    ours: Decimal | None
    theirs: Decimal | None
    agrees: bool
    sentence: str

    def as_json(self) -> dict[str, str | bool | None]:
        """The form in which an audit keeps it; amounts as text with four decimals."""
        gap = None if self.ours is None or self.theirs is None else self.theirs - self.ours
        return {
            "part": self.part,
            "ours": _text(self.ours),
            "theirs": _text(self.theirs),
            "difference": _text(gap),
            "agrees": self.agrees,
            "sentence": self.sentence,
        }


def reprice(case: Case) -> Repricing:
    """Price the CDR's periods by the connection's step rule, then by the others, and keep the one that agrees.

    Where the periods cannot be read, the total energy is priced alone. Source: ocpi.md 4.4, older rule; T51.
    """
    if case.tariff is None:
        return Repricing(None, "", False)
    periods, found = normalise_periods(objects(case.raw.get("charging_periods")), case.energy_kwh)
    modes = [case.step_mode, *(mode for mode in STEP_MODES if mode != case.step_mode)]
    first: Repricing | None = None
    for mode in modes:
        try:
            priced = _price(case, periods, mode)
        except TariffError as error:
            found = [*found, f"the charging periods cannot be priced ({error})"]
            return _by_energy_alone(case, found)
        made = Repricing(priced, mode, _agrees(case, priced), tuple(found))
        if made.agreed:
            return made
        first = first or made
    assert first is not None  # there is at least one mode
    return first


def _by_energy_alone(case: Case, found: list[str]) -> Repricing:
    try:
        priced = _price(case, one_period(case.start_at, case.energy_kwh), case.step_mode)
    except TariffError as error:
        return Repricing(None, "", False, (*found, f"the tariff cannot be priced ({error})"))
    return Repricing(priced, case.step_mode, _agrees(case, priced), tuple(found))


def _price(case: Case, periods: Any, mode: str) -> Priced:
    assert case.tariff is not None  # asked only where there is one
    try:
        priced = price_periods(
            case.tariff,
            periods,
            time_zone=case.time_zone,
            end=case.end_at,
            ocpi_version=case.ocpi_version,
            step_mode=cast(StepMode, mode),
            reservation_expired=False if case.beside_charge else None,
        )
    except OverflowError:
        raise TariffError("start_date_time", "no calendar reaches this date") from None
    if any(side is not None and abs(side) >= MOST for side in (priced.total.excl_vat, priced.total.incl_vat)):
        raise TariffError("elements", "the price is beyond any that can be meant")
    return priced


def compared(case: Case, priced: Priced) -> tuple[bool, Decimal | None, Decimal]:
    """(with VAT?, our total, their total) on the side that the CDR tells; ours in cents, None where unknown."""
    with_vat = case.incl_vat is not None
    theirs = case.incl_vat if case.incl_vat is not None else case.excl_vat
    ours = _side(priced.total, with_vat)
    return with_vat, None if ours is None else to_cents(ours, case.currency), theirs


def _agrees(case: Case, priced: Priced) -> bool:
    _, ours, theirs = compared(case, priced)
    return ours is not None and case.agree(ours, theirs)


def differences(case: Case, priced: Priced | None) -> list[Difference]:
    """Ours against theirs for each part of the cost; parts that neither side has are left out."""
    return list(_differences(case, priced))


def _differences(case: Case, priced: Priced | None) -> Iterator[Difference]:
    with_vat = case.incl_vat is not None
    ours_of = _parts(priced) if priced else {}
    for name, word in PARTS.items():
        told = price_of(case.raw, name)
        theirs = None if told is None else (told.incl_vat if with_vat else told.excl_vat)
        ours = _side(ours_of[name], with_vat) if name in ours_of else None
        if theirs is None and not ours and name != "total_cost":
            continue
        yield _line(case, name, word, ours, theirs)


def _line(case: Case, name: str, word: str, ours: Decimal | None, theirs: Decimal | None) -> Difference:
    if ours is None:
        return Difference(name, ours, theirs, True, f"{word}: ours is not known")
    if theirs is None:
        return Difference(
            name, ours, theirs, True, f"{word}: the CDR does not state it; ours is {_text(ours)}"
        )
    if case.agree(ours, theirs):
        return Difference(name, ours, theirs, True, f"{word}: both say {_text(ours)}")
    more = "more" if theirs > ours else "less"
    gap = plain(abs(theirs - ours).quantize(FOUR_PLACES))
    sentence = f"{word}: the CPO wants {gap} {case.currency} {more} than the tariff gives"
    return Difference(name, ours, theirs, False, sentence)


def _parts(priced: Priced) -> Mapping[str, Amount]:
    return {
        "total_energy_cost": priced.energy,
        "total_time_cost": priced.time,
        "total_parking_cost": priced.parking,
        "total_reservation_cost": priced.reservation,
        "total_fixed_cost": priced.fixed,
        "total_cost": priced.total,
    }


def _side(amount: Amount, with_vat: bool) -> Decimal | None:
    """The side asked for. A tariff that tells no VAT has one amount only: it stands for both (ocpi.md 4.7)."""
    if with_vat and amount.incl_vat is not None:
        return amount.incl_vat
    return amount.excl_vat if amount.excl_vat is not None or with_vat else None


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.quantize(FOUR_PLACES):f}"
