"""Who sent a message: the signatures of its headers, checked against the keys of those we trust.

Source: beckn.md b.1, b.2 and (d).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from beckn import reading, signing
from beckn.models import Subscriber, SubscriberType
from beckn.services import subscribers
from beckn.signing import SignatureRefused
from emsp.core.correlation import note
from emsp.core.wire import WireError

GATEWAY_HEADER = "X-Gateway-Authorization"
PROXY_HEADER = "Proxy-Authorization"
# Django's own mapping of headers is made from the whole environment of the process, for each request.
IN_ENVIRON = {
    name: f"HTTP_{name.upper().replace('-', '_')}" for name in ("Authorization", GATEWAY_HEADER, PROXY_HEADER)
}


class GatewayRefused(SignatureRefused):
    """The gateway that says it forwarded the message is not proven."""


@dataclass(frozen=True)
class Caller:
    """A sender whose identity is proven. body: its message; None when it cannot be read."""

    subscriber: Subscriber
    body: dict[str, Any] | None


def caller(request: HttpRequest) -> Caller:
    """Who sent this request. Raises SignatureRefused or GatewayRefused: a message without proof never gets further."""
    headers = {name: request.META.get(given, "") for name, given in IN_ENVIRON.items()}
    return identify(headers, request.body, now=timezone.now())


def identify(headers: Mapping[str, str], raw: bytes, *, now: datetime) -> Caller:
    """The app that signed raw, and the message in it.

    Whether the message can be read is not judged here: 401 for identity comes before 400 for form.
    Raises SignatureRefused; GatewayRefused when the header of a gateway is there and does not hold.
    """
    subscriber = signer(headers.get("Authorization", ""), raw, role=SubscriberType.BAP, now=now)
    try:
        body = reading.read(raw)
    except WireError:
        body = None
    check_identity(subscriber, body)
    _note(subscriber, body)
    check_gateway(headers, raw, now=now)
    return Caller(subscriber, body)


def _note(subscriber: Subscriber, body: dict[str, Any] | None) -> None:
    """The ids of a proven sender's message, whatever becomes of it."""
    context = body.get("context") if body else None
    named = context if isinstance(context, dict) else {}
    texts = {name: named.get(name) for name in ("transaction_id", "message_id")}
    note(subscriber=subscriber.subscriber_id, **{name: text for name, text in texts.items() if isinstance(text, str)})


def signer(header: str, raw: bytes, *, role: SubscriberType, now: datetime) -> Subscriber:
    """The participant whose key signed raw, and who is registered in this role.

    The order of checks is that of beckn.md b.2; the cheap ones come before the look-up of the key.
    Raises SignatureRefused.
    """
    given = signing.parse(header)
    signing.check_times(given, int(now.timestamp()))
    subscriber = subscribers.find(given.subscriber_id, given.unique_key_id, now=now)
    try:
        signing.verify_signature(given, raw, subscribers.key_of(subscriber, now=now))
    except SignatureRefused as refused:
        newer = subscribers.refresh(subscriber, now=now) if refused.reason == "signature_mismatch" else None
        if newer is None:
            raise
        subscriber = newer
        signing.verify_signature(given, raw, subscribers.key_of(subscriber, now=now))
    if subscriber.type != role:
        raise SignatureRefused("identity_mismatch")
    return subscriber


def check_identity(subscriber: Subscriber, body: dict[str, Any] | None) -> None:
    """Raises SignatureRefused (identity_mismatch) when the message says it is from somebody else."""
    context = body.get("context") if body else None
    claimed = context.get("bap_id") if isinstance(context, dict) else None
    if isinstance(claimed, str) and claimed and claimed != subscriber.subscriber_id:
        raise SignatureRefused("identity_mismatch")


def check_gateway(headers: Mapping[str, str], raw: bytes, *, now: datetime) -> None:
    """Raises GatewayRefused unless every gateway header there is holds.

    Old gateways use Proxy-Authorization, or both names; another scheme under it is a proxy's own business.
    """
    proxy = headers.get(PROXY_HEADER, "")
    given = {headers.get(GATEWAY_HEADER, ""), proxy if proxy.lower().startswith("signature ") else ""}
    for header in given - {""}:
        try:
            signer(header, raw, role=SubscriberType.BG, now=now)
        except SignatureRefused as refused:
            raise GatewayRefused(f"gateway_{refused.reason}") from None
