"""Callbacks from the BPP: who sent them, what they say, and what that changes here."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beckn import signing
from beckn.bap import client, wire
from beckn.bap.models import Direction, Message, Order
from beckn.bap.services.exchanges import digest
from beckn.bap.stages import Stage
from beckn.bap.standing import Standing, standing
from emsp.core.wire import WireError, encode, load_json

ORDER_CALLBACKS = frozenset({"on_select", "on_init", "on_confirm", "on_status", "on_update", "on_cancel"})
BY_ACTION = {"on_select": Stage.QUOTED, "on_init": Stage.AGREED, "on_confirm": Stage.CONFIRMED}
BY_STATUS = {"ACTIVE": Stage.CONFIRMED, "COMPLETE": Stage.COMPLETE, "CANCELLED": Stage.CANCELLED}
TEXT_LIMIT = 255


class CallbackRefused(Exception):
    """A callback we do not take. status: HTTP status of the NACK; path: the member it is about."""

    def __init__(self, status: int, reason: str, path: str = "") -> None:
        self.status, self.reason, self.path = status, reason, path
        super().__init__(reason)


def accept(raw: bytes, action: str, authorization: str) -> Message:
    """Keep a callback and let it change the order it is about. Hearing it twice changes nothing.

    Raises CallbackRefused: 401 when the sender is not our BPP, 400 when the body has not the form of action.
    """
    _verify(raw, authorization)
    body, context = _read(raw, action)
    problem = client.problem(body.get("error"))
    told = None if any(problem) else _order_of(action, body)
    with transaction.atomic():
        kept, new = Message.objects.get_or_create(
            direction=Direction.RECEIVED,
            message_id=context.message_id,
            action=action,
            digest=digest(raw),
            defaults=_row(raw, context, authorization, problem),
        )
        if new and kept.order_id and told:
            document, stands = told
            _change(kept.order_id, action, document, stands, wire.moment(context.timestamp) or timezone.now())
    return kept


@lru_cache(maxsize=4)
def _public_key(text: str) -> bytes:
    return signing.load_public_key(text)


def _verify(raw: bytes, authorization: str) -> None:
    try:
        header = signing.parse(authorization)
        other = settings.BPP_OTHER_KEYS.get(header.unique_key_id)
        key = _public_key(other or settings.BPP_PUBLIC_KEY)
        signing.verify(header, raw, key, int(timezone.now().timestamp()))
    except signing.SignatureRefused as error:
        raise CallbackRefused(401, str(error.reason)) from None
    if header.subscriber_id != settings.BPP_ID:
        raise CallbackRefused(401, "unknown_subscriber")
    if other is None and settings.BPP_UNIQUE_KEY_ID and header.unique_key_id != settings.BPP_UNIQUE_KEY_ID:
        raise CallbackRefused(401, "unknown_key")


def _read(raw: bytes, action: str) -> tuple[dict[str, Any], wire.Context]:
    try:
        body = load_json(raw)
        if not isinstance(body, dict):
            raise WireError("must be an object")
        if "context" not in body:
            raise WireError("required, but missing", path="context")
        context = wire.read(body["context"], wire.Context)
    except WireError as error:
        path = error.path if error.path.startswith("context") or not error.path else f"context.{error.path}"
        raise CallbackRefused(400, error.reason, path) from None
    if context.bpp_id != settings.BPP_ID:
        raise CallbackRefused(401, "sender is not context.bpp_id", "context.bpp_id")
    if context.action != action:
        raise CallbackRefused(400, f"this is the address of {action}", "context.action")
    if context.bap_id != settings.BAP_ID:
        raise CallbackRefused(400, "this message is for another app", "context.bap_id")
    for name in ("transaction_id", "message_id"):
        if not 0 < len(getattr(context, name)) <= TEXT_LIMIT:
            raise CallbackRefused(400, "must have 1 to 255 characters", f"context.{name}")
    return body, context


def _order_of(action: str, body: dict[str, Any]) -> tuple[Any, Standing] | None:
    """The order a callback carries; None for callbacks that carry none."""
    message = body.get("message")
    if action not in ORDER_CALLBACKS:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("order"), dict):
        raise CallbackRefused(400, "required, but missing", "message.order")
    try:
        return message["order"], standing(message["order"])
    except WireError as error:
        path = f"message.order.{error.path}" if error.path else "message.order"
        raise CallbackRefused(400, error.reason, path) from None


def _row(raw: bytes, context: wire.Context, authorization: str, problem: tuple[str, str]) -> dict[str, Any]:
    """What is kept of a callback; it belongs to the request it answers, or to its transaction's order."""
    asked = Message.objects.filter(direction=Direction.SENT, message_id=context.message_id).first()
    order = asked.order if asked else None
    if order is None:
        order = Order.objects.filter(transaction_id=context.transaction_id).first()
    driver_id = asked.driver_id if asked else (order.driver_id if order else None)
    return {
        "transaction_id": context.transaction_id,
        "body": raw.decode(),
        "signature": authorization,
        "driver_id": driver_id,
        "search_id": asked.search_id if asked else None,
        "order": order,
        "error_code": problem[0],
        "error_message": problem[1],
    }


def _change(order_id: Any, action: str, document: Any, stands: Standing, said_at: datetime) -> None:
    """Take over the newest word of the provider; an older one that comes late changes nothing."""
    order = Order.objects.select_for_update().get(pk=order_id)
    draft = action in ("on_select", "on_init")
    if (order.document_at and said_at < order.document_at) or (draft and order.confirmed):
        return
    # News without a status (a reservation that came late, a fee told before cancelling) keeps the stage.
    stage = BY_ACTION.get(action) if draft else BY_STATUS.get(stands.status, BY_ACTION.get(action))
    order.stage = stage or order.stage
    order.document, order.document_at = encode(document).decode(), said_at
    order.bpp_order_id = stands.order_id or order.bpp_order_id
    if action == "on_init":
        order.agreed_total, order.agreed_quote_id = stands.total, stands.quote_id
    if order.stage in (Stage.CONFIRMED, Stage.COMPLETE) and order.confirmed_at is None:
        order.confirmed_at = timezone.now()
    order.save()
