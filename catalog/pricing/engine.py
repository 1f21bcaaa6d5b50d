"""The cost of a session from its charging periods, or from facts that are cut into periods first.

Source: ocpi.md 4.4 and 4.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import localcontext
from typing import Any

from catalog.pricing.costs import billed_quantities, items_of, limited, sums_by_group
from catalog.pricing.errors import TariffError
from catalog.pricing.exact import PRECISE
from catalog.pricing.explanation import explain
from catalog.pricing.facts import read_expired, read_facts
from catalog.pricing.lines import STEP_MODES, StepMode, bill, lines_of, round_up
from catalog.pricing.periods import Period, read_periods
from catalog.pricing.priced import Priced
from catalog.pricing.reading import read_moment, read_object, read_zone, shown
from catalog.pricing.tariff import Tariff, read_tariff
from catalog.pricing.taxes import read_version


@dataclass(slots=True)
class Book:
    """The tariffs of one session: the main one, and those that periods name by tariff_id."""

    main: Tariff
    named: dict[str, Tariff]
    unknown: set[str]

    def of(self, period: Period) -> Tariff:
        """The tariff of a period; the main one when its tariff_id is empty or unknown."""
        if not period.tariff_id or not self.named:
            return self.main
        tariff = self.named.get(period.tariff_id.casefold())
        if tariff is None:
            self.unknown.add(period.tariff_id)
        return tariff or self.main


def price_periods(
    tariff: Mapping[str, Any],
    periods: Sequence[Mapping[str, Any]],
    *,
    time_zone: str,
    end: datetime | None = None,
    ocpi_version: str = "2.2.1",
    step_mode: StepMode | None = None,
    reservation_expired: bool | None = None,
    tariffs: Mapping[str, Mapping[str, Any]] | None = None,
) -> Priced:
    """The cost of charging periods as a Session or CDR has them.

    tariff: an OCPI Tariff object. periods: OCPI ChargingPeriod objects, volumes in kWh and hours.
    time_zone: IANA name of the location's zone; may be empty when no restriction needs it.
    end: of the session; without it the last period lasts as long as its volumes say.
    step_mode: see `round_up`; None is the rule of the version (combined_time for 2.2, else last_dimension).
    reservation_expired: None means expired when there is nothing but reservation time.
    tariffs: by id, for periods that name a tariff_id; `tariff` prices all other periods.
    Raises TariffError, naming the field, when it cannot be priced.
    Source: ocpi.md 4.4.
    """
    with localcontext(PRECISE):
        version = read_version(ocpi_version)
        book = _read_book(tariff, tariffs or {}, version)
        is_local = any(each.is_local for each in (book.main, *book.named.values()))
        zone = read_zone(time_zone, needed=is_local)
        read = read_periods(periods, zone, None if end is None else read_moment(end, "end_date_time"))
        return _priced(book, read, _step_mode(step_mode, version), reservation_expired)


def price_facts(
    tariff: Mapping[str, Any],
    facts: Mapping[str, Any],
    *,
    ocpi_version: str = "2.2.1",
    step_mode: StepMode | None = None,
) -> Priced:
    """The cost of what happened, or of a plan: the charging periods are found first.

    facts: {time_zone, segments: [{start, end, activity: CHARGING or PARKING, kwh, min_current, max_current,
    min_power, max_power}], reservation: {start, end, expired}}; energy in kWh is spread evenly over its
    segment, currents in A over all phases, powers in kW.
    Raises TariffError, naming the field, when it cannot be priced.
    Source: ocpi.md 4.5.
    """
    with localcontext(PRECISE):
        version = read_version(ocpi_version)
        read = read_tariff(tariff, version)
        happened = read_object(facts, "facts")
        zone = read_zone(happened.get("time_zone"), "facts.time_zone", needed=read.is_local)
        periods = read_facts(happened, read.cuts(), zone)
        book = Book(read, {}, set())
        return _priced(book, periods, _step_mode(step_mode, version), read_expired(happened))


def _read_book(tariff: Mapping[str, Any], tariffs: Mapping[str, Any], version: str) -> Book:
    main = read_tariff(tariff, version)
    named: dict[str, Tariff] = {}
    for name, raw in tariffs.items():
        try:
            named[str(name).casefold()] = read_tariff(raw, version)
        except TariffError as error:
            raise TariffError(f"tariffs[{shown(name)}].{error.field}", error.reason) from None
        if named[str(name).casefold()].currency != main.currency:
            raise TariffError(
                f"tariffs[{shown(name)}].currency", f"it is not {main.currency} as in the main tariff"
            )
    own = tariff.get("id")
    if named and isinstance(own, str):
        named.setdefault(own.casefold(), main)
    return Book(main, named, set())


def _step_mode(mode: StepMode | None, version: str) -> StepMode:
    if mode is None:
        return "combined_time" if version == "2.2" else "last_dimension"
    if mode not in STEP_MODES:
        raise TariffError("step_mode", f"one of {', '.join(STEP_MODES)} is needed, not {shown(mode)}")
    return mode


def _priced(book: Book, periods: Sequence[Period], mode: StepMode, expired: bool | None) -> Priced:
    if expired is not None and not isinstance(expired, bool):
        raise TariffError("reservation_expired", f"true or false is needed, not {shown(expired)}")
    is_unused = bool(periods) and all(period.is_reservation for period in periods)
    is_expired = is_unused if expired is None else expired
    used = [(period, book.of(period)) for period in periods]
    last = used[-1][1] if used else book.main
    lines = lines_of(used, is_expired=is_expired)
    roundings = round_up(lines, mode)
    bill(lines)
    is_limited = bool(periods) and not (is_unused and is_expired)
    total = limited(sums_by_group(lines), last, is_limited=is_limited)
    items, groups = items_of(lines)
    sentences = explain(lines, roundings, total, last, is_limited=is_limited or not periods)
    return Priced(
        currency=last.currency,
        ocpi_version=last.version,
        items=items,
        total=total.given_out,
        adjustment=total.adjustment,
        billed=billed_quantities(lines),
        explanation=[*_notes(book, used, mode, is_expired), *sentences],
        **groups,
    )


def _notes(
    book: Book, used: Sequence[tuple[Period, Tariff]], mode: StepMode, is_expired: bool
) -> list[str]:
    applied = {id(tariff): tariff for tariff in (book.main, *(tariff for _, tariff in used))}
    notes = [note for tariff in applied.values() for note in tariff.notes]
    for name in sorted(book.unknown):
        notes.append(f"Tariff {shown(name)} is not known: its periods have the price of the main tariff.")
    if not used:
        notes.append("There is no charging period: nothing is billed.")
    if mode == "none" and any(each.step_size > 1 for tariff in applied.values() for each in tariff.components()):
        notes.append("step_size: nothing is rounded, by the step mode none.")
    if is_expired and any(period.has_reservation for period, _ in used):
        notes.append("The reservation expired: prices for an expired reservation apply.")
    return notes
