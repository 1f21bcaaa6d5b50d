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
from beckn.models import Request, RequestState, Subscriber, Transaction
from beckn.services import attempts, callbacks, look_ups
from beckn.services.screening import screen
from beckn.wire.v1_1_0 import echoed
from emsp.core.correlation import about
from emsp.core.errors import DomainError
from emsp.core.sql import NOT_WAITED_FOR, binary_cursor
from emsp.core.wakeup import wake_resident

log = logging.getLogger(__name__)

CLAIMED = ["id", "bap_id", "message_id", "action", "transaction_id", "body", "received_at"]
LEASE = timedelta(seconds=10)  # handling takes no I/O; a killed worker delays a request by this much at most
BATCH = 5  # few, so that what came at once is shared among the threads
WISH_LIMIT = 32  # characters

# One statement, one round trip: the request, and with it the conversation it belongs to. A conversation keeps
# the context of its newest request; news without a request is sent there.
KEEP = """
    with fresh as (
        insert into beckn_request (bap_id, message_id, action, wish, digest, transaction_id, body, state,
                                   due_at, leased_until, attempts, received_at)
        values (%(bap_id)s, %(message_id)s, %(action)s, %(wish)s, %(digest)s, %(transaction_id)s, %(body)s,
                'RECEIVED', %(now)s, %(leased_until)s, 0, %(now)s)
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
    """Claim due requests and handle them one after the other, look-ups last. Returns how many there were.

    Safe in any number of workers at once: a row is leased for LEASE before it is handled.
    """
    now = timezone.now()
    values: dict[str, Any] = {"now": now, "until": now + LEASE, "limit": limit, "attempts": attempts.ATTEMPTS}
    with binary_cursor() as cursor:
        rows = sorted(cursor.execute(CLAIM, values, binary=True, prepare=True).fetchall())
    requests = [Request.from_db(None, CLAIMED, row) for row in rows]
    for request in requests:
        if request.action not in actions.LOOK_UPS:
            with about():
                _handle(request.pk)
    look_ups.take([request for request in requests if request.action in actions.LOOK_UPS])
    return len(rows)


def _keep(content: dict[str, Any], values: dict[str, Any]) -> int | None:
    """Insert the request and its conversation, and call a worker; its primary key, None when it is there already."""
    context = content["context"]
    body = Request._meta.get_field("body").get_prep_value(content)
    leased_until = look_ups.lease(values["action"], body, now=values["now"])
    values |= {
        "transaction_id": context["transaction_id"], "body": body, "leased_until": leased_until,
        "context": Transaction._meta.get_field("context").get_db_prep_value(echoed(context), connection),
    }  # fmt: skip
    with binary_cursor() as cursor:
        made = cursor.execute(KEEP, values, prepare=True).fetchone()
    if made is None:
        return None
    pk: int = made[0]
    if leased_until is None:
        wake_resident(tasks.handle_requests)
    else:
        look_ups.hand_over(pk, values)
    return pk


def _handle(pk: int) -> None:
    """Handle one claimed request in a transaction of its own; what goes wrong costs only this one."""
    try:
        with atomic():
            request = attempts.locked(pk)
            if request is not None:
                actions.run(request)
                _release(request)
    except Exception:
        log.exception("request %s could not be handled", pk)
        attempts.back_off(pk)


def _release(request: Request) -> None:
    """Give the lease back when there is more to do; a handler that named no later time is asked in a second."""
    if request.state != RequestState.ANSWERED:
        soonest = timezone.now() + timedelta(seconds=1)
        still_open = Request.objects.filter(pk=request.pk).exclude(state=RequestState.ANSWERED)
        still_open.update(leased_until=None, due_at=Greatest("due_at", Value(soonest)))
