"""Reading the response envelope of a peer, tolerantly. Source: ocpi.md 1.5, traps T3-T6, T25."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from emsp.core.log import MASK, mask_text
from emsp.core.wire import WireError
from ocpi.client.errors import PeerError
from ocpi.client.lenient import load_leniently
from ocpi.client.transport import Exchange

log = logging.getLogger(__name__)

FOREIGN_BODY_LIMIT = 2_000
WELL = range(200, 300)
SUCCESS = range(1000, 2000)


@dataclass(frozen=True)
class Envelope:
    """A successful answer. code is 1000 where the peer left the envelope out."""

    data: Any
    code: int
    status: int


def read_envelope(answer: Exchange, *, secret: bool = False, hidden: tuple[str, ...] = ()) -> Envelope:
    """What the peer answered; success is a 2xx with a status_code from 1000 to 1999.

    A missing body, and data without an envelope, count as success on 2xx.
    secret: True keeps the body out of the log whatever it is. hidden: words that nothing may repeat.
    Raises PeerError with the HTTP status and the status_code otherwise.
    """
    well = answer.status in WELL
    if not answer.body.strip():
        if well:
            return Envelope(None, 1000, answer.status)
        raise _failure(answer, None)
    try:
        body = load_leniently(answer.body)
    except WireError:
        _keep(answer, secret, hidden)
        if well:
            reason = "its answer is not JSON"
            raise PeerError(reason, status=answer.status, sent=True, transient=True) from None
        raise _failure(answer, None) from None
    code = _code(body)
    if well and code is None and (isinstance(body, list) or (isinstance(body, dict) and "data" in body)):
        return Envelope(body if isinstance(body, list) else body["data"], 1000, answer.status)
    if well and code is not None and code in SUCCESS:
        return Envelope(body.get("data"), code, answer.status)
    if code is None:
        _keep(answer, secret, hidden)
    fields = body if isinstance(body, dict) else {}
    # Without control characters: what is said here is stored and shown, and no text column takes NUL.
    message = "".join(filter(str.isprintable, str(fields.get("status_message") or "")[:200]))
    raise _failure(answer, code, _masked(message, hidden), fields.get("data"))


def one_object(data: Any) -> dict[str, Any] | None:
    """data as an object: a list of one is unwrapped (T3); None when it is something else."""
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    return data if isinstance(data, dict) else None


def _code(body: Any) -> int | None:
    value = body.get("status_code") if isinstance(body, dict) else None
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def _failure(answer: Exchange, code: int | None, message: str = "", data: Any = None) -> PeerError:
    said = f"HTTP {answer.status}"
    if answer.status in WELL:
        said = "its answer has no OCPI envelope" if code is None else f"status_code {code}"
    return PeerError(
        f"{said}: {message}" if message else said,
        status=answer.status, code=code, sent=True, retry_after_s=_retry_after(answer), data=data,
    )


def _masked(text: str, hidden: tuple[str, ...]) -> str:
    for word in filter(None, hidden):
        text = text.replace(word, MASK)
    return mask_text(text)


def _retry_after(answer: Exchange) -> float | None:
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _keep(answer: Exchange, secret: bool, hidden: tuple[str, ...]) -> None:
    start = answer.body[:FOREIGN_BODY_LIMIT].decode("utf-8", "replace")
    text = "(not shown)" if secret else _masked(start, hidden)
    log.warning("foreign body with HTTP %s from %s: %s", answer.status, answer.url.split("?")[0], text)
