"""What a charge will cost, what it did cost, and how much energy an amount of money buys.

Source: design.md §8 (what the driver pays, quantity as money, a station without a known price); ocpi.md 4.4, 4.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any, cast

from catalog import books
from catalog.errors import AmountTooSmall, PriceUnknown
from catalog.models import Offer
from catalog.pricing import Priced, StepMode, TariffError, price_facts, price_periods
from catalog.pricing.restriction_reader import CHARGING
from catalog.pricing.tariff import TYPES, read_tariff
from catalog.pricing.taxes import read_version
from catalog.pricing.wording import duration_text
from catalog.retail import Terms, retail
from catalog.selectors import tariff_for
from catalog.services.cdr_periods import normalise_periods, one_period
from catalog.services.priced_lines import PricedLines, in_lines
from catalog.services.prices import MOST
from emsp.core.money import plain

USUAL_POWER_W = 7_400  # one phase, 32 A: what is assumed where a connector does not tell
ENERGY_STEP_KWH = Decimal("0.01")
MOST_STEPS = 100_000  # 1000 kWh, more than any car or lorry takes
MOST_TOTAL = Decimal(10**12)
WS_PER_KWH = 3_600_000


def quote(offer: Offer, *, energy_kwh: Decimal, at: datetime, sold_through: str = "") -> PricedLines:
    """The price of charging energy_kwh (above 0) at this offer from `at` on, without parking afterwards.

    By the price book in force: the rule is chosen for the moment `at` and holds for the whole charge.
    sold_through: id of the app (BAP), which may have rules of its own.
    Time is that of constant charging at the offer's power, or at 7.4 kW where that is unknown.
    Raises PriceUnknown when no tariff in force says what it costs. Source: ocpi.md 4.5, 4.8.
    """
    return _Plan.of(offer, at, sold_through).lines(energy_kwh)


def energy_for_amount(offer: Offer, *, amount: Decimal, at: datetime, sold_through: str = "") -> Decimal:
    """The largest energy in kWh, in steps of 0.01, whose quote does not exceed the amount, fees included.

    amount: in the tariff's currency, incl. VAT. At most 1000 kWh, also where charging is free.
    Raises AmountTooSmall when it buys nothing, PriceUnknown as quote does. Source: design.md §8.
    """
    plan = _Plan.of(offer, at, sold_through)
    low, high = 0, MOST_STEPS + 1
    while high - low > 1:
        middle = (low + high) // 2
        if plan.lines(middle * ENERGY_STEP_KWH).total <= amount:
            low = middle
        else:
            high = middle
    if low == 0:
        least = plan.lines(ENERGY_STEP_KWH)
        raise AmountTooSmall(
            f"{plain(amount)} {least.currency} buys no energy here: {least.total} is the least"
        )
    return low * ENERGY_STEP_KWH


def bill(
    tariff: dict[str, Any],
    *,
    ocpi_version: str,
    time_zone: str,
    charging_periods: Sequence[Mapping[str, Any]],
    end_at: datetime,
    start_at: datetime | None = None,
    total_energy_kwh: Decimal | None = None,
    step_mode: str | None = None,
    rule: Mapping[str, Any] | None = None,
) -> PricedLines:
    """The price of a CDR's charging periods under one tariff version and the price rule that was quoted.

    ocpi_version: that of the operator's connection, which says how the tariff tells taxes.
    rule: as the quote kept it (PricedLines.rule), never the current book's; None passes the tariff through.
    `at_cost` of the result is what the tariff alone gives.

    start_at, total_energy_kwh: as the CDR states them; periods whose energy does not agree are read as
    normalise_periods says, and where they cannot be read at all, the total energy is billed. `findings` tells.
    A reservation counts as expired when there is nothing but reservation time.
    Raises PriceUnknown when the tariff itself cannot be priced. Source: ocpi.md 4.4, T51.
    """

    def price(periods: Sequence[Mapping[str, Any]]) -> Priced:
        return price_periods(
            tariff,
            periods,
            time_zone=time_zone,
            end=end_at,
            ocpi_version=ocpi_version,
            step_mode=cast(StepMode | None, step_mode),
        )

    energy_kwh = total_energy_kwh or Decimal(0)
    periods, findings = normalise_periods(charging_periods, total_energy_kwh)
    try:
        priced = price(periods) if periods else None
    except TariffError as error:
        priced = None
        findings = [f"the charging periods cannot be priced ({error})"]
    try:
        if priced is None:
            findings.append(f"total_energy {energy_kwh} kWh is billed without its charging periods")
            priced = price(one_period(start_at or end_at, energy_kwh))
    except TariffError as error:
        raise PriceUnknown(f"the tariff cannot be priced: {error}") from None
    cost = in_lines(priced, tariff=tariff, energy_kwh=energy_kwh, findings=findings)
    return _sold(cost, rule)


def _sold(cost: PricedLines, rule: Mapping[str, Any] | None) -> PricedLines:
    """The lines by a rule as a quote keeps it."""
    if rule is None:
        return cost
    made = retail(cost, Terms.from_snapshot(rule["terms"]))
    told = f"Price book, version {rule['version']}: {' '.join(rule['why'])}"
    return replace(made, rule=dict(rule), explanation=[*made.explanation, told])


@dataclass(frozen=True)
class _Plan:
    """A charge that is to begin at an offer, with the tariff in force there."""

    offer: Offer
    at: datetime
    tariff: dict[str, Any]
    tariff_version: int | None
    ocpi_version: str
    step_mode: str
    rule: dict[str, Any] | None

    @classmethod
    def of(cls, offer: Offer, at: datetime, sold_through: str) -> "_Plan":
        tariff, version = tariff_for(offer, at)
        connection = offer.party.connection
        _check_names_a_price(tariff, connection.version)
        currency = str(tariff.get("currency") or "").strip().upper()
        chosen = books.rule_for(offer, at=at, sold_through=sold_through, currency=currency)
        rule = books.snapshot(*chosen)
        return cls(offer, at, tariff, version, connection.version, connection.step_mode, rule)

    def lines(self, energy_kwh: Decimal) -> PricedLines:
        power_w = self.offer.power_w or USUAL_POWER_W
        duration_s = int((energy_kwh * WS_PER_KWH / power_w).to_integral_value(ROUND_CEILING))
        end_at = self.at + timedelta(seconds=duration_s)
        segment = {"start": self.at, "end": end_at, "activity": "CHARGING", "kwh": energy_kwh}
        if self.offer.power_w:
            segment["min_power"] = segment["max_power"] = Decimal(power_w) / 1000
        facts = {"time_zone": self.offer.time_zone, "segments": [segment]}
        try:
            priced = price_facts(
                self.tariff, facts, ocpi_version=self.ocpi_version, step_mode=cast(StepMode, self.step_mode)
            )
        except TariffError as error:
            raise PriceUnknown(f"the operator's tariff cannot be priced: {error}") from None
        speed = f"{plain(Decimal(power_w) / 1000)} kW"
        estimate = f"Estimated: {plain(energy_kwh)} kWh at {speed} take {duration_text(duration_s)}."
        cost = in_lines(
            priced,
            tariff=self.tariff,
            tariff_version=self.tariff_version,
            energy_kwh=energy_kwh,
            notes=[estimate],
        )
        made = _sold(cost, self.rule)
        if abs(made.total) >= MOST_TOTAL or abs(made.unit_price or Decimal(0)) >= MOST:
            raise PriceUnknown("the operator's tariff is beyond any price that can be meant")
        return made


def _check_names_a_price(tariff: dict[str, Any], ocpi_version: str) -> None:
    """Raises PriceUnknown unless it prices energy, or anything above 0: a FLAT of 0 says nothing (ocpi.md 4.8)."""
    try:
        read = read_tariff(tariff, read_version(ocpi_version))
    except TariffError as error:
        raise PriceUnknown(f"the operator's tariff cannot be priced: {error}") from None
    priced = [component for kind in TYPES for component in read.of(CHARGING, kind)]
    if not any(component.type == "ENERGY" or component.price > 0 for component in priced):
        raise PriceUnknown("the operator's tariff does not say what charging costs")
