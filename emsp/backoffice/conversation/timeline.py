"""Everything that belongs to one conversation, as entries in the order in which it happened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Prefetch, Q, QuerySet

from beckn.models import Callback, Rating, Request, SupportMessage, SupportRequest, Transaction
from catalog.models import PriceBookVersion, PriceRule
from emsp.backoffice.conversation import entries
from emsp.backoffice.conversation.entries import Entry
from emsp.backoffice.models import Case
from ocpi.models import Cdr, Command, ParkedObject, Session, SessionUpdate, Token
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
        billed = Bill.objects.filter(order__in=self.orders, cdr__isnull=False).values_list("cdr", flat=True)
        found = Q(authorization_reference__in=self.references) | Q(pk__in=list(billed))
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

    def updates(self) -> QuerySet[SessionUpdate]:
        """What each news of the sessions said."""
        return SessionUpdate.objects.filter(session__in=self.sessions()).select_related("session")

    def rules(self) -> list[dict[str, Any]]:
        """The price rules of the orders' quotes, as these keep them."""
        quoted = Quote.objects.filter(order__in=self.orders, rule__isnull=False)
        return [rule for rule in quoted.values_list("rule", flat=True) if rule]

    def book_history(self) -> QuerySet[Any]:
        """What staff did to the price books that were quoted by."""
        numbers = {rule["version"] for rule in self.rules()}
        books = PriceBookVersion.objects.filter(number__in=numbers).values_list("pk", flat=True)
        return PriceBookVersion.history.filter(id__in=list(books)).select_related("history_user")  # type: ignore[attr-defined,no-any-return]

    def rule_history(self) -> QuerySet[Any]:
        """What staff did to the price rules that were quoted by."""
        ids = {rule["rule_id"] for rule in self.rules() if rule["rule_id"]}
        return PriceRule.history.filter(id__in=ids).select_related("history_user")  # type: ignore[attr-defined,no-any-return]

    def staff(self) -> QuerySet[LogEntry]:
        """What staff did to the conversation, its callbacks, its orders and what belongs to them."""
        mine = {"order__in": self.orders}
        chosen: dict[type[Model], Iterable[int]] = {
            Transaction: [self.conversation.pk],
            Order: [order.pk for order in self.orders],
            Token: [order.token_id for order in self.orders if order.token_id],
        }
        rows: list[QuerySet[Any]] = [
            Callback.objects.filter(self.messages), CdrAudit.objects.filter(**mine), Case.objects.filter(**mine),
            SupportRequest.objects.filter(**mine), Refund.objects.filter(payment__order__in=self.orders),
        ]  # fmt: skip
        chosen |= {query.model: query.order_by().values_list("pk", flat=True) for query in rows}
        found = Q(pk__in=[])
        for model, keys in chosen.items():
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


ANSWERS = Prefetch("callbacks", Callback.objects.defer("body"))

KINDS: dict[str, Kind] = {
    "request": Kind(Request, lambda s: Request.objects.filter(s.messages).defer("body").prefetch_related(ANSWERS),
                    entries.request_entry),
    "event": Kind(OrderEvent, lambda s: OrderEvent.objects.filter(order__in=s.orders), entries.event_entry),
    "quote": Kind(Quote, lambda s: Quote.objects.filter(order__in=s.orders).exclude(bill__isnull=False),
                  entries.quote_entry),
    "command": Kind(Command, lambda s: Command.objects.filter(order_reference__in=s.references), entries.command_entry),
    "session": Kind(Session, Subject.sessions, entries.session_entry),
    "update": Kind(SessionUpdate, Subject.updates, entries.update_entry),
    "cdr": Kind(Cdr, Subject.cdrs, entries.cdr_entry),
    "parked": Kind(ParkedObject, Subject.parked, entries.parked_entry),
    "audit": Kind(CdrAudit, lambda s: CdrAudit.objects.filter(order__in=s.orders), entries.audit_entry),
    "decision": Kind(CdrDecision, lambda s: CdrDecision.objects.filter(audit__order__in=s.orders), entries.decision_entry),
    "missing": Kind(MissingCdr, lambda s: MissingCdr.objects.filter(order__in=s.orders), entries.missing_entry),
    "bill": Kind(Bill, lambda s: Bill.objects.filter(order__in=s.orders).select_related("quote"), entries.bill_entry),
    "invoice": Kind(Invoice, lambda s: Invoice.objects.filter(bill__order__in=s.orders), entries.invoice_entry),
    "booking": Kind(JournalEntry, lambda s: JournalEntry.objects.filter(order__in=s.orders).prefetch_related("postings"),
                    entries.booking_entry),
    "payment": Kind(Payment, lambda s: Payment.objects.filter(order__in=s.orders), entries.payment_entry),
    "notice": Kind(PaymentNotice, lambda s: PaymentNotice.objects.filter(payment__order__in=s.orders), entries.notice_entry),
    "refund": Kind(Refund, lambda s: Refund.objects.filter(payment__order__in=s.orders).select_related("payment"),
                   entries.refund_entry),
    "callback": Kind(Callback, lambda s: Callback.objects.filter(s.messages).defer("body"), entries.callback_entry),
    "rating": Kind(Rating, lambda s: Rating.objects.filter(order__in=s.orders), entries.rating_entry),
    "message": Kind(SupportMessage, lambda s: SupportMessage.objects.filter(request__order__in=s.orders).defer("text"),
                    entries.message_entry),
    "support": Kind(SupportRequest, lambda s: SupportRequest.objects.filter(order__in=s.orders), entries.support_entry),
    "historicalpricebookversion": Kind(PriceBookVersion.history.model, Subject.book_history, entries.history_entry),  # type: ignore[attr-defined]
    "historicalpricerule": Kind(PriceRule.history.model, Subject.rule_history, entries.history_entry),  # type: ignore[attr-defined]
    "staff": Kind(LogEntry, lambda s: s.staff().select_related("user", "content_type"), entries.staff_entry),
}  # fmt: skip
ORDER = {name: number for number, name in enumerate(KINDS)}
