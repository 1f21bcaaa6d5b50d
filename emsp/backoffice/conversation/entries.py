"""How each kind of row reads as an entry of the timeline."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry

from beckn.models import Callback, Rating, Request, SupportMessage, SupportRequest
from emsp.core.money import plain
from ocpi.models import Cdr, Command, ParkedObject, Session, SessionUpdate
from sessions.models import (
    Bill,
    CdrAudit,
    CdrDecision,
    Invoice,
    JournalEntry,
    MissingCdr,
    OrderEvent,
    Payment,
    PaymentNotice,
    Quote,
    Refund,
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened. kind and pk name its row; who: the two ends, or the one who acted.

    tone: good, waiting, bad or empty. latency_ms: of the answer to it. note: what one wants to know unopened.
    alike: the same in entries that the page may fold; empty: it always stands alone.
    """

    at: datetime
    kind: str
    pk: int
    who: str
    what: str
    state: str = ""
    tone: str = ""
    latency_ms: int | None = None
    note: str = ""
    can_send_again: bool = False
    alike: str = ""


SAID = frozenset({"transaction", "order", "callback"})  # their notes name what they are about


def _ms(begin: datetime, end: datetime | None) -> int | None:
    return None if end is None else max(round((end - begin).total_seconds() * 1000), 0)


def request_entry(row: Request) -> Entry:
    answer = next(iter(row.callbacks.all()), None)  # type: ignore[attr-defined]
    delivered_at = answer.sent_at if answer is not None and answer.state == "DELIVERED" else None
    tone = "good" if row.state == "ANSWERED" else "waiting"
    note = "" if delivered_at else "no answer was delivered yet"
    return Entry(row.received_at, "request", row.pk, "app → us", row.action, row.state, tone,
                 _ms(row.received_at, delivered_at), note)  # fmt: skip


def callback_entry(row: Callback) -> Entry:
    tone = {"DELIVERED": "good", "PENDING": "waiting", "DEAD": "bad", "REFUSED": "bad"}.get(row.state, "")
    told = f"tells error {row.error_code}" if row.error_code else ""
    tries = f"{row.attempts} attempts" if row.attempts > 1 else ""
    note = "; ".join(filter(None, (told, row.last_error, tries)))
    return Entry(row.created_at, "callback", row.pk, "us → app", row.action, row.state, tone,
                 _ms(row.created_at, row.sent_at), note, row.state != "PENDING")  # fmt: skip


def command_entry(row: Command) -> Entry:
    tone = {"SUCCEEDED": "good", "FAILED": "bad", "TIMED_OUT": "bad", "TAKEN_BACK": "bad"}.get(
        row.state, "waiting"
    )
    words = (row.response and f"response {row.response}", row.result and f"result {row.result}", row.message)
    return Entry(row.created_at, "command", row.pk, "us → operator", row.kind, row.state, tone,
                 _ms(row.created_at, row.finished_at), "; ".join(filter(None, words)))  # fmt: skip


def event_entry(row: OrderEvent) -> Entry:
    tone = {"BILLED": "good", "FAILED": "bad", "CANCELLED": "bad", "EXPIRED": "bad"}.get(row.to_state, "")
    return Entry(
        row.at, "event", row.pk, "order", f"{row.from_state} → {row.to_state}", "", tone, note=row.reason
    )


def quote_entry(row: Quote) -> Entry:
    return Entry(row.created_at, "quote", row.pk, "order", f"price: {row.get_kind_display()}",
                 note=f"{row.total} {row.currency} for {plain(row.energy_kwh)} kWh")  # fmt: skip


def session_entry(row: Session) -> Entry:
    tone = (
        "bad"
        if row.quarantine or row.status == "INVALID"
        else "good"
        if row.status == "COMPLETED"
        else "waiting"
    )
    periods = len(row.raw.get("charging_periods") or [])
    note = f"{plain(row.energy_kwh)} kWh in {periods} period{'' if periods == 1 else 's'}; newest state"
    return Entry(row.received_at, "session", row.pk, "operator → us", f"session {row.ocpi_id}", row.status, tone,
                 note="; ".join(filter(None, (note, row.quarantine))))  # fmt: skip


def update_entry(row: SessionUpdate) -> Entry:
    cost = f", {plain(row.cost)} {row.currency}" if row.cost is not None else ""
    return Entry(row.received_at, "update", row.pk, "operator → us", f"update of session {row.session.ocpi_id}",
                 row.status, note=f"{plain(row.energy_kwh)} kWh{cost}", alike=f"{row.session_id} {row.status}")  # fmt: skip


def cdr_entry(row: Cdr) -> Entry:
    note = f"{plain(row.total_energy_kwh)} kWh, {plain(row.total_cost)} {row.currency}"
    return Entry(row.received_at, "cdr", row.pk, "operator → us", f"{'credit ' if row.credit else ''}CDR {row.ocpi_id}",
                 "", "bad" if row.quarantine else "", note="; ".join(filter(None, (note, row.quarantine))))  # fmt: skip


