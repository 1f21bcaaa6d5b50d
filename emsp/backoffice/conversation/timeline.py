"""Everything that belongs to one conversation, as entries in the order in which it happened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from beckn.models import Callback, Rating, Request, SupportRequest, Transaction
from ocpi.models import Cdr, Command, ParkedObject, Session
from sessions.models import (
    Bill,
    CdrAudit,
    CdrDecision,
    Invoice,
    JournalEntry,
    MissingCdr,
    Order,
    OrderEvent,
    Payment,
    PaymentNotice,
    Quote,
    Refund,
)

Rows = Iterable[Any]


@dataclass(frozen=True)
class Entry:
    """One thing that happened. kind and pk name its row; who: the two ends, or the one who acted.

    tone: good, waiting, bad or empty. latency_ms: of the answer to it. note: what one wants to know unopened.
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


@dataclass(frozen=True)
class Subject:
    """A conversation with the orders that it was about, the newest first, and their rows at the operator."""

    conversation: Transaction
    orders: list[Order]

    @classmethod
    def of(cls, conversation: Transaction) -> "Subject":
        mine = {"bap_id": conversation.bap_id, "transaction_id": conversation.transaction_id}
        named = Request.objects.filter(**mine, order__isnull=False).order_by().values_list("order", flat=True)
        found = {*named, *([conversation.order_id] if conversation.order_id else [])}
        orders = Order.objects.filter(pk__in=found).select_related(
            "session", "party__connection", "offer__evse", "token"
        )
        return cls(conversation, list(orders))

    @property
    def messages(self) -> Q:
        """Of its requests and callbacks, also those about its orders under other transaction ids."""
        mine = Q(bap_id=self.conversation.bap_id, transaction_id=self.conversation.transaction_id)
        return mine | Q(order__in=self.orders) if self.orders else mine

    @property
    def references(self) -> list[str]:
        """The public ids of the orders."""
        return [str(order.reference) for order in self.orders]

    def sessions(self) -> QuerySet[Session]:
        """Sessions of the orders."""
        held = [order.session_id for order in self.orders if order.session_id]
        return Session.objects.filter(Q(pk__in=held) | Q(authorization_reference__in=self.references))

    def cdrs(self) -> QuerySet[Cdr]:
        """CDRs of the orders, by their own word or by that of their session."""
        found = Q(authorization_reference__in=self.references) | Q(bill__order__in=self.orders)
        for order in self.orders:
            if order.session is not None:
                found |= Q(session_id=order.session.ocpi_id, party=order.party_id)
        return Cdr.objects.filter(found)

    def parked(self) -> QuerySet[ParkedObject]:
        """Sessions and CDRs of the orders that could not be stored."""
        found = Q(pk__in=[])
        for order in self.orders:
            if order.session is not None:
                ids = [order.session.ocpi_id, *self.cdrs().values_list("ocpi_id", flat=True)]
                found |= Q(
                    connection=order.party.connection_id, module__in=("sessions", "cdrs"), ocpi_id__in=ids
                )
        return ParkedObject.objects.filter(found)

    def staff(self) -> QuerySet[LogEntry]:
        """What staff did to the conversation, its orders and its callbacks."""
        callbacks = Callback.objects.filter(self.messages).values_list("pk", flat=True)
        chosen = (
            (Transaction, [self.conversation.pk]), (Order, [order.pk for order in self.orders]), (Callback, callbacks)
        )  # fmt: skip
        found = Q(pk__in=[])
        for model, keys in chosen:
            found |= Q(
                content_type=ContentType.objects.get_for_model(model),
                object_id__in=[str(key) for key in keys],
            )
        return LogEntry.objects.filter(found)


@dataclass(frozen=True)
class Kind:
    """A kind of rows on the timeline: its query for a subject, and the entry of one of its rows."""

    model: type[Model]
    rows: Callable[[Subject], "QuerySet[Any]"]
    entry: Callable[[Any], Entry]

    @property
    def permission(self) -> str:
        """Who may see rows of this kind."""
        return f"{self.model._meta.app_label}.view_{self.model._meta.model_name}"


def entries_of(subject: Subject, may: Callable[[str], bool]) -> list[Entry]:
    """All entries that one may see, the oldest first. may: tells if one has a permission."""
    found = [kind.entry(row) for kind in KINDS.values() if may(kind.permission) for row in kind.rows(subject)]
    return sorted(found, key=lambda entry: (entry.at, ORDER[entry.kind], entry.pk))


def row_of(subject: Subject, name: str, pk: int, may: Callable[[str], bool]) -> Any | None:
    """One row of the timeline, whole; None when it is not on it, or one may not see it."""
    kind = KINDS.get(name)
    if kind is None or not may(kind.permission):
        return None
    return kind.rows(subject).defer(None).filter(pk=pk).first()


