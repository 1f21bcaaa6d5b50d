"""HTTP to the BPP: one signed POST, and what its answer says."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import requests
from django.conf import settings
from nacl.signing import SigningKey

from beckn import signing
from beckn.bap import wire
from emsp.core.wire import WireError, load_json

REPLY_LIMIT = 20_000  # characters kept of an answer


class Undelivered(Exception):
    """No HTTP answer came: connection refused, reset or timed out."""


@dataclass(frozen=True)
class Reply:
    """The synchronous answer. ack: False for a NACK, and for what is no answer of the protocol."""

    status: int
    text: str
    ack: bool
    error_code: str = ""
    error_message: str = ""


@lru_cache(maxsize=2)
def _key(text: str) -> SigningKey:
    return signing.load_private_key(text)


def signature(body: bytes, now: datetime) -> str:
    """The Authorization header for exactly these bytes."""
    return signing.sign(
        body,
        subscriber_id=settings.BAP_ID,
        unique_key_id=settings.BAP_UNIQUE_KEY_ID,
        private_key=_key(settings.BAP_SIGNING_PRIVATE_KEY),
        now=int(now.timestamp()),
    )


def post(action: str, body: bytes, authorization: str) -> Reply:
    """POST a request to the BPP; never follows a redirect.

    Raises Undelivered when no HTTP answer comes within SEND_TIMEOUT_S.
    """
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    try:
        answer = requests.post(
            f"{settings.BPP_URI}/{action}",
            data=body,
            headers=headers,
            timeout=settings.SEND_TIMEOUT_S,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise Undelivered(type(error).__name__) from error
    return _reply(answer.status_code, answer.text[:REPLY_LIMIT])


def _reply(status: int, text: str) -> Reply:
    """Delivered is any 2xx with an ACK or nothing; an error may lie at either level. Source: beckn.md a.6."""
    value = _json(text)
    message = _object(value.get("message"))
    ack = _object(message.get("ack"))
    if 200 <= status < 300 and (not text.strip() or ack.get("status") == "ACK"):
        return Reply(status, text, ack=True)
    code, words = problem(value.get("error") or message.get("error"))
    return Reply(status, text, ack=False, error_code=code, error_message=words or f"HTTP {status}")


def problem(error: Any) -> tuple[str, str]:
    """Code and message of an `error` object; two empty texts when it is none."""
    if not error:
        return "", ""
    try:
        told = wire.read(error, wire.Problem)
    except WireError:
        return "", str(error)[:500]
    return str(told.code if told.code is not None else "")[:40], (told.message or "")[:2000]


def _json(text: str) -> dict[str, Any]:
    try:
        value = load_json(text.encode())
    except WireError:
        return {}
    return _object(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
