"""A request and the callback that answers it: send, send again, and how it came out."""

import hashlib
import logging
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils import timezone

from beckn.bap import client, messages, wire, words
from beckn.bap.models import Delivery, Direction, Driver, Message, Order, Search
from emsp.core.wire import encode

log = logging.getLogger(__name__)

TTL_QUICK = "PT30S"
TTL_BINDING = "PT5M"  # long enough to ask again with the same bytes, which cannot book twice


class State(StrEnum):
    WAITING = "waiting"
    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    LATE = "late"


@dataclass(frozen=True)
class Outcome:
    """How a request came out. answer: the newest callback; advice: words for what went wrong."""

    request: Message
    state: State
    answers: int = 0
    answer: Message | None = None
    advice: words.Advice | None = None
    detail: str = ""

    @property
    def waiting(self) -> bool:
        """True while an answer may still come in time."""
        return self.state == State.WAITING

    @property
    def answered(self) -> bool:
        """True when the newest callback carries no error."""
        return self.state == State.ANSWERED


def network() -> messages.Network:
    """Who we are and whom we talk to, from the settings."""
    return messages.Network(
        domain=settings.BECKN_DOMAIN,
        version=settings.BECKN_VERSION,
        bap_id=settings.BAP_ID,
        bap_uri=settings.BAP_URI,
        bpp_id=settings.BPP_ID,
        bpp_uri=settings.BPP_URI,
    )


def digest(raw: bytes) -> str:
    """Tells two bodies apart."""
    return b64encode(hashlib.blake2b(raw, digest_size=64).digest()).decode()


def send(
    action: str,
    message: messages.JSON | None,
    *,
    transaction_id: str,
    city_code: str,
    driver: Driver,
    search: Search | None = None,
    order: Order | None = None,
    ttl: str = TTL_QUICK,
) -> Message:
    """Keep a request, send it, and keep what the BPP said to it. Call it outside a transaction.

    The row is there before the request leaves, since the callback may be faster than the ACK.
    """
    kept = keep(
        action,
        message,
        transaction_id=transaction_id,
        city_code=city_code,
        driver=driver,
        search=search,
        order=order,
        ttl=ttl,
    )
    return deliver(kept)


def keep(
    action: str,
    message: messages.JSON | None,
    *,
    transaction_id: str,
    city_code: str,
    driver: Driver,
    search: Search | None = None,
    order: Order | None = None,
    ttl: str = TTL_QUICK,
) -> Message:
    """Write a request that `deliver` then sends. ttl: how long an answer is worth having, ISO 8601."""
    now, message_id = timezone.now(), str(uuid.uuid4())
    body = messages.body(
        network(),
        action,
        message,
        transaction_id=transaction_id,
        message_id=message_id,
        city_code=city_code,
        now=now,
        ttl=ttl,
    )
    raw = encode(body)
    return Message.objects.create(
        direction=Direction.SENT,
        action=action,
        transaction_id=transaction_id,
        message_id=message_id,
        body=raw.decode(),
        digest=digest(raw),
        driver=driver,
        search=search,
        order=order,
        delivery=Delivery.SENDING,
        created_at=now,
    )


def deliver(message: Message) -> Message:
    """Send a kept request and note what the BPP said to it. Call it outside a transaction."""
    now = timezone.now()
    raw = message.body.encode()
    authorization = client.signature(raw, now)
    _note(
        message,
        tried_at=now,
        signature=authorization,
        delivery=Delivery.SENDING,
        error_code="",
        error_message="",
    )
    try:
        reply = client.post(message.action, raw, authorization)
    except client.Undelivered as error:
        log.warning("%s %s was not delivered: %s", message.action, message.message_id, error)
        return _note(message, delivery=Delivery.FAILED, error_message=str(error))
    return _note(
        message,
        delivery=Delivery.ACK if reply.ack else Delivery.NACK,
        http_status=reply.status,
        reply=reply.text,
        error_code=reply.error_code,
        error_message=reply.error_message,
        acked_at=timezone.now(),
    )


def again(message: Message) -> Message:
    """Ask once more: within its ttl the same bytes, on which the BPP acts once; later a new request."""
    context = message.json["context"]
    asked_at, ttl = wire.moment(context["timestamp"]), wire.duration(context["ttl"])
    unanswered = not _answers(message) and message.delivery != Delivery.NACK
    if unanswered and asked_at and ttl and timezone.now() < asked_at + ttl:
        return deliver(message)
    if message.driver is None:
        raise ValueError("only a driver's request can be asked again")
    return send(
        message.action,
        message.json.get("message"),
        transaction_id=message.transaction_id,
        city_code=context["location"]["city"]["code"],
        driver=message.driver,
        search=message.search,
        order=message.order,
        ttl=context["ttl"],
    )


def outcome(message: Message) -> Outcome:
    """How the request stands now: an answer counts even when its ACK was lost."""
    answers = _answers(message)
    if answers:
        newest = answers[-1]
        if not (newest.error_code or newest.error_message):
            return Outcome(message, State.ANSWERED, len(answers), newest)
        return _refused(message, newest, len(answers))
    if message.delivery == Delivery.NACK:
        return _refused(message, message, 0)
    if message.delivery == Delivery.FAILED:
        return Outcome(message, State.UNREACHABLE, advice=words.UNREACHABLE)
    if timezone.now() - message.waiting_since > timedelta(seconds=settings.CALLBACK_WAIT_S):
        return Outcome(message, State.LATE, advice=words.LATE)
    return Outcome(message, State.WAITING)


def latest(order: Order, *actions: str) -> Outcome | None:
    """How the newest request of these actions came out; None when none was sent.

    order is read anew after that, so that a page never shows an answer beside the order before it.
    """
    sent = order.messages.filter(direction=Direction.SENT, action__in=actions)
    newest = sent.order_by("-created_at").first()
    if newest is None:
        return None
    found = outcome(newest)
    order.refresh_from_db()
    return found


def _answers(message: Message) -> list[Message]:
    wanted = {"direction": Direction.RECEIVED, "message_id": message.message_id}
    found = Message.objects.filter(**wanted, action=messages.callback_of(message.action))
    return list(found.order_by("created_at"))


def _refused(message: Message, told: Message, answers: int) -> Outcome:
    return Outcome(
        message,
        State.REFUSED,
        answers,
        told if answers else None,
        words.advice(told.error_code, told.error_message),
        words.detail(told.error_message),
    )


def _note(message: Message, **values: Any) -> Message:
    for name, value in values.items():
        setattr(message, name, value)
    message.save(update_fields=list(values))
    return message