def _ms(begin: datetime, end: datetime | None) -> int | None:
    return None if end is None else max(round((end - begin).total_seconds() * 1000), 0)


def _request(row: Request) -> Entry:
    answer = next(iter(row.callbacks.all()), None)  # type: ignore[attr-defined]
    delivered_at = answer.sent_at if answer is not None and answer.state == "DELIVERED" else None
    tone = "good" if row.state == "ANSWERED" else "waiting"
    note = "" if delivered_at else "no answer was delivered yet"
    return Entry(row.received_at, "request", row.pk, "app → us", row.action, row.state, tone,
                 _ms(row.received_at, delivered_at), note)  # fmt: skip


def _callback(row: Callback) -> Entry:
    tone = {"DELIVERED": "good", "PENDING": "waiting", "DEAD": "bad", "REFUSED": "bad"}.get(row.state, "")
    told = f"tells error {row.error_code}" if row.error_code else ""
    tries = f"{row.attempts} attempts" if row.attempts > 1 else ""
    note = "; ".join(filter(None, (told, row.last_error, tries)))
    return Entry(row.created_at, "callback", row.pk, "us → app", row.action, row.state, tone,
                 _ms(row.created_at, row.sent_at), note, row.state != "PENDING")  # fmt: skip


def _command(row: Command) -> Entry:
    tone = {"SUCCEEDED": "good", "FAILED": "bad", "TIMED_OUT": "bad", "TAKEN_BACK": "bad"}.get(
        row.state, "waiting"
    )
    words = (row.response and f"response {row.response}", row.result and f"result {row.result}", row.message)
    return Entry(row.created_at, "command", row.pk, "us → operator", row.kind, row.state, tone,
                 _ms(row.created_at, row.finished_at), "; ".join(filter(None, words)))  # fmt: skip


def _event(row: OrderEvent) -> Entry:
    tone = {"BILLED": "good", "FAILED": "bad", "CANCELLED": "bad", "EXPIRED": "bad"}.get(row.to_state, "")
    return Entry(
        row.at, "event", row.pk, "order", f"{row.from_state} → {row.to_state}", "", tone, note=row.reason
    )


def _quote(row: Quote) -> Entry:
    return Entry(row.created_at, "quote", row.pk, "order", f"price: {row.get_kind_display()}",
                 note=f"{row.total} {row.currency} for {row.energy_kwh.normalize():f} kWh")  # fmt: skip


def _session(row: Session) -> Entry:
    tone = (
        "bad"
        if row.quarantine or row.status == "INVALID"
        else "good"
        if row.status == "COMPLETED"
        else "waiting"
    )
    periods = len(row.raw.get("charging_periods") or [])
    note = (
        f"{row.energy_kwh.normalize():f} kWh in {periods} period{'' if periods == 1 else 's'}; newest state"
    )
    return Entry(row.received_at, "session", row.pk, "operator → us", f"session {row.ocpi_id}", row.status, tone,
                 note="; ".join(filter(None, (note, row.quarantine))))  # fmt: skip


def _cdr(row: Cdr) -> Entry:
    total = row.total_cost_excl_vat if row.total_cost_incl_vat is None else row.total_cost_incl_vat
    note = f"{row.total_energy_kwh.normalize():f} kWh, {total.normalize():f} {row.currency}"
    return Entry(row.received_at, "cdr", row.pk, "operator → us", f"{'credit ' if row.credit else ''}CDR {row.ocpi_id}",
                 "", "bad" if row.quarantine else "", note="; ".join(filter(None, (note, row.quarantine))))  # fmt: skip


def _parked(row: ParkedObject) -> Entry:
    tone = "" if row.resolved_at else "bad"
    return Entry(row.last_seen_at, "parked", row.pk, "operator → us", f"{row.module} {row.ocpi_id} could not be stored",
                 "resolved" if row.resolved_at else "parked", tone, note=row.reason)  # fmt: skip


def _audit(row: CdrAudit) -> Entry:
    tone = {"ACCEPT": "good", "CONTEST": "waiting", "HOLD": "bad"}[row.verdict]
    first = str(row.findings[0]["sentence"]) if row.findings else ""
    return Entry(row.created_at, "audit", row.pk, "us", "CDR audited", row.verdict, tone, note=first)


def _decision(row: CdrDecision) -> Entry:
    return Entry(
        row.at, "decision", row.pk, row.by_name, f"CDR {row.get_decision_display()}", note=row.reason
    )


def _missing(row: MissingCdr) -> Entry:
    state = "settled" if row.settled_at else "raised" if row.raised_at else "asked for"
    tone = "good" if row.settled_at else "bad" if row.raised_at else "waiting"
    return Entry(row.asked_at, "missing", row.pk, "us → operator", "the CDR is missing", state, tone)


