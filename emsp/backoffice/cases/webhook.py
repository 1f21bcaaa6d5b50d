"""One signed POST to the webhook of cases."""

import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import urllib3
from django.conf import settings

from emsp.core import http
from emsp.core.http import ForbiddenAddress, UnresolvableHost, check_url
from emsp.core.wire import encode

POST_WITHIN_S = 15


@dataclass(frozen=True)
class Outcome:
    """problem: empty when it was taken. final: the same again would not help."""

    problem: str = ""
    final: bool = False


def signature(timestamp: str, body: bytes) -> str:
    """`sha256=` and HMAC-SHA-256 in hexadecimal, under CASE_WEBHOOK_KEY, over the timestamp, a dot, and the body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(settings.CASE_WEBHOOK_KEY.encode(), signed, hashlib.sha256).hexdigest()


def post(reference: UUID, content: dict[str, Any]) -> Outcome:
    """POST a notice to CASE_WEBHOOK_URL. Never inside a transaction; never raises for what the other side does.

    reference: the same in every attempt (`X-Notice-Id`), so that the other side can tell a repeat.
    """
    url = settings.CASE_WEBHOOK_URL
    body, timestamp = encode(content), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-Notice-Id": str(reference),
        "X-Timestamp": timestamp,
        "X-Signature": signature(timestamp, body),
    }
    try:
        check_url(url, look_up=False)
        answer = http.post(url, body, headers, within_s=POST_WITHIN_S, limit_bytes=0)
    except UnresolvableHost as error:
        return Outcome(str(error))
    except ForbiddenAddress as error:
        return Outcome(str(error), final=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return Outcome(f"no answer: {type(error).__name__}")
    return Outcome() if 200 <= answer.status < 300 else Outcome(f"HTTP {answer.status}")
