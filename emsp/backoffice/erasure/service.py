"""Finds all that is kept of one driver, tells what would go and what must stay, and takes it away."""

import uuid
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from beckn.actions.reading import contact_hashes
from beckn.models import Subscriber, SubscriberType, SupportRequest, Transaction
from beckn.services import erasure
from emsp.core.errors import DomainError
from ocpi.models import Authorization, Cdr, Session, Token
from sessions.models import Bill, Invoice, Order, Payment
from sessions.services import drivers
from sessions.states import OrderState

OVER = frozenset({OrderState.QUOTED, OrderState.BILLED, OrderState.CANCELLED, OrderState.FAILED, OrderState.EXPIRED})


class StillRunning(DomainError):
    """Something of the driver is not over: erasing it now would take a bill, or an answer, from them."""


@dataclass
class Traces:
    """All that is kept of one driver, as primary keys and rows. wishes: support requests with that contact.

    A contact in a support request may be somebody else's than the driver's: it leads to no orders.
    """

    orders: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    conversations: list[Transaction] = field(default_factory=list)
    wishes: list[int] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """Whether there is something to erase or to keep."""
        return bool(self.orders or self.tokens or self.conversations or self.wishes)


@dataclass(frozen=True)
class Report:
    """erased: rows by what they are, before they go. kept: the same of what the law wants kept, under a pseudonym."""

    erased: dict[str, int]
    kept: dict[str, int]

    def lines(self) -> list[str]:
        """For people, one line for each kind of row that there is."""
        return [
            f"{verb} {count} {what}"
            for verb, rows in (("erase", self.erased), ("keep", self.kept))
            for what, count in rows.items()
            if count
        ]


def traces_of(words: str) -> Traces:
    """By phone number, mail address, token uid or order reference, compared whole.

    From whatever is found to all of the same driver: the orders and tokens of that hash, and their conversations.
    """
    text = words.strip()[:255].replace("\x00", "")
    if not text:
        return Traces()
    hashes, uids = _hashes(text), {text, text.upper()}
    first = Order.objects.filter(Q(driver_hash__in=hashes) | Q(token__uid__in=uids) | Q(reference=_uuid(text)))
    known = {*first.values_list("driver_hash", flat=True), *hashes} - {""}
    tokens = Token.objects.filter(Q(driver_hash__in=known) | Q(uid__in=uids) | Q(pk__in=first.values("token")))
    rest = Order.objects.filter(Q(driver_hash__in=known) | Q(token__in=tokens))
    orders = sorted({*first.values_list("pk", flat=True), *rest.values_list("pk", flat=True)})
    return Traces(
        orders,
        sorted(tokens.values_list("pk", flat=True)),
        list(Transaction.objects.filter(order__in=orders).order_by("pk")),
        [wish.pk for wish in SupportRequest.objects.exclude(contact=None) if text in (wish.contact or {}).values()],
    )


def traces_in(conversation: Transaction) -> Traces:
    """Of the driver of a conversation; only the conversation itself where it led to no order."""
    if conversation.order is None:
        return Traces(conversations=[conversation])
    return traces_of(str(conversation.order.reference))


def report_of(traces: Traces) -> Report:
    """What erase takes away, and what it keeps."""
    orders = Order.objects.filter(pk__in=traces.orders)
    recognised = orders.exclude(driver_hash="").count()
    erased = erasure.found_in(traces.conversations, traces.orders, traces.wishes) | {
        "orders joined to the driver": recognised,
        "tokens that recognise the driver": Token.objects.filter(pk__in=traces.tokens, valid=True).count(),
        "authorizations": Authorization.objects.filter(token__in=traces.tokens).count(),
    }
    uids = Token.objects.filter(pk__in=traces.tokens).values("uid")
    kept = {
        "orders": len(traces.orders),
        "sessions of operators": Session.objects.filter(Q(order__in=orders) | Q(token_uid__in=uids)).count(),
        "CDRs": Cdr.objects.filter(Q(bill__order__in=orders) | Q(token_uid__in=uids)).count(),
        "bills": Bill.objects.filter(order__in=orders).count(),
        "invoices": Invoice.objects.filter(bill__order__in=orders).count(),
        "payments": Payment.objects.filter(order__in=orders).count(),
    }
    return Report(erased, kept)


@transaction.atomic
def erase(traces: Traces) -> Report:
    """Take it away, all or nothing; gives what it was. Raises StillRunning, and then nothing has changed."""
    report = report_of(traces)
    locked = Order.objects.select_for_update(no_key=True).filter(pk__in=traces.orders).order_by("pk")
    running = [str(order) for order in locked if order.state not in OVER]
    if running:
        raise StillRunning(f"not over yet: order {', '.join(running)}")
    if waiting := erasure.on_their_way(traces.conversations):
        raise StillRunning(f"{waiting} messages about it are still on their way; try again later")
    erasure.forget(traces.conversations, traces.orders, traces.wishes)
    drivers.forget(traces.orders, traces.tokens)
    return report


def _hashes(text: str) -> set[str]:
    apps = Subscriber.objects.filter(type=SubscriberType.BAP).values_list("subscriber_id", flat=True)
    sold = Order.objects.values_list("sold_through", flat=True)
    spellings = {text, f"+{text}"} if text[:1].isdecimal() else {text}
    return {
        found for app in {*apps.distinct(), *sold.order_by().distinct()}
        for spelling in spellings for found in contact_hashes(app, spelling)
    }  # fmt: skip


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