def _bill(row: Bill) -> Entry:
    tone, note = ("bad", row.held) if row.held else ("waiting", row.dispute) if row.dispute else ("good", "")
    return Entry(row.created_at, "bill", row.pk, "order", f"bill {row.quote.total} {row.quote.currency}",
                 "held" if row.held else "", tone, note=note)  # fmt: skip


def _invoice(row: Invoice) -> Entry:
    return Entry(row.issued_at, "invoice", row.pk, "us", f"{row.get_kind_display()} {row.number}",
                 note=f"{row.total} {row.currency}")  # fmt: skip


def _booking(row: JournalEntry) -> Entry:
    sides = ", ".join(f"{posting.account} {posting.amount}" for posting in row.postings.all())
    return Entry(row.created_at, "booking", row.pk, "ledger", row.text, note=sides)


def _payment(row: Payment) -> Entry:
    tone = {"PAID": "good", "FAILED": "bad", "CREATED": "waiting"}.get(row.state, "")
    return Entry(row.created_at, "payment", row.pk, "driver → us", f"payment {row.amount} {row.currency}", row.state,
                 tone, _ms(row.created_at, row.paid_at), row.failure)  # fmt: skip


def _notice(row: PaymentNotice) -> Entry:
    return Entry(row.received_at, "notice", row.pk, "gateway → us", f"notice {row.status}", note=row.effect)


def _refund(row: Refund) -> Entry:
    tone = {"DONE": "good", "REFUSED": "bad"}.get(row.state, "waiting")
    note = "; ".join(filter(None, (row.reason, row.last_error)))
    return Entry(row.created_at, "refund", row.pk, "us → gateway", f"refund {row.amount} {row.payment.currency}",
                 row.state, tone, _ms(row.created_at, row.done_at), note)  # fmt: skip


def _rating(row: Rating) -> Entry:
    return Entry(row.created_at, "rating", row.pk, "driver", f"rating of {row.category}: {row.value}")


def _support(row: SupportRequest) -> Entry:
    state, tone = ("resolved", "good") if row.resolved_at else ("open", "waiting")
    return Entry(row.created_at, "support", row.pk, "driver", "wants to hear from us", state, tone)


def _staff(row: LogEntry) -> Entry:
    return Entry(row.action_time, "staff", row.pk, row.user.get_username(), row.get_change_message())


KINDS: dict[str, Kind] = {
    "request": Kind(Request, lambda s: Request.objects.filter(s.messages).defer("body").prefetch_related("callbacks"),
                    _request),
    "event": Kind(OrderEvent, lambda s: OrderEvent.objects.filter(order__in=s.orders), _event),
    "quote": Kind(Quote, lambda s: Quote.objects.filter(order__in=s.orders).exclude(bill__isnull=False), _quote),
    "command": Kind(Command, lambda s: Command.objects.filter(order_reference__in=s.references), _command),
    "session": Kind(Session, Subject.sessions, _session),
    "cdr": Kind(Cdr, Subject.cdrs, _cdr),
    "parked": Kind(ParkedObject, Subject.parked, _parked),
    "audit": Kind(CdrAudit, lambda s: CdrAudit.objects.filter(order__in=s.orders), _audit),
    "decision": Kind(CdrDecision, lambda s: CdrDecision.objects.filter(audit__order__in=s.orders), _decision),
    "missing": Kind(MissingCdr, lambda s: MissingCdr.objects.filter(order__in=s.orders), _missing),
    "bill": Kind(Bill, lambda s: Bill.objects.filter(order__in=s.orders).select_related("quote"), _bill),
    "invoice": Kind(Invoice, lambda s: Invoice.objects.filter(bill__order__in=s.orders), _invoice),
    "booking": Kind(JournalEntry, lambda s: JournalEntry.objects.filter(order__in=s.orders).prefetch_related("postings"),
                    _booking),
    "payment": Kind(Payment, lambda s: Payment.objects.filter(order__in=s.orders), _payment),
    "notice": Kind(PaymentNotice, lambda s: PaymentNotice.objects.filter(payment__order__in=s.orders), _notice),
    "refund": Kind(Refund, lambda s: Refund.objects.filter(payment__order__in=s.orders).select_related("payment"),
                   _refund),
    "callback": Kind(Callback, lambda s: Callback.objects.filter(s.messages).defer("body"), _callback),
    "rating": Kind(Rating, lambda s: Rating.objects.filter(order__in=s.orders), _rating),
    "support": Kind(SupportRequest, lambda s: SupportRequest.objects.filter(order__in=s.orders), _support),
    "staff": Kind(LogEntry, lambda s: s.staff().select_related("user"), _staff),
}  # fmt: skip
ORDER = {name: number for number, name in enumerate(KINDS)}
