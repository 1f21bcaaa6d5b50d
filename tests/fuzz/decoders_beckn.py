"""The decoders of Beckn: bodies of every action to what they wish, signatures, keys, numbers, moments."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from beckn import reading, signing
from beckn.actions import cancel, confirm, orders, rating, support
from beckn.actions import reading as meaning
from beckn.actions.search import point_of
from beckn.actions.search import wish_of as search_wish
from beckn.services import registry, subscribers
from beckn.services.inbox import wish_of as wanted_state
from beckn.services.screening import form_of, same_origin
from beckn.wire.v1_1_0 import MESSAGE_TYPES, Intent, decimal_of, echoed, text_of
from beckn.wire.v1_1_0.moments import duration_of, moment_of
from catalog.models import Offer
from emsp.core.errors import DomainError
from emsp.core.wire import WireError, convert, encode, load_json
from sessions.payments.gateway import NotificationRefused
from sessions.payments.sandbox_gateway import SandboxGateway
from tests.factories.beckn import public_key, signing_key
from tests.fuzz import seeds
from tests.fuzz.choices import Choices
from tests.fuzz.spoiling import spoiled, spoiled_header, spoiled_text

NOW = datetime(2099, 1, 1, tzinfo=UTC)
OFFER = Offer(currency="INR", power_w=30_000)


@cache
def _requests(action: str) -> tuple[str, ...]:
    return seeds.requests(action, seeds.sample())


def request(source: bytes) -> bool:
    """A request of any action: its form, and everything that its order or intent can wish."""
    choices = Choices(source[:1])
    action = choices.pick(seeds.ACTIONS)
    try:
        body = reading.read(spoiled(source[1:], _requests(action)))
        form_of(body, action=action, now=NOW)
    except (WireError, DomainError):
        return False
    stored = load_json(encode(body))
    echoed(stored["context"])
    try:
        _understood(action, convert(stored, MESSAGE_TYPES[action]))
    except (WireError, DomainError):
        return False
    return True


def _understood(action: str, given: object) -> None:
    message = getattr(given, "message", None)
    if action == "search":
        search_wish((message and message.intent) or Intent())
    elif action in ("select", "init", "confirm", "update"):
        order = message.order  # type: ignore[union-attr]
        wanted_state(action, given)
        confirm.proofs_of(order)
        meaning.stated_quote_id(order)
        confirm.check_payments(order)
        meaning.stated_price(order)
        meaning.wish_of(order, OFFER)
    elif action == "cancel":
        cancel.is_soft(message)
        cancel._reason_of(message)
    elif action == "rating":
        for each in message.ratings or []:  # type: ignore[union-attr]
            rating._value_of(each.value, "value")
    elif action == "support":
        support.reference_of(given)
    elif action in ("status", "track"):
        orders.order_id_of(message)


def body(source: bytes) -> bool:
    """Bytes that are hardly JSON, to the reader of bodies."""
    try:
        reading.read(source if source[:1] < b"\x40" else spoiled(source[1:], _requests("select")))
    except WireError:
        return False
    return True


def signature(source: bytes) -> bool:
    """An Authorization header: parsed, and verified against the key."""
    choices = Choices(source)
    raw = b"{}"
    now = int(time.time())
    good = signing.sign(
        raw, subscriber_id="bap.tests.example", unique_key_id="k", private_key=signing_key(), now=now
    )
    try:
        header = signing.parse(spoiled_header(choices, good))
        signing.verify(header, raw, bytes(signing_key().verify_key), now)
    except signing.SignatureRefused:
        return False
    return True


def key(source: bytes) -> bool:
    """Keys, URLs, and records of a registry."""
    choices = Choices(source)
    text = spoiled_text(choices, public_key())
    url = spoiled_text(choices, "http://[2001:db8::1]:8080/bap/energy/v1")
    subscribers.plain_url(url)
    same_origin(url, "http://127.0.0.1:9/x")
    record = {
        "subscriber_id": "x", "type": choices.pick(("BAP", "buyerApp", None, [], 1)), "url": url, "signing_public_key": text,
        "valid_from": spoiled_text(choices, "2026-03-01T00:00:00Z"), "status": choices.pick(("SUBSCRIBED", None, {})),
    }  # fmt: skip
    return registry._read(record) is not None


def scalar(source: bytes) -> bool:
    """Numbers, moments, durations and places as texts."""
    choices = Choices(source)
    good = 0
    for parse, text in (
        (lambda text: decimal_of(text, "p"), "12.50"), (lambda text: moment_of(text, "p"), "2026-03-01T09:15:00+05:30"),
        (lambda text: duration_of(text, "p"), "P1DT2H3M4S"), (point_of, "12.9716,77.5946"),
        (lambda text: decimal_of(Decimal(text_of(text) if text_of(text).isdecimal() else "1"), "p"), "7"),
    ):  # fmt: skip
        try:
            found = parse(spoiled_text(choices, text))
        except WireError:
            continue
        good += found is not None
    return good == 5


def notification(source: bytes) -> bool:
    """A signed notification of the payment gateway."""
    from django.conf import settings

    from sessions.payments import signing as payment_signing

    told = ('{"event_id": "e", "reference": "6d1f0f0a-52c3-4c6e-9a0e-0f6a4f0e7d11", "gateway_reference": "g", '
            '"status": "PAID", "amount": "118.00", "currency": "INR", "reason": ""}',)
    raw = spoiled(source[1:], told)
    header = payment_signing.sign(raw, settings.PAYMENT_SANDBOX_KEY, int(time.time()))
    if source[:1] > b"\xc0":
        header = spoiled_header(Choices(source), header)
    try:
        SandboxGateway().verify_notification({payment_signing.HEADER: header}, raw)
    except NotificationRefused:
        return False
    return True
