"""The outbox: an on_* message is a row, written in the transaction of what it tells, and sent after commit."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from beckn import tasks
from beckn.models import Callback, CallbackState, Request, Transaction
from beckn.wire.v1_1_0 import echoed
from beckn.wire.v1_1_0.moments import duration_of
from emsp.core.correlation import note
from emsp.core.sql import for_each
from emsp.core.wakeup import wake
from emsp.core.wire import encode, moment_text
from sessions.models import Order

OUR_TTL = "PT30S"
DEFAULT_TTL = timedelta(seconds=30)
PROMISED = timedelta(hours=24)  # the app pays or waits for it: answers about an order, final bill, cancel
NEWS = timedelta(hours=1)
ANSWER = timedelta(minutes=10)
ORDER_ANSWERS = frozenset({"on_init", "on_confirm", "on_update", "on_cancel"})
REPEAT_AFTER = timedelta(seconds=5)
FIELDS = [field for field in Callback._meta.concrete_fields if not field.primary_key]
COLUMNS, VALUES = ", ".join(field.attname for field in FIELDS), ", ".join(f"%({field.attname})s" for field in FIELDS)
INSERT = f"insert into beckn_callback ({COLUMNS}) values ({VALUES}) returning id"
CLOSE = f"""
    with answered as (
        update beckn_request set state = 'ANSWERED', answered_at = %(created_at)s, leased_until = null
        where id = %(request_id)s and state <> 'ANSWERED' returning id
    )
    insert into beckn_callback ({COLUMNS}) select {VALUES} from answered returning id
"""


def queue(
    *,
    transaction: Transaction,
    action: str,
    message: Any,
    error: dict[str, Any] | None = None,
    request: Request | None = None,
    order: Order | None = None,
    superseding: bool = False,
    lasting: bool = False,
) -> Callback:
    """Write a callback into the outbox, and wake the sender after commit.

    action: the callback's, as on_search. request: what it answers; its ids and context are echoed. Without one
    it is news: an own message_id, the context of the conversation.
    order: callbacks of one order leave in order. superseding: news of progress; older news of it that was not
    sent yet is dropped. lasting: tried for 24 h; a final bill or a cancellation drops that news too.
    Source: beckn.md a.2, e.4; design.md §8, retry of a callback.
    """
    note(transaction_id=transaction.transaction_id)
    if order is not None and (superseding or (lasting and request is None)):
        outdated = Callback.objects.filter(order=order, superseded_by_newer=True, state=CallbackState.PENDING)
        outdated.update(state=CallbackState.SUPERSEDED)
    made = written(transaction, action, message, error=error, request=request, order=order, lasting=lasting)
    made.superseded_by_newer = superseding
    _insert([made], INSERT)
    wake(tasks.deliver_callbacks)
    return made


def answer(answers: Sequence[Callback], *, leased_until: datetime) -> list[Callback]:
    """Close requests that changed nothing, each with its callback, in one commit. Gives the callbacks that were kept:
    not those whose request was closed already.

    leased_until: until when who calls this may send them, before anybody else does.
    """
    for made in answers:
        made.leased_until = leased_until
    _insert(answers, CLOSE)
    return [made for made in answers if made.pk is not None]


def written(
    transaction: Transaction,
    action: str,
    message: Any,
    *,
    error: dict[str, Any] | None = None,
    request: Request | None = None,
    order: Order | None = None,
    lasting: bool = False,
) -> Callback:
    """A callback as queue() describes it, not kept yet."""
    now = timezone.now()
    context = _context(transaction, action, request, now)
    body: dict[str, Any] = {"context": context}
    body |= {"message": message} if message is not None else {}
    body |= {"error": error} if error is not None else {}
    return Callback(
        request=request,
        order=order,
        bap_id=transaction.bap_id,
        transaction_id=transaction.transaction_id,
        message_id=context["message_id"],
        action=action,
        url=f"{str(context['bap_uri']).rstrip('/')}/{action}",
        body=encode(body),
        sequence_key=str(order.reference) if order is not None else "",
        error_code=str((error or {}).get("code", ""))[:20],
        due_at=now,
        expires_at=now + _lifetime(action, context, request, lasting=lasting),
        created_at=now,
    )


def _insert(callbacks: Sequence[Callback], statement: str) -> None:
    """Keep callbacks; as a hand-written statement, because a catalogue is large."""
    rows = [{field.attname: _stored(field, made) for field in FIELDS} for made in callbacks]
    for made, kept in zip(callbacks, for_each(statement, rows), strict=True):
        made.pk, made._state.adding = (kept[0] if kept else None), False


def _stored(field: Any, made: Callback) -> Any:
    value = getattr(made, field.attname)
    return None if value is None else field.get_db_prep_save(value, connection)


def repeat(request: Request) -> int:
    """Send the answer to a request again, when it left more than 5 s ago. Returns the number of callbacks.

    For an app that asks the same again: its first answer may have been lost (beckn.md a.2). What is on its way
    is left alone, and what the app refused stays refused.
    """
    long_ago = Q(sent_at__isnull=True) | Q(sent_at__lt=timezone.now() - REPEAT_AFTER)
    ended = Callback.objects.filter(request=request, state__in=(CallbackState.DELIVERED, CallbackState.DEAD))
    return _due_now(ended.filter(long_ago).values_list("pk", flat=True), ANSWER)


def send_again(callback: Callback) -> bool:
    """Put an ended callback back into the outbox, for staff. False when it is on its way anyway."""
    ended = Callback.objects.exclude(state=CallbackState.PENDING).filter(pk=callback.pk)
    return bool(_due_now(ended.values_list("pk", flat=True), NEWS))


def _due_now(chosen: Any, lifetime: timedelta) -> int:
    now = timezone.now()
    count = Callback.objects.filter(pk__in=list(chosen)).exclude(state=CallbackState.PENDING).update(
        state=CallbackState.PENDING, due_at=now, leased_until=None, attempts=0, expires_at=now + lifetime
    )
    if count:
        wake(tasks.deliver_callbacks)
    return count


def _context(transaction: Transaction, action: str, request: Request | None, now: datetime) -> dict[str, Any]:
    """Echo of the request's context, or that of the conversation with a message_id of its own (beckn.md a.2)."""
    source = request.body["context"] if request is not None else transaction.context
    ttl = source.get("ttl") if request is not None else OUR_TTL
    return echoed(source) | {
        "action": action,
        "bpp_id": settings.BECKN_SUBSCRIBER_ID,
        "bpp_uri": settings.BECKN_URI,
        "transaction_id": transaction.transaction_id,
        "message_id": request.message_id if request is not None else str(uuid.uuid4()),
        "timestamp": moment_text(now, milliseconds=True),
    } | ({"ttl": ttl} if ttl is not None else {})


def _lifetime(action: str, context: dict[str, Any], request: Request | None, *, lasting: bool) -> timedelta:
    """How long it is worth sending."""
    if lasting or (request is not None and action in ORDER_ANSWERS):
        return PROMISED
    if request is None:
        return NEWS
    asked = duration_of(context.get("ttl"), "context.ttl") or DEFAULT_TTL
    return min(max(asked, ANSWER), PROMISED)
