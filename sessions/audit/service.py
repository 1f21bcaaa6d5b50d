"""Audit a CDR and keep what was found."""

from django.db import transaction

from ocpi.models import Cdr
from sessions.audit.case import Case, Finding, Severity
from sessions.audit.gathering import case_of, connector_of
from sessions.audit.judging import Judgement, judge
from sessions.audit.repricing import compared
from sessions.models import CdrAudit, Order, Verdict

VERDICT_OF = {
    Severity.NOTE: Verdict.ACCEPT,
    Severity.CONTEST: Verdict.CONTEST,
    Severity.HOLD: Verdict.HOLD,
}
SENTENCE_LIMIT = 300


@transaction.atomic
def audit(order: Order | None, cdr: Cdr) -> CdrAudit:
    """Price and check a CDR; what was found before is replaced, decisions of staff stay.

    order: the order it is of, locked; None when it is of none of ours. Source: ocpi.md 3.4, 4.4.
    """
    case = case_of(order, cdr)
    return _store(order, cdr, case, judge(case))


def audit_credit(order: Order | None, cdr: Cdr, findings: list[Finding]) -> CdrAudit:
    """Keep what was found about a credit CDR: its amount is that of its original, so nothing is priced."""
    verdict = max((finding.severity for finding in findings), default=Severity.NOTE)
    made, _ = CdrAudit.objects.update_or_create(
        cdr=cdr,
        defaults={
            "order": order,
            "connector": "",
            "start_at": cdr.start_at,
            "verdict": VERDICT_OF[verdict],
            "cpo_total": cdr.total_cost,
            "with_vat": cdr.total_cost_incl_vat is not None,
            "findings": _as_json(findings),
        },
    )
    return made


def dispute_of(found: CdrAudit) -> str:
    """How the CPO's total differs from ours; empty when it does not (design.md §8)."""
    told = (str(each["sentence"]) for each in found.findings if each["code"] == "PRICE")
    return next(told, "")[:SENTENCE_LIMIT]


def hold_of(found: CdrAudit) -> str:
    """Why the bill is held; empty when it is not."""
    return found.sentence(Severity.HOLD.name)[:SENTENCE_LIMIT]


def _store(order: Order | None, cdr: Cdr, case: Case, judged: Judgement) -> CdrAudit:
    ours, priced = None, judged.ours.priced
    if priced:
        _, ours, _ = compared(case, priced)
    made, _ = CdrAudit.objects.update_or_create(
        cdr=cdr,
        defaults={
            "order": order,
            "connector": connector_of(cdr),
            "start_at": cdr.start_at,
            "verdict": VERDICT_OF[judged.verdict],
            "step_mode": judged.ours.step_mode,
            "with_vat": case.incl_vat is not None,
            "our_total": ours,
            "cpo_total": cdr.total_cost,
            "findings": _as_json(judged.findings),
            "differences": [line.as_json() for line in judged.differences],
            "explanation": [*judged.ours.findings, *(priced.explanation if priced else [])],
            "tariff": dict(case.tariff or {}),
        },
    )
    return made


def _as_json(findings: list[Finding]) -> list[dict[str, str]]:
    return [
        {
            "code": each.code,
            "severity": each.severity.name,
            "sentence": each.sentence,
            "ours": each.ours,
            "theirs": each.theirs,
        }
        for each in findings
    ]
