"""How an app takes our callbacks: signatures, digests, repeats, time, and the form of its refusals.

Every message is an on_search that answers nothing, with an empty catalogue: an app keeps or ignores it.
Source: beckn.md a.6, b.2; BECKN-006.
"""

import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import urllib3
from django.conf import settings
from nacl.signing import SigningKey

from beckn import signing
from beckn.models import Subscriber
from beckn.services import own_keys
from beckn.services.outcome import POST_WITHIN_S
from emsp.core import http
from emsp.core.http import check_url
from emsp.core.wire import WireError, encode, load_json, moment_text
from emsp.developer.conformance.checks import FAILED, PASSED, SKIPPED, Check, Checks, judge

ACTION = "on_search"
TTL_S = 30
EXPIRED_S = 3600


@dataclass(frozen=True)
class Reply:
    """An app's answer. status 0: none came, and reason says why. took_s: seconds until it was read."""

    status: int
    ack: str
    error: Any
    took_s: float
    reason: str = ""

    def told(self) -> str:
        """For a report."""
        return self.reason or f"HTTP {self.status} {self.ack or 'without ack'}"



def examine(subscriber: Subscriber) -> Checks:
    """All checks, one after the other. Raises ForbiddenAddress when the app's URL may not be called."""
    url = f"{subscriber.url.rstrip('/')}/{ACTION}"
    check_url(url)
    body = _message(subscriber)
    ours = own_keys.current().signing

    first = _post(url, body, _signed(body, ours))
    yield _accepted("accepts_signed", "Accepts a callback that we signed", first)
    yield _in_time(first)
    if first.status == 0:
        yield Check("refusals", "Refuses what it should", SKIPPED, "the app gave no answer")
        return
    yield _again(_post(url, body, _signed(body, ours)))
    refusals = [
        ("wrong_signature", "Refuses another's signature", body, _signed(body, SigningKey.generate())),
        ("bad_digest", "Refuses a body that was changed", body + b" ", _signed(body, ours)),
        ("no_signature", "Refuses a callback without a signature", body, ""),
        ("expired", "Refuses a signature that is over", body, _signed(body, ours, ago_s=EXPIRED_S)),
    ]
    replies = []
    for id, title, content, header in refusals:
        reply = _post(url, content, header)
        replies.append(reply)
        yield judge(id, title, None if reply.status == 401 else f"401 is expected, got {reply.told()}", "HTTP 401")
    broken = b'{"context": '
    reply = _post(url, broken, _signed(broken, ours))
    replies.append(reply)
    problem = None if 400 <= reply.status < 500 or reply.ack == "NACK" else f"a NACK is expected, got {reply.told()}"
    yield judge("malformed", "Refuses what is not JSON", problem, reply.told())
    yield _shape(replies)


def _message(subscriber: Subscriber) -> bytes:
    context = {
        "domain": settings.BECKN_DOMAINS[0],
        "action": ACTION,
        "version": settings.BECKN_VERSIONS[0],
        "location": {"country": {"code": "IND"}, "city": {"code": "std:011"}},
        "bap_id": subscriber.subscriber_id,
        "bap_uri": subscriber.url,
        "bpp_id": settings.BECKN_SUBSCRIBER_ID,
        "bpp_uri": settings.BECKN_URI,
        "transaction_id": str(uuid.uuid4()),
        "message_id": str(uuid.uuid4()),
        "timestamp": moment_text(datetime.now(UTC), milliseconds=True),
        "ttl": f"PT{TTL_S}S",
    }
    catalogue = {"descriptor": {"name": settings.OCPI_BUSINESS_NAME}, "providers": []}
    return encode({"context": context, "message": {"catalog": catalogue}})


def _signed(body: bytes, key: SigningKey, *, ago_s: int = 0) -> str:
    return signing.sign(
        body, subscriber_id=settings.BECKN_SUBSCRIBER_ID, unique_key_id=own_keys.current().unique_key_id,
        private_key=key, now=int(time.time()) - ago_s,
    )  # fmt: skip


def _post(url: str, body: bytes, authorization: str) -> Reply:
    headers = {"Content-Type": "application/json"} | ({"Authorization": authorization} if authorization else {})
    begun = time.monotonic()
    try:
        answer = http.post(url, body, headers, within_s=POST_WITHIN_S)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return Reply(0, "", None, time.monotonic() - begun, f"no answer: {type(error).__name__}")
    ack, error_member = _read(answer.content)
    return Reply(answer.status, ack, error_member, time.monotonic() - begun)


def _read(content: bytes) -> tuple[str, Any]:
    """ack.status and error of an answer; empty and None where there are none."""
    try:
        answer = load_json(content)
    except WireError:
        return "", None
    message = answer.get("message") if isinstance(answer, dict) else None
    if not isinstance(message, dict):
        return "", answer.get("error") if isinstance(answer, dict) else None
    ack = message.get("ack")
    status = ack.get("status") if isinstance(ack, dict) else None
    return status if isinstance(status, str) else "", answer.get("error") or message.get("error")


def _accepted(id: str, title: str, reply: Reply) -> Check:
    good = 200 <= reply.status < 300 and reply.ack == "ACK"
    return judge(id, title, None if good else f"HTTP 200 and ACK are expected, got {reply.told()}", reply.told())


def _again(reply: Reply) -> Check:
    """The same message_id once more. An on_search has no effect that could be asked for, so only the ACK is judged."""
    check = _accepted("idempotent", "Acknowledges the same callback again", reply)
    seen = f"{check.detail}; whether the app acts once or twice cannot be seen from outside"
    return replace(check, detail=seen) if check.verdict == PASSED else check


def _in_time(reply: Reply) -> Check:
    """An answer that comes later than we wait for a callback is none."""
    title = f"Answers within {POST_WITHIN_S} s"
    return judge("in_time", title, reply.reason or None, f"{reply.took_s * 1000:.0f} ms")


def _shape(replies: list[Reply]) -> Check:
    """A NACK says so in message.ack.status, and why in error.code and error.message."""
    id, title = "nack_shape", "Refusals are NACKs with an error code"
    refused = [reply for reply in replies if reply.status >= 400 or reply.ack == "NACK"]
    if not refused:
        return Check(id, title, SKIPPED, "nothing was refused")
    for reply in refused:
        if reply.ack != "NACK":
            return Check(id, title, FAILED, f"message.ack.status: NACK is expected, got {reply.told()}")
        if not isinstance(reply.error, dict) or not reply.error.get("code"):
            return Check(id, title, FAILED, "error.code: required, but missing")
    return Check(id, title, PASSED, f"{len(refused)} refusals")
