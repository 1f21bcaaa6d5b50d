"""What a contested CDR is contested with: one bundle of JSON and a PDF that can be read without us."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from reportlab.platypus import Flowable

from emsp.core.wire import encode, moment_text
from ocpi.models import Session
from sessions.documents import gap, pdf, rows, text
from sessions.models import CdrAudit

UNKNOWN = "–"


def evidence(audit: CdrAudit) -> dict[str, Any]:
    """All that the audit rests on: the CDR as received, the tariff, readings, our computation, findings, decisions."""
    cdr, order = audit.cdr, audit.order
    quote = order.quote if order else None
    return {
        "cdr": cdr.raw,
        "received_at": moment_text(cdr.received_at),
        "charging_periods": cdr.raw.get("charging_periods") or [],
        "order": str(order.reference) if order else None,
        "tariff": audit.tariff,
        "tariff_version": quote.tariff_version.number if quote and quote.tariff_version else None,
        "session": _session(audit),
        "verdict": audit.verdict,
        "step_mode": audit.step_mode,
        "amounts_include_vat": audit.with_vat,
        "our_total": audit.our_total,
        "their_total": audit.cpo_total,
        "currency": cdr.currency,
        "computation": audit.explanation,
        "findings": audit.findings,
        "differences": audit.differences,
        "decisions": [
            {"decision": each.decision, "reason": each.reason, "by": each.by_name, "at": moment_text(each.at)}
            for each in audit.decisions.all()
        ],
    }


def bundle(audits: list[CdrAudit]) -> bytes:
    """A zip with a folder per CDR: evidence.json, cdr.json, tariff.json and report.pdf."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for audit in audits:
            folder = f"{audit.pk}-{_file_name(audit.cdr.ocpi_id)}"
            content = evidence(audit)
            archive.writestr(f"{folder}/evidence.json", encode(content))
            archive.writestr(f"{folder}/cdr.json", encode(audit.cdr.raw))
            archive.writestr(f"{folder}/tariff.json", encode(audit.tariff))
            archive.writestr(f"{folder}/report.pdf", report_pdf(audit))
    return target.getvalue()


def report_pdf(audit: CdrAudit) -> bytes:
    """The evidence for people, as PDF bytes."""
    title = f"CDR {audit.cdr.ocpi_id} of {audit.cdr.party}"
    footer = f"{settings.OCPI_BUSINESS_NAME}  ·  CDR {audit.cdr.ocpi_id}"
    return pdf(list(_story(audit)), title=title, author=settings.OCPI_BUSINESS_NAME, footer=footer)


def _session(audit: CdrAudit) -> dict[str, Any] | None:
    cdr = audit.cdr
    session: Session | None = audit.order.session if audit.order else None
    if session is None and cdr.session_id:
        session = Session.objects.filter(party=cdr.party, key=cdr.session_id.casefold()).first()
    if session is None:
        return None
    return {
        "id": session.ocpi_id,
        "status": session.status,
        "energy_kwh": session.energy_kwh,
        "last_updated": moment_text(session.last_updated),
        "charging_periods": session.raw.get("charging_periods") or [],
    }


def _story(audit: CdrAudit) -> Iterator[Flowable]:
    cdr = audit.cdr
    yield text(f"CDR {cdr.ocpi_id}", size=20, bold=True)
    yield text(f"{cdr.party} · verdict: {audit.get_verdict_display()}", size=11, quiet=True)
    yield gap(4)
    facts = [
        ("Charge", f"{moment_text(cdr.start_at)} to {moment_text(cdr.end_at)}"),
        ("Received", moment_text(cdr.received_at)),
        ("Energy", f"{cdr.total_energy_kwh.normalize():f} kWh"),
        ("Order", str(audit.order) if audit.order else UNKNOWN),
        ("Amounts", f"{cdr.currency}, {'including' if audit.with_vat else 'excluding'} VAT"),
        ("Rounding rule", audit.step_mode or UNKNOWN),
    ]
    yield rows(("", ""), facts, (0.3, 0.7))
    yield from _section("What was found", [str(each["sentence"]) for each in audit.findings])
    yield gap(4)
    yield text("Line by line", size=12, bold=True)
    body = [
        (line["part"], line["ours"] or UNKNOWN, line["theirs"] or UNKNOWN, line["difference"] or UNKNOWN)
        for line in audit.differences
    ]
    yield rows(("Part", "Ours", "Theirs", "Difference"), body, (0.4, 0.2, 0.2, 0.2))
    yield from _section("Our computation", [str(each) for each in audit.explanation])
    yield from _section("Decisions", [_decision(each) for each in audit.decisions.all()])


def _section(title: str, sentences: list[str]) -> Iterator[Flowable]:
    if sentences:
        yield gap(4)
        yield text(title, size=12, bold=True)
        for sentence in sentences:
            yield text(sentence)


def _decision(each: Any) -> str:
    return f"{moment_text(each.at)} {each.get_decision_display()} by {each.by_name}: {each.reason}"


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)[:60]
