"""The inbox: every request is kept before it is acknowledged, and handled once, in order, by a worker."""

import logging
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Greatest
from django.db.transaction import atomic
from django.utils import timezone

from beckn import actions, reading, signing, tasks
from beckn.models import Callback, Request, RequestState, Subscriber, Transaction
from beckn.services import callbacks, delivery
from beckn.services.screening import screen
from beckn.wire.v1_1_0 import echoed
from emsp.core.correlation import about, note
from emsp.core.errors import DomainError
from emsp.core.sql import NOT_WAITED_FOR, binary_cursor
from emsp.core.wakeup import wake_resident

log = logging.getLogger(__name__)

CLAIMED = ["id", "bap_id", "message_id", "action", "transaction_id", "body", "received_at"]
LEASE = timedelta(seconds=10)  # handling takes no I/O; a killed worker delays a request by this much at most
BATCH = 5  # few, so that what came at once is shared among the threads
ATTEMPTS = 5
WISH_LIMIT = 32  # characters

# One statement, one round trip: the request, and with it the conversation it belongs to. A conversation keeps
# the context of its newest request; news without a request is sent there.
KEEP = """
    with fresh as (
        insert into beckn_request (bap_id, message_id, action, wish, digest, transaction_id, body, state,
                                   due_at, attempts, received_at)
        values (%(bap_id)s, %(message_id)s, %(action)s, %(wish)s, %(digest)s, %(transaction_id)s, %(body)s,
                'RECEIVED', %(now)s, 0, %(now)s)
        on conflict (bap_id, message_id, action, wish) do nothing
        returning id
    ), conversation as (
        insert into beckn_transaction (bap_id, transaction_id, context, created_at)
        select %(bap_id)s, %(transaction_id)s, %(context)s, %(now)s from fresh
        on conflict (bap_id, transaction_id) do update set context = excluded.context
        where beckn_transaction.context is distinct from excluded.context
    )
    select id from fresh
"""

# A request waits while an earlier one of its conversation is still to be handled, so that a confirm never
# overtakes its init.
CLAIM = f"""
    with {NOT_WAITED_FOR}, due as materialized (
        select r.id from beckn_request r
        where r.state <> 'ANSWERED' and r.due_at <= %(now)s
          and (r.leased_until is null or r.leased_until < %(now)s)
          and not exists (
              select 1 from beckn_request e
              where e.transaction_id = r.transaction_id and e.bap_id = r.bap_id
                and e.id < r.id and e.state = 'RECEIVED' and e.attempts < %(attempts)s)
        order by r.due_at, r.id limit %(limit)s
        for update skip locked)
    update beckn_request set leased_until = %(until)s from due, unhurried where beckn_request.id = due.id
    returning {", ".join(f"beckn_request.{name}" for name in CLAIMED)}
"""


class OtherBody(DomainError):
    """The message id was used before, with another body."""


def accept(raw: bytes, *, sender: Subscriber, action: str, body: dict[str, Any] | None = None) -> int:
    """Keep a request, durably, and wake a worker; its primary key. The caller may acknowledge it then.

    raw: the body as received from sender, whose signature is proven. body: raw as reading.read gave it, if the
    caller has it already. The same message again is acknowledged without a second effect; an answer that was
    sent more than 5 s ago is sent again.
    Raises WireError, UnknownAction, NotServed and OtherBody. Source: beckn.md a.2, design.md §5.
    """
    now = timezone.now()
    content: Any = reading.read(raw) if body is None else body
    message = screen(content, action=action, sender=sender, now=now)
    key = {
        "bap_id": content["context"]["bap_id"], "message_id": content["context"]["message_id"], "action": action,
        "wish": wish_of(action, message),
    }  # fmt: skip
    digest = signing.digest(raw)
    made = _keep(content, key | {"digest": digest, "now": now})
    if made is not None:
        wake_resident(tasks.handle_requests)
        return made
    known = Request.objects.defer("body").get(**key)
    if known.digest != digest:
        raise OtherBody("this message_id was used before with another body")
    callbacks.repeat(known)
    return known.pk


def wish_of(action: str, message: Any) -> str:
    """The state an `update` asks for: live apps reuse one message_id for start and stop (design.md §8)."""
    if action != "update":
        return ""
    codes = (fulfillment.state_code for fulfillment in message.message.order.fulfillments or [])
    wish = next(filter(None, codes), "")
    return wish.upper().replace("-", "_").replace(" ", "_")[:WISH_LIMIT]


