"""Look-ups, search above all: answered from the mirror by the worker that is handed them, and sent from memory.

A look-up changes nothing, so that nobody need claim it: it is kept with a lease and handed to a worker with its body. One
statement closes the request and keeps the callback; what arrived is written down a moment later, many at once. If a call is
lost or a worker dies, the lease ends, and the sweeper finds the request, or the callback as it was kept.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from beckn import actions, tasks
from beckn.models import Callback, Request, RequestState, app_partner
from beckn.services import attempts, callbacks, delivery
from beckn.services.lanes import Lanes
from beckn.services.outcome import Verdict
from emsp.core import circuits, resident
from emsp.core.circuits import Way
from emsp.core.correlation import about
from emsp.core.wakeup import hand

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=5)  # a call that is lost, or a worker that is killed, delays an answer by this much at most
HANDED_LIMIT = 16_384  # characters; what is longer is read from its row
PROLONG_AFTER_S = 1.0
AT_ONCE = 4  # threads of a worker that answer one app
MOST_WAITING = 200  # requests of one app in a worker; what comes then is left to the sweeper

lanes: Lanes[Request] = Lanes(AT_ONCE, MOST_WAITING)
arrived = delivery.Arrived()
_in_hand: dict[int, float] = {}  # since when, of requests that this process answers or has in line


class Handed(msgspec.Struct, array_like=True):
    """A kept request on its way to a worker, in the order of the model. body: as its row has it, encrypted."""

    id: int
    bap_id: str
    message_id: str
    action: str
    transaction_id: str
    body: str
    received_at: datetime


def lease(action: str, body: str, *, now: datetime) -> datetime | None:
    """Until when a request that is about to be kept belongs to whom it is handed; None where it is not handed over.

    body: encrypted.
    """
    handed = action in actions.LOOK_UPS and len(body) <= HANDED_LIMIT
    return now + LEASE if handed else None


def hand_over(pk: int, row: Mapping[str, Any]) -> None:
    """Give a request that was just kept, with a lease, to a worker after commit. row: what was kept, body encrypted."""
    handed = Handed(
        pk, row["bap_id"], row["message_id"], row["action"], row["transaction_id"], row["body"], row["now"]
    )
    hand(tasks.answer_look_up, msgspec.msgpack.encode(handed), lost=partial(_give_back, pk))


def answer_handed(content: bytes) -> None:
    """Answer what hand_over gave."""
    handed = msgspec.msgpack.decode(content, type=Handed)
    take([Request.from_db(None, list(Handed.__struct_fields__), list(msgspec.structs.astuple(handed)))])


def take(requests: Sequence[Request]) -> None:
    """Answer requests that are leased to us, here or in a thread that serves their app now. Their bodies are as kept."""
    for request in requests:
        _in_hand[request.pk] = monotonic()
    try:
        for request in requests:
            if not lanes.join(request.bap_id, request, _answer):
                _in_hand.pop(request.pk, None)
    finally:
        if not resident.has_beside():
            arrived.write_down()


def attend() -> None:
    """What a process that answers look-ups does beside: write down what arrived, keep the leases of what takes long."""
    arrived.write_down()
    prolong()


def prolong() -> None:
    """Lengthen the leases of what takes long here: its app is slow, or there is much for it."""
    slow = [pk for pk, since in list(_in_hand.items()) if monotonic() - since > PROLONG_AFTER_S]
    if slow:
        still_open = Request.objects.filter(pk__in=slow).exclude(state=RequestState.ANSWERED)
        still_open.update(leased_until=timezone.now() + LEASE)


def _answer(request: Request) -> None:
    try:
        with about():
            attempts.note_ids(request)
            request.body = Request._meta.get_field("body").from_db_value(request.body, None, connection)
            made = actions.look_up(request)
            _send(request, made)
    except Exception:
        log.exception("request %s could not be answered", request.pk)
        attempts.back_off(request.pk)
    finally:
        _in_hand.pop(request.pk, None)


def _send(request: Request, made: Callback) -> None:
    """Keep the answer, and send it unless the app is left alone or somebody else has answered."""
    app = app_partner(request.bap_id)
    way = circuits.enter(app, for_s=delivery.LEASE.total_seconds())
    if not callbacks.answer(request, made, leased_until=None if way == Way.SHUT else timezone.now() + delivery.LEASE):
        return
    actions.tell_answered(request, made.created_at, {"code": made.error_code} if made.error_code else None)
    if way == Way.SHUT:
        return
    outcome = delivery.send_once(made)
    if outcome.verdict == Verdict.DELIVERED:
        arrived.add(made, outcome.status)
        if way == Way.PROBE:
            arrived.write_down()  # the app is called again from here on
    else:
        delivery.record_failure(made, outcome, app, probe=way == Way.PROBE)


def _give_back(pk: int) -> None:
    """Nobody has it in hand: the sweeper need not wait for the end of its lease."""
    Request.objects.filter(pk=pk).exclude(state=RequestState.ANSWERED).update(leased_until=None)
