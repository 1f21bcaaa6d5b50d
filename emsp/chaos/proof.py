"""The proof: what the app received, what the CPO lists, and what our tables hold, laid side by side."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Sum

from beckn.models import Callback, CallbackState, Request, RequestState
from beckn.walk.conversation import Conversation
from beckn.wire.v1_1_0 import callback_action
from emsp.core.wire import encode
from ocpi.client import OcpiClient
from ocpi.models import Cdr, Command, Connection, ConnectionStatus, Session
from ocpi.models.command import FINAL_STATES
from sessions.models import Bill, Order, Posting
from sessions.states import OVER, OrderState

FINISHED = "COMPLETED"


@dataclass
class Finding:
    """One promise: how many cases were looked at, and the ids of those that break it."""

    promise: str
    looked_at: int
    broken: list[str] = field(default_factory=list)


def open_work(app_id: str) -> int:
    """What is still under way for this app: requests, callbacks, commands, orders."""
    counts: list[int] = [
        Request.objects.filter(bap_id=app_id).exclude(state=RequestState.ANSWERED).count(),
        Callback.objects.filter(bap_id=app_id, state=CallbackState.PENDING).count(),
        _commands(app_id).exclude(state__in=FINAL_STATES).count(),
        _orders(app_id).exclude(state__in=OVER | _IDLE).count(),
    ]
    return sum(counts)


def prove(app_id: str, conversations: Iterable[Conversation], *, since: datetime) -> list[Finding]:
    """All promises, for the orders and requests of this app. Reads the CPOs' own lists over OCPI.

    since: when the load began, for those lists.
    Raises PeerError when a CPO does not give its list.
    """
    references = {str(value) for value in _orders(app_id).values_list("reference", flat=True)}
    listed = {module: list(_listed(module, since)) for module in ("sessions", "cdrs")}
    ours = {
        module: [row for row in rows if row.get("authorization_reference") in references]
        for module, rows in listed.items()
    }
    return [
        *_answers(conversations),
        _started_once(ours["sessions"]),
        _mirrored("sessions", ours["sessions"]),
        _mirrored("cdrs", ours["cdrs"]),
        _billed(app_id, ours["sessions"]),
        _balanced(),
        _nothing_stuck(app_id),
        _no_orphans(references),
    ]


# Waiting for the driver, within their time limits: nothing of ours is under way.
_IDLE = frozenset({OrderState.QUOTED, OrderState.AGREED, OrderState.RESERVED})


def _orders(app_id: str) -> Any:
    return Order.objects.filter(sold_through=app_id)


def _commands(app_id: str) -> Any:
    references = [str(value) for value in _orders(app_id).values_list("reference", flat=True)]
    return Command.objects.filter(order_reference__in=references)


def _listed(module: str, since: datetime) -> Iterable[dict[str, Any]]:
    for connection in Connection.objects.filter(status=ConnectionStatus.REGISTERED):
        for page in OcpiClient(connection, insist=True).pages(module, since):
            yield from page.objects


def _answers(conversations: Iterable[Conversation]) -> list[Finding]:
    """Each acknowledged request: answered, by one content. The same content again is a repeat, not a second answer."""
    once = Finding("each acknowledged request has its callback", 0)
    same = Finding("and no second one that says something else", 0)
    for conversation in conversations:
        contents: dict[tuple[str, str], set[str]] = defaultdict(set)
        for callback in conversation.received():
            key = callback.action, callback.body["context"]["message_id"]
            contents[key].add(hashlib.sha256(encode(callback.body.get("message") or {})).hexdigest())
        for asked in conversation.asked:
            found = contents[(callback_action(asked.action), asked.message_id)]
            once.looked_at += 1
            same.looked_at += 1
            if not found:
                once.broken.append(f"{asked.action} {asked.message_id}")
            if len(found) > 1:
                same.broken.append(f"{asked.action} {asked.message_id}")
    return [once, same]


def _started_once(sessions: list[dict[str, Any]]) -> Finding:
    counted = Counter(row["authorization_reference"] for row in sessions)
    twice = [reference for reference, count in counted.items() if count > 1]
    return Finding("the CPO has at most one session for an order", len(counted), twice)


def _mirrored(module: str, rows: list[dict[str, Any]]) -> Finding:
    model: Any = {"sessions": Session, "cdrs": Cdr}[module]
    here = set(model.objects.values_list("key", flat=True))
    missing = [row["id"] for row in rows if row["id"].casefold() not in here]
    return Finding(f"each of the CPO's {module} is in the mirror", len(rows), missing)


def _billed(app_id: str, sessions: list[dict[str, Any]]) -> Finding:
    ended = [row["authorization_reference"] for row in sessions if row.get("status") == FINISHED]
    bills = Bill.objects.filter(order__sold_through=app_id).values_list("order__reference", flat=True)
    billed = {str(reference) for reference in bills}
    return Finding("each session that ended has its bill", len(ended), [r for r in ended if r not in billed])


def _balanced() -> Finding:
    sums = Posting.objects.values("entry", "currency").order_by().annotate(total=Sum("amount"))
    wrong = [str(row["entry"]) for row in sums.exclude(total=0)]
    return Finding("each entry of the ledger balances", sums.count(), wrong)


def _nothing_stuck(app_id: str) -> Finding:
    finding = Finding("no request, callback, command or order is stuck", 0)
    kept: list[tuple[str, Any, dict[str, Any]]] = [
        ("request", Request.objects.filter(bap_id=app_id), {"state": RequestState.ANSWERED}),
        ("callback", Callback.objects.filter(bap_id=app_id), {"state__in": _SETTLED}),
        ("command", _commands(app_id), {"state__in": FINAL_STATES}),
        ("order", _orders(app_id), {"state__in": OVER | _IDLE}),
    ]
    for name, rows, done in kept:
        finding.looked_at += rows.count()
        finding.broken += [f"{name} {pk}" for pk in rows.exclude(**done).values_list("pk", flat=True)]
    return finding


_SETTLED = frozenset({CallbackState.DELIVERED, CallbackState.SUPERSEDED})


def _no_orphans(references: set[str]) -> Finding:
    """Sessions and bills whose order, or whose CDR's order, is not the one that they name.

    A session that only reserves belongs to no order yet: the charge may come, or not.
    """
    sessions = Session.objects.filter(authorization_reference__in=references).exclude(status="RESERVATION")
    orders = Order.objects.filter(reference__in=references)
    states = {str(reference): state for reference, state in orders.values_list("reference", "state")}
    lost = [
        f"session {row.ocpi_id} ({row.status}), "
        f"order {row.authorization_reference} ({states[row.authorization_reference]})"
        for row in sessions.filter(order__isnull=True)
    ]
    crossed = Bill.objects.filter(cdr__isnull=False, order__reference__in=references).exclude(
        cdr__session_id=F("order__session__ocpi_id")
    )
    broken = [*lost, *(f"bill {pk}" for pk in crossed.values_list("pk", flat=True))]
    return Finding("no session and no CDR hangs at no order, or at another", sessions.count(), broken)
