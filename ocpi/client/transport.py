"""One HTTP exchange with a peer: allowed addresses only, time limits, a size cap, no surprise redirects.

Never called inside a database transaction.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

from emsp.core.http import (
    RESPONSE_LIMIT_BYTES,
    ForbiddenAddress,
    PartnerSession,
    UnresolvableHost,
    check_url,
    within,
)
from ocpi.client.errors import PeerError, unreached
from ocpi.client.links import absolute
from ocpi.models import Connection

ANSWER_TIMEOUT_S = 60  # a page may be large
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3
_mine = threading.local()


class TokenAuth(AuthBase):
    """Sets `Authorization: Token …`. Given as auth so that no .netrc of the machine replaces it."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Token {self.value}"
        return request


@dataclass(frozen=True)
class Exchange:
    """Status, headers and body as they came; url is where they came from at last."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Line:
    """How a peer is reached: time limits in seconds, and the certificate we show to it (PEM with its key, or nothing)."""

    connect_timeout_s: float
    read_timeout_s: float
    command_timeout_s: float
    client_cert: str = field(default="", repr=False)

    @classmethod
    def to(cls, connection: Connection | None) -> "Line":
        """As the peer's connection says; as to everybody where it says nothing, or there is none yet."""
        return cls(
            (connection and connection.connect_timeout_s) or settings.OCPI_CONNECT_TIMEOUT_S,
            (connection and connection.read_timeout_s) or settings.OCPI_READ_TIMEOUT_S,
            (connection and connection.command_timeout_s) or settings.OCPI_COMMAND_TIMEOUT_S,
            connection.tls_client_cert if connection else "",
        )

    def longest_s(self, read_timeout_s: float | None) -> float:
        """How long one exchange may take, connecting included."""
        return self.connect_timeout_s + (read_timeout_s or ANSWER_TIMEOUT_S)


def exchange(
    method: str,
    url: str,
    *,
    auth: AuthBase,
    headers: Mapping[str, str],
    line: Line,
    body: bytes | None = None,
    read_timeout_s: float | None = None,
    pooled: bool = True,
) -> Exchange:
    """Send one request and read the whole answer, whatever its status.

    read_timeout_s: for the whole answer; without it no pause may be longer than the line's, and the whole
    no longer than ANSWER_TIMEOUT_S. pooled: False for a connection of its own, on which "no
    connection" is certain to mean that nothing was sent.
    Redirects: followed for GET on the same host, else refused (ocpi.md 1.7).
    Raises PeerError.
    """
    timeout = (line.connect_timeout_s, read_timeout_s or line.read_timeout_s)
    whole_s = line.longest_s(read_timeout_s)
    session = _session(line.client_cert) if pooled else PartnerSession(line.client_cert)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url, look_up=False)
            with within(whole_s), session.request(
                method, url, data=body, headers=dict(headers), auth=auth, timeout=timeout, stream=True,
                allow_redirects=False,
            ) as answer:
                if answer.status_code not in REDIRECTS:
                    return Exchange(url, answer.status_code, answer.headers, _read(answer))
                url = _redirected(method, url, answer)
        raise PeerError("it redirects in circles", status=answer.status_code, sent=True)
    except ForbiddenAddress as error:
        raise PeerError(str(error), sent=False, transient=isinstance(error, UnresolvableHost)) from None
    except requests.RequestException as error:
        raise unreached(error) from error
    finally:
        if not pooled:
            session.close()


def _redirected(method: str, url: str, answer: requests.Response) -> str:
    target = absolute(url, answer.headers.get("Location", "")) or ""
    here, there = urlsplit(url), urlsplit(target)
    if method != "GET" or (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise PeerError(f"it redirects a {method} to another address", status=answer.status_code, sent=True)
    return target


def _read(answer: requests.Response) -> bytes:
    try:
        content: bytes = answer.raw.read(RESPONSE_LIMIT_BYTES + 1, decode_content=True)
    except ReadTimeoutError as error:
        raise PeerError("its answer took too long", sent=True, transient=True) from error
    except HTTPError as error:
        raise PeerError("the connection broke in the answer", sent=True, transient=True) from error
    if len(content) > RESPONSE_LIMIT_BYTES:
        reason = f"its answer is larger than {RESPONSE_LIMIT_BYTES} bytes"
        raise PeerError(reason, status=answer.status_code, sent=True)
    return content


def _session(client_cert: str) -> requests.Session:
    """The pool of this thread; requests does not promise that a session may be shared between threads.

    A certificate has a pool of its own, so that no other peer is shown it.
    """
    sessions: dict[str, requests.Session] = _mine.__dict__.setdefault("sessions", {})
    if client_cert not in sessions:
        sessions[client_cert] = PartnerSession(client_cert)
    return sessions[client_cert]
