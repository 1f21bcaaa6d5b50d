"""Checks whether a CDR can be true: times, energy, power. Source: ocpi.md 3.4, T51, T68."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from emsp.core.money import plain
from sessions.audit.case import HUNDRED, SECONDS_PER_HOUR, Case, Finding, Repricing, Severity, hours, number

THOUSAND = Decimal(1000)
SHORTEST = timedelta(minutes=1)  # clocks and rounding of a very short session
UNITS = ((SECONDS_PER_HOUR, "seconds"), (Decimal(60), "minutes"))
UNIT_SHARE = Decimal("0.05")
LEAST_KWH = Decimal("0.1")  # below it a percentage says nothing


def times(case: Case) -> Iterator[Finding]:
    """It cannot end before it starts."""
    if case.end_at < case.start_at:
        yield Finding("TIMES", Severity.HOLD, "the CDR ends before it starts")


def energy(case: Case) -> Iterator[Finding]:
    """Negative, counted in Wh, or more than the connector can deliver in that time."""
    if case.energy_kwh < 0:
        yield Finding("ENERGY_NEGATIVE", Severity.HOLD, "the CDR's energy is negative")
        return
    if case.metered_kwh > 1 and case.energy_kwh >= case.metered_kwh * THOUSAND / 2:
        yield Finding(
            "ENERGY_UNIT",
            Severity.HOLD,
            f"the CDR says {case.energy_kwh} kWh, the session {case.metered_kwh} kWh: it seems to count in Wh",
            str(case.metered_kwh),
            str(case.energy_kwh),
        )
        return
    if not case.power_w:
        return
    span = max(case.end_at - case.start_at, SHORTEST)
    most_kwh = Decimal(case.power_w) / THOUSAND * hours(span) * (1 + case.limits.power_percent / HUNDRED)
    if case.energy_kwh > most_kwh:
        yield Finding(
            "POWER",
            Severity.HOLD,
            f"{case.energy_kwh} kWh in {span} is more than {case.power_w} W can deliver",
            plain(most_kwh.quantize(Decimal("0.0001"))),
            str(case.energy_kwh),
        )


def session_energy(case: Case) -> Iterator[Finding]:
    """The CDR's energy against the last reading of a session that was reported as completed."""
    if case.session_kwh is None:
        return
    most = max(LEAST_KWH, case.session_kwh * case.limits.energy_percent / HUNDRED)
    if abs(case.energy_kwh - case.session_kwh) > most:
        yield Finding(
            "SESSION_ENERGY",
            Severity.CONTEST,
            f"the CDR says {plain(case.energy_kwh)} kWh, the completed session {plain(case.session_kwh)} kWh",
            plain(case.session_kwh),
            plain(case.energy_kwh),
        )


def duration(case: Case) -> Iterator[Finding]:
    """total_time against the time from start to end: another unit, or longer than the session (T68)."""
    stated = number(case.raw.get("total_time"))
    span_h = hours(case.span)
    if stated is None or span_h == 0:
        return
    theirs, ours = plain(stated), plain(span_h.quantize(Decimal("0.0001")))
    for factor, unit in UNITS:
        if abs(stated - span_h * factor) <= span_h * factor * UNIT_SHARE:
            sentence = f"total_time {theirs} seems to be in {unit}: start to end is {ours} h"
            yield Finding("TIME_UNIT", Severity.NOTE, sentence, ours, theirs)
            return
    allowed = case.limits.time_s / SECONDS_PER_HOUR
    if stated > span_h + allowed:
        sentence = f"total_time {theirs} h is longer than start to end, {ours} h"
        yield Finding("DURATION", Severity.CONTEST, sentence, ours, theirs)
    elif stated < span_h - allowed:
        sentence = f"total_time {theirs} h is shorter than start to end, {ours} h"
        yield Finding("DURATION", Severity.NOTE, sentence, ours, theirs)


def periods(case: Case, ours: Repricing) -> Iterator[Finding]:
    """How the charging periods had to be read: Wh, cumulative, no energy (T51)."""
    for sentence in ours.findings:
        yield Finding("PERIODS", Severity.NOTE, sentence)
