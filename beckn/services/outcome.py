"""One POST to an app, and what its answer means for the callback. Source: beckn.md a.6."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import urllib3

from emsp.core import http
from emsp.core.http import ForbiddenAddress, UnresolvableHost, check_url
from emsp.core.log import mask_text
from emsp.core.wire import WireError, load_json

POST_WITHIN_S = 15  # connecting and the whole answer; less than the lease of a callback
RETRY_AFTER_LIMIT_S = 300
ERROR_LIMIT = 300  # characters


class Verdict(Enum):
    """What becomes of the callback."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # final: the app said no
    LATER = "later"
    NEVER = "never"  # its address may not be called


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended. reason: for staff, without secrets. retry_after_s: what the app asked for."""

    verdict: Verdict
    status: int | None = None
    reason: str = ""
    retry_after_s: float | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody answered, or only a server that is out of order."""
        return self.verdict == Verdict.LATER and (self.status is None or self.status >= 500)


def post(url: str, body: bytes, headers: dict[str, str]) -> Outcome:
    """POST a callback. Never inside a transaction; never raises for what the other side does."""
    try:
        check_url(url, look_up=False)
        answer = http.post(url, body, headers, within_s=POST_WITHIN_S)
    except UnresolvableHost as error:
        return Outcome(Verdict.LATER, reason=_short(str(error)))
    except ForbiddenAddress as error:
        return Outcome(Verdict.NEVER, reason=_short(str(error)))
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return Outcome(Verdict.LATER, reason=f"no answer: {type(error).__name__}")
    return judge(answer.status, answer.content, answer.headers.get("Retry-After"))


def judge(status: int, content: bytes, retry_after: str | None = None) -> Outcome:
    """What an answer means.

    Delivered: 2xx that is no NACK. Refused for good: a NACK at any status, and 3xx and 4xx. Later: 408, 429
    (also as a NACK: it names a time) and 5xx.
    """
    nack = _nack(content)
    if status == 429 or (nack is None and (status == 408 or status >= 500)):
        reason = nack or f"HTTP {status}"
        return Outcome(Verdict.LATER, status, reason, _seconds(retry_after))
    if nack is not None:
        return Outcome(Verdict.REFUSED, status, nack)
    if 200 <= status < 300:
        return Outcome(Verdict.DELIVERED, status)
    return Outcome(Verdict.REFUSED, status, f"HTTP {status}")


def _nack(content: bytes) -> str | None:
    """The app's words when it answered NACK, else None. Its error stands at the top or in the message."""
    try:
        answer = load_json(content)
        message = answer["message"]
        if message["ack"]["status"] != "NACK":
            return None
    except (WireError, KeyError, TypeError):
        return None
    error = answer.get("error") or message.get("error")
    words = [error.get("code"), error.get("message")] if isinstance(error, dict) else []
    return _short(" ".join(["NACK", *(str(word) for word in words if word)]))


def _seconds(text: str | None) -> float | None:
    """Retry-After, a number of seconds or a date, in seconds from now; at most RETRY_AFTER_LIMIT_S."""
    seconds: Any = None
    if text is not None and text.strip().isdecimal():
        seconds = int(text.strip()[:9])
    elif text is not None:
        try:
            at = parsedate_to_datetime(text)
            seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        except ValueError:
            return None
    return None if seconds is None else min(max(float(seconds), 0.0), RETRY_AFTER_LIMIT_S)


def _short(text: str) -> str:
    return mask_text(text.replace("\x00", ""))[:ERROR_LIMIT]
