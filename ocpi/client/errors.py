"""PeerError: a peer did not answer, or did not answer as OCPI says."""

import ssl
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from emsp.core.errors import DomainError

UNREAD_STATUSES = frozenset({429, 500, 502, 503, 504})


class PeerError(DomainError):
    """A request to a peer failed. The text is short and holds no secret.

    status: HTTP status, None when there was no answer. code: status_code of the envelope, None without one.
    sent: False when the request surely did not reach the peer; True when it did or may have.
    transient: trying the same again may help.
    retry_after_s: how long the peer asks us to wait, None when it did not say.
    data: what came in the envelope nevertheless.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        code: int | None = None,
        sent: bool,
        transient: bool = False,
        retry_after_s: float | None = None,
        data: Any = None,
    ) -> None:
        self.reason, self.status, self.code, self.sent = reason, status, code, sent
        self.transient = transient or status in UNREAD_STATUSES
        self.retry_after_s, self.data = retry_after_s, data
        super().__init__(reason)


class NotOffered(PeerError):
    """The peer's version details name no such module; nothing was sent."""


class LeftAlone(PeerError):
    """The peer has not answered for a while and is not asked now; nothing was sent."""

    def __init__(self) -> None:
        super().__init__("it has not answered for a while and is not asked now", sent=False)


def unreached(error: requests.RequestException) -> PeerError:
    """What a failure below HTTP means: nothing was sent when the connection never stood."""
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return PeerError("its TLS certificate is not valid", sent=False)
    if any(isinstance(cause, NewConnectionError | ConnectTimeoutError) for cause in causes):
        return PeerError("no connection", sent=False, transient=True)
    if isinstance(error, requests.ConnectTimeout):
        return PeerError("no connection", sent=False, transient=True)
    if isinstance(error, ValueError) and not isinstance(error, requests.JSONDecodeError):
        return PeerError("its URL is not usable", sent=False)  # InvalidURL, MissingSchema …
    if isinstance(error, requests.Timeout):
        return PeerError("no answer in time", sent=True, transient=True)
    return PeerError("the connection broke before the answer was complete", sent=True, transient=True)


def _causes(error: BaseException) -> list[BaseException]:
    """error and what it wraps; requests and urllib3 put the cause into args, reason or __cause__."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and cause not in found:
            found.append(cause)
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__]
    return found
