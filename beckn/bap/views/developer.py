"""Raw messages of the driver's own transactions, for people who build or connect software."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from beckn.bap import drivers
from beckn.bap.models import Direction, Message
from emsp.core.wire import WireError, encode, load_json

TRANSACTIONS = 10
INDENT = 2


@dataclass
class Said:
    """One message: its row, its body laid out, and the time since the request left."""

    row: Message
    body: str
    after_ms: int | None = None


@dataclass
class Exchange:
    """A request with its callbacks; request is None for callbacks nobody asked for."""

    request: Said | None
    reply: str = ""
    ack_ms: int | None = None
    callbacks: list[Said] = field(default_factory=list)


@dataclass
class Conversation:
    """All of one transaction, in order."""

    transaction_id: str
    began_at: datetime
    exchanges: list[Exchange] = field(default_factory=list)


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """The newest transactions with every message pair; `?transaction=` shows one."""
    driver = drivers.current(request)
    rows = Message.objects.filter(driver=driver).order_by("created_at") if driver else Message.objects.none()
    wanted = request.GET.get("transaction", "")
    if wanted:
        rows = rows.filter(transaction_id=wanted)
    newest = list(dict.fromkeys(rows.order_by("-created_at").values_list("transaction_id", flat=True)))
    shown = newest[:TRANSACTIONS]
    conversations = [
        _conversation(transaction_id, list(rows.filter(transaction_id=transaction_id)))
        for transaction_id in shown
    ]
    context = {"conversations": conversations, "wanted": wanted, "more": len(newest) - len(shown)}
    return render(request, "bap/messages.html", context)


def _conversation(transaction_id: str, rows: list[Message]) -> Conversation:
    conversation = Conversation(transaction_id, rows[0].created_at)
    asked: dict[str, Exchange] = {}
    for row in rows:
        if row.direction == Direction.SENT:
            exchange = Exchange(
                Said(row, laid_out(row.body)), laid_out(row.reply), _ms(row.tried_at, row.acked_at)
            )
            asked[row.message_id] = exchange
            conversation.exchanges.append(exchange)
            continue
        exchange = asked.get(row.message_id) or Exchange(None)
        if exchange.request is None:
            conversation.exchanges.append(exchange)
        since = exchange.request.row.created_at if exchange.request else None
        exchange.callbacks.append(Said(row, laid_out(row.body), _ms(since, row.created_at)))
    return conversation


def laid_out(raw: str) -> str:
    """JSON with line breaks and indents, every digit kept; anything else as it is."""
    try:
        return msgspec.json.format(encode(load_json(raw.encode())), indent=INDENT).decode()
    except WireError:
        return raw


def _ms(start: datetime | None, end: datetime | None) -> int | None:
    return round((end - start).total_seconds() * 1000) if start and end else None