def has_due() -> bool:
    """Is there a request that a worker should look at now?"""
    now = timezone.now()
    still_open = Request.objects.exclude(state=RequestState.ANSWERED).filter(due_at__lte=now)
    return still_open.exclude(leased_until__gte=now).exists()


def handle_due(limit: int = BATCH) -> int:
    """Claim due requests and handle them one after the other; send the answers of look-ups. Returns how many there were.

    Safe in any number of workers at once: a row is leased for LEASE before it is handled.
    """
    now = timezone.now()
    values: dict[str, Any] = {"now": now, "until": now + LEASE, "limit": limit, "attempts": ATTEMPTS}
    with binary_cursor() as cursor:
        rows = sorted(cursor.execute(CLAIM, values, binary=True).fetchall())
    answers: list[Callback] = []
    for request in [Request.from_db(None, CLAIMED, row) for row in rows]:
        with about():
            if request.action in actions.LOOK_UPS:
                answers += _looked_up(request)
            else:
                _handle(request.pk)
    delivery.send(answers)
    return len(rows)


def _looked_up(request: Request) -> list[Callback]:
    """The kept answer to a claimed request that changes nothing, ours to send; none when that went wrong."""
    _note(request)
    try:
        request.body = Request._meta.get_field("body").from_db_value(request.body, None, connection)
        made = actions.look_up(request)
        if not callbacks.answer(request, made, leased_until=timezone.now() + delivery.LEASE):
            return []
    except Exception:
        log.exception("request %s could not be answered", request.pk)
        _back_off(request.pk)
        return []
    actions.tell_answered(request, made.created_at, {"code": made.error_code} if made.error_code else None)
    return [made]


def _keep(content: dict[str, Any], values: dict[str, Any]) -> int | None:
    """Insert the request and its conversation; its primary key, None when the request is there already."""
    context = content["context"]
    values |= {
        "transaction_id": context["transaction_id"],
        "body": Request._meta.get_field("body").get_prep_value(content),
        "context": Transaction._meta.get_field("context").get_db_prep_value(echoed(context), connection),
    }
    with binary_cursor() as cursor:
        made = cursor.execute(KEEP, values, prepare=True).fetchone()
    return made[0] if made is not None else None


def _handle(pk: int) -> None:
    """Handle one claimed request in a transaction of its own; what goes wrong costs only this one."""
    try:
        with atomic():
            request = _locked(pk)
            if request is not None:
                actions.run(request)
                _release(request)
    except Exception:
        log.exception("request %s could not be handled", pk)
        _back_off(pk)


def _release(request: Request) -> None:
    """Give the lease back when there is more to do; a handler that named no later time is asked in a second."""
    if request.state != RequestState.ANSWERED:
        soonest = timezone.now() + timedelta(seconds=1)
        still_open = Request.objects.filter(pk=request.pk).exclude(state=RequestState.ANSWERED)
        still_open.update(leased_until=None, due_at=Greatest("due_at", Value(soonest)))


def _back_off(pk: int) -> None:
    """Try again after 1, 2, 4 … s; after ATTEMPTS the app is told that we failed (40000, beckn.md a.7)."""
    with atomic():
        request = _locked(pk)
        if request is None:
            return
        request.attempts += 1
        request.due_at = timezone.now() + timedelta(seconds=min(2 ** (request.attempts - 1), 60))
        request.leased_until = None
        request.save(update_fields=["attempts", "due_at", "leased_until"])
    if request.attempts >= ATTEMPTS:
        _give_up(pk)


def _give_up(pk: int) -> None:
    try:
        with atomic():
            request = _locked(pk)
            if request is not None:
                actions.give_up(request)
    except Exception:
        log.exception("request %s could not even be given up", pk)


def _locked(pk: int) -> Request | None:
    """The request, its row locked; None when it is answered already."""
    rows = Request.objects.select_for_update(no_key=True).exclude(state=RequestState.ANSWERED)
    found = rows.filter(pk=pk).first()
    if found is not None:
        _note(found)
    return found


def _note(request: Request) -> None:
    note(
        transaction_id=request.transaction_id, message_id=request.message_id, action=request.action,
        subscriber=request.bap_id,
    )  # fmt: skip
