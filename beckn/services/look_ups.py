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
from emsp.core import circuits, resident
from emsp.core.correlation import about
from emsp.core.wakeup import hand, wake

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=5)  # a call that is lost, or a worker that is killed, delays an answer by this much at most
HANDED_LIMIT = 16_384  # characters; what is longer is read from its row
PROLONG_AFTER_S = 1.0
AT_ONCE = 4  # threads of a worker that answer one app
MOST_AT_ONCE = 4  # requests of an app that a thread answers in one go
MOST_WAITING = 200  # requests of one app in a worker; what comes then is left to the sweeper

Answer = tuple[Request, Callback]

lanes: Lanes[Request] = Lanes(AT_ONCE, MOST_WAITING, MOST_AT_ONCE)
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


def _answer(requests: Sequence[Request]) -> None:
    """Answer requests of one app; what goes wrong with one of them costs the others nothing."""
    try:
        answers = [(request, made) for request in requests if (made := _looked_up(request)) is not None]
        if answers:
            _give(answers)
    finally:
        for request in requests:
            _in_hand.pop(request.pk, None)


def _looked_up(request: Request) -> Callback | None:
    """The answer, not kept yet; None when there is none now, and the request is tried again later."""
    try:
        with about():
            attempts.note_ids(request)
            request.body = Request._meta.get_field("body").from_db_value(request.body, None, connection)
            return actions.look_up(request)
    except Exception:
        log.exception("request %s could not be answered", request.pk)
        attempts.back_off(request.pk)
        return None


def _give(answers: Sequence[Answer]) -> None:
    """Keep and send answers to one app; where that fails for several, each by itself."""
    try:
        _keep_and_send(answers)
    except Exception:
        log.exception("the answers to requests %s could not be given", [request.pk for request, _ in answers])
        if len(answers) == 1:
            attempts.back_off(answers[0][0].pk)
            return
        for each in answers:
            _give([each])


def _keep_and_send(answers: Sequence[Answer]) -> None:
    """What somebody else has answered meanwhile is not sent a second time."""
    kept = callbacks.answer([made for _, made in answers], leased_until=timezone.now() + delivery.LEASE)
    for request, made in answers:
        if made in kept:
            actions.tell_answered(request, made.created_at, {"code": made.error_code} if made.error_code else None)
    bap_id = answers[0][0].bap_id
    if delivery.send_leased(bap_id, kept, arrived) < len(kept) and not circuits.is_shut(app_partner(bap_id)):
        wake(tasks.deliver_callbacks)


def _give_back(pk: int) -> None:
    """Nobody has it in hand: the sweeper need not wait for the end of its lease."""
    Request.objects.filter(pk=pk).exclude(state=RequestState.ANSWERED).update(leased_until=None)
