"""The price of a kWh now, and until when it stays.

Source: ocpi.md 4.5 (what to show before a session) and 4.2.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any
from zoneinfo import ZoneInfo

from catalog.pricing.clock import both_folds, clock_instants
from catalog.pricing.exact import PRECISE, given_out
from catalog.pricing.lines import choose
from catalog.pricing.priced import EnergyPrice
from catalog.pricing.reading import YEARS, read_moment, read_zone
from catalog.pricing.restriction_reader import CHARGING
from catalog.pricing.restrictions import Cuts, Situation
from catalog.pricing.tariff import Component, Tariff, read_tariff
from catalog.pricing.taxes import read_version

# Times of day and weekdays repeat after a week: what has not changed within one changes on a date only.
HORIZON = timedelta(days=8)


def energy_price_at(
    tariff: Mapping[str, Any],
    at: datetime,
    *,
    time_zone: str,
    ocpi_version: str = "2.2.1",
    power_kw: Decimal | None = None,
) -> EnergyPrice | None:
    """The price per kWh for a session that begins at `at`: 0 kWh, 0 s, current unknown.

    power_kw: at which it charges, None when that is not known.
    at: aware. time_zone: IANA name of the location's zone; may be empty when no restriction needs it.
    Returns None when no ENERGY component applies then. The tariff's own start_date_time and end_date_time
    are the caller's affair.
    Raises TariffError, naming the field, when the tariff cannot be read.
    """
    read, instant, zone = _read(tariff, at, time_zone, ocpi_version)
    component = _component(read, instant, zone, power_kw)
    if component is None:
        return None
    return EnergyPrice(
        price_excl_vat=None if component.excl is None else given_out(component.excl),
        price_incl_vat=None if component.incl is None else given_out(component.incl),
        vat=None if component.vat is None else given_out(component.vat),
        valid_until=_next_change(read, instant, zone, power_kw),
        currency=read.currency,
        element=component.element,
    )


def energy_price_changes_at(
    tariff: Mapping[str, Any],
    at: datetime,
    *,
    time_zone: str,
    ocpi_version: str = "2.2.1",
    power_kw: Decimal | None = None,
) -> datetime | None:
    """The next instant (aware UTC) at which energy_price_at answers with another component or none.

    Also when it answers None now. None if that never happens.
    """
    return _next_change(*_read(tariff, at, time_zone, ocpi_version), power_kw)


def _read(
    tariff: Mapping[str, Any], at: datetime, time_zone: str, version: str
) -> tuple[Tariff, datetime, ZoneInfo]:
    with localcontext(PRECISE):
        read = read_tariff(tariff, read_version(version))
    return read, read_moment(at, "at"), read_zone(time_zone, needed=read.is_local)


def _component(tariff: Tariff, at: datetime, zone: ZoneInfo, power_kw: Decimal | None) -> Component | None:
    now = Situation(at, at.astimezone(zone), min_power=power_kw, max_power=power_kw)
    return choose(tariff.of(CHARGING, "ENERGY"), now)


def _next_change(
    tariff: Tariff, at: datetime, zone: ZoneInfo, power_kw: Decimal | None
) -> datetime | None:
    cuts = Cuts()
    for component in tariff.of(CHARGING, "ENERGY"):
        for check in component.checks:
            check.mark(cuts)
    if not cuts.times_s:
        return None
    now = _component(tariff, at, zone, power_kw)
    for start in sorted({at, *_midnights(cuts.dates, at, zone)}):
        candidates = clock_instants(cuts.times_s, start, start + HORIZON, zone)
        for instant in sorted(candidates if start == at else candidates | {start}):
            if _component(tariff, instant, zone, power_kw) is not now:
                return instant
    return None


def _midnights(dates: set[date], at: datetime, zone: ZoneInfo) -> set[datetime]:
    found = {instant for day in dates if day.year in YEARS for instant in both_folds(day, 0, zone)}
    return {instant.astimezone(UTC) for instant in found if instant > at}
