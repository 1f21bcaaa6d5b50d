"""All checks of a CDR in one go. Pure. A new check is one more function in CHECKS or PRICE_CHECKS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sessions.audit import amounts, circumstances, plausibility
from sessions.audit.case import Case, Finding, Repricing, Severity
from sessions.audit.repricing import Difference, differences, reprice

# In the order in which a holding reason is told; of one severity the first stands for all.
CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    plausibility.times,
    circumstances.currency,
    plausibility.energy,
    circumstances.order,
    circumstances.duplicate,
    circumstances.reservation,
    circumstances.tariff,
    circumstances.overlap,
    plausibility.session_energy,
    plausibility.duration,
    amounts.arithmetic,
    circumstances.late,
)
PRICE_CHECKS: tuple[Callable[[Case, Repricing], Iterator[Finding]], ...] = (
    amounts.zero_cost,
    amounts.price,
    amounts.vat,
    plausibility.periods,
)


@dataclass(frozen=True)
class Judgement:
    """What the checks say. findings: the gravest first. verdict: that of the gravest, NOTE when nothing is wrong."""

    verdict: Severity
    findings: list[Finding]
    differences: list[Difference]
    ours: Repricing


def judge(case: Case) -> Judgement:
    """Price the CDR and run every check on it. Source: ocpi.md 3.4, 4.4."""
    ours = reprice(case)
    found = [finding for check in CHECKS for finding in check(case)]
    found += [finding for check in PRICE_CHECKS for finding in check(case, ours)]
    found.sort(key=lambda finding: -finding.severity)
    verdict = found[0].severity if found else Severity.NOTE
    return Judgement(verdict, found, differences(case, ours.priced), ours)