def parked_entry(row: ParkedObject) -> Entry:
    tone = "" if row.resolved_at else "bad"
    return Entry(row.last_seen_at, "parked", row.pk, "operator → us", f"{row.module} {row.ocpi_id} could not be stored",
                 "resolved" if row.resolved_at else "parked", tone, note=row.reason)  # fmt: skip


def audit_entry(row: CdrAudit) -> Entry:
    tone = {"ACCEPT": "good", "CONTEST": "waiting", "HOLD": "bad"}[row.verdict]
    first = str(row.findings[0]["sentence"]) if row.findings else ""
    return Entry(row.created_at, "audit", row.pk, "us", "CDR audited", row.verdict, tone, note=first)


def decision_entry(row: CdrDecision) -> Entry:
    return Entry(
        row.at, "decision", row.pk, row.by_name, f"CDR {row.get_decision_display()}", note=row.reason
    )


def missing_entry(row: MissingCdr) -> Entry:
    state = "settled" if row.settled_at else "raised" if row.raised_at else "asked for"
    tone = "good" if row.settled_at else "bad" if row.raised_at else "waiting"
    return Entry(row.asked_at, "missing", row.pk, "us → operator", "the CDR is missing", state, tone)


def bill_entry(row: Bill) -> Entry:
    tone, note = ("bad", row.held) if row.held else ("waiting", row.dispute) if row.dispute else ("good", "")
    return Entry(row.created_at, "bill", row.pk, "order", f"bill {row.quote.total} {row.quote.currency}",
                 "held" if row.held else "", tone, note=note)  # fmt: skip


def invoice_entry(row: Invoice) -> Entry:
    return Entry(row.issued_at, "invoice", row.pk, "us", f"{row.get_kind_display()} {row.number}",
                 note=f"{row.total} {row.currency}")  # fmt: skip


def booking_entry(row: JournalEntry) -> Entry:
    sides = ", ".join(f"{posting.account} {posting.amount}" for posting in row.postings.all())
    return Entry(row.created_at, "booking", row.pk, "ledger", row.text, note=sides)


def payment_entry(row: Payment) -> Entry:
    tone = {"PAID": "good", "FAILED": "bad", "CREATED": "waiting"}.get(row.state, "")
    return Entry(row.created_at, "payment", row.pk, "driver → us", f"payment {row.amount} {row.currency}", row.state,
                 tone, _ms(row.created_at, row.paid_at), row.failure)  # fmt: skip


def notice_entry(row: PaymentNotice) -> Entry:
    return Entry(row.received_at, "notice", row.pk, "gateway → us", f"notice {row.status}", note=row.effect)


def refund_entry(row: Refund) -> Entry:
    tone = {"DONE": "good", "REFUSED": "bad"}.get(row.state, "waiting")
    note = "; ".join(filter(None, (row.reason, row.last_error)))
    return Entry(row.created_at, "refund", row.pk, "us → gateway", f"refund {row.amount} {row.payment.currency}",
                 row.state, tone, _ms(row.created_at, row.done_at), note)  # fmt: skip


def rating_entry(row: Rating) -> Entry:
    return Entry(row.created_at, "rating", row.pk, "driver", f"rating of {row.category}: {row.value}")


def support_entry(row: SupportRequest) -> Entry:
    tone = "waiting" if row.standing == "waits for us" else "good"
    return Entry(row.created_at, "support", row.pk, "driver", "wants to hear from us", row.standing, tone)


def message_entry(row: SupportMessage) -> Entry:
    who = row.by_name if row.by_staff else "driver"
    return Entry(row.created_at, "message", row.pk, who, "answers the driver" if row.by_staff else "writes to us")


def history_entry(row: Any) -> Entry:
    """A version of a row that staff changed: HistoricalPriceBookVersion, HistoricalPriceRule."""
    who = row.history_user.get_username() if row.history_user else "nobody logged in"
    name = type(row.instance)._meta.verbose_name
    deed = {"+": "made", "~": "changed", "-": "deleted"}[row.history_type]
    before = row.prev_record if row.history_type == "~" else None
    note = "; ".join(_changes(before, row)) if before is not None else ""
    return Entry(row.history_date, row._meta.model_name, row.pk, who, f"{deed} {name} “{row.name}”", note=note)


def _changes(before: Any, after: Any) -> Iterator[str]:
    """`field: old → new` of what differs; simple_history's own comparison leaves out what no form edits."""
    for field in after.tracked_fields:
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            yield f"{field.name}: {_shown(old)} → {_shown(new)}"


def _shown(value: object) -> str:
    text = plain(value) if isinstance(value, Decimal) else str(value)
    return "nothing" if value in (None, "") else text[:80]


def staff_entry(row: LogEntry) -> Entry:
    what = f"{row.object_repr}: " if row.content_type and row.content_type.model not in SAID else ""
    return Entry(row.action_time, "staff", row.pk, row.user.get_username(), what + row.get_change_message())
