"""Outgoing HTTP: which addresses may be called, pooled connections, time limits and a size cap.

The name of a partner's host is looked up once for a connection, which then goes to the very address that was
checked: a name server that answers otherwise a moment later gains nothing by it.
Never called inside a database transaction.
"""

import http.client
import io
import ipaddress
import math
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from emsp.core.errors import DomainError
from emsp.core.tls import client_context

RESPONSE_LIMIT_BYTES = 10_000_000
CALLBACK_RESPONSE_LIMIT_BYTES = 64_000
# IPv4-compatible, SIIT and NAT64: the last four bytes are an IPv4 address.
TRANSLATED = tuple(map(IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
# Not for us, though ipaddress counts them among the public ones, in some releases of Python at least: addresses of a site,
# NAT64 within a network, 6to4, and those under which clouds answer their own machines about keys.
INTERNAL = tuple(map(ip_network, ("fec0::/10", "64:ff9b:1::/48", "2002::/16", "192.0.0.0/24", "168.63.129.16/32")))
PIECE_BYTES = 16_384
READ_TIMEOUT_S = 10  # where a caller names none
CALLBACK_TIMEOUT = urllib3.Timeout(connect=3, read=10)
NO_RETRIES = urllib3.Retry(False, redirect=False)

_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)  # by monotonic()


class ForbiddenAddress(DomainError):
    """A partner's URL leads where we do not go: not https, or to a private address."""


class UnresolvableHost(ForbiddenAddress):
    """Nobody knows the address of the host now; that may change."""


def check_url(url: str, *, look_up: bool = True) -> str:
    """Return url when it may be called, else raise ForbiddenAddress.

    With SANDBOX any http(s) URL may. Otherwise: https only, and every address of the host must be public,
    in whatever spelling (decimal, octal, IPv4-mapped IPv6, names that resolve to private addresses).
    look_up: False leaves names to the connection, which checks the addresses it goes to.
    Source: design.md §8, `SANDBOX` false.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address, letters that stand for a slash
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ForbiddenAddress("the URL is not an absolute http(s) URL")
    if parts.username or parts.password:
        raise ForbiddenAddress("the URL carries a user name or password")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ForbiddenAddress("the URL's port is not a number from 1 to 65535") from None
    if settings.SANDBOX:
        return url
    if parts.scheme != "https":
        raise ForbiddenAddress("the URL is not https")
    if look_up or _is_number(parts.hostname):
        public_addresses(parts.hostname, port)
    return url


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of host in the order in which to try them, all of them public; else raises ForbiddenAddress."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnresolvableHost("the URL's host cannot be resolved") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for text in addresses:
        address = ipaddress.ip_address(text.split("%")[0])
        if not all(map(_is_public, (address, *_within(address)))):
            raise ForbiddenAddress("the URL leads to a private address")
    return addresses


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast and not any(address in network for network in INTERNAL)


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses to which an IPv6 address may be translated on its way."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped] if address.ipv4_mapped is not None else []
    if any(address in network for network in TRANSLATED):
        found.append(IPv4Address(address.packed[-4:]))
    return found


def _is_number(host: str) -> bool:
    """Whether host is an address itself, in any spelling, and nothing to look up."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is exchanged with a partner in this block ends after so many seconds, also when bytes drip in.

    Holds for PartnerSession, and for post. What comes too late is a timeout like any other.
    """
    token = _deadline.set(monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left_s(most_s: float) -> float:
    """How long to wait now: most_s, or what is left until the deadline. Raises TimeoutError when nothing is."""
    left_s = _deadline.get() - monotonic()
    if left_s <= 0:
        raise TimeoutError("the exchange takes too long")
    return min(left_s, most_s)


class _TimedReader(io.RawIOBase):
    """What comes in on a connection; no byte is waited for longer than its read timeout and the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock, self._pause_s = raw, sock, sock.gettimeout() or READ_TIMEOUT_S

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left_s(self._pause_s))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer whose head and body both come before the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    """Goes to a checked address; Host, SNI and the name in the certificate stay those of the URL."""

    response_class = _Answer

    def send(self, data: Any) -> None:
        """No longer than until the deadline."""
        if self.sock is not None:
            self.sock.settimeout(_left_s(self.timeout or READ_TIMEOUT_S))
        super().send(data)

    def _new_conn(self) -> socket.socket:
        if settings.SANDBOX:
            return super()._new_conn()
        name = self._dns_host
        failure: ConnectTimeoutError | NewConnectionError = ConnectTimeoutError(self, "no time is left to connect")
        try:
            for address in public_addresses(name, self.port):
                if monotonic() >= _deadline.get():
                    break
                self._dns_host = address
                try:
                    return super()._new_conn()
                except (ConnectTimeoutError, NewConnectionError) as error:
                    failure = error
        finally:
            self._dns_host = name
        raise failure


class _TlsConnection(_Connection, HTTPSConnection):
    def send(self, data: Any) -> None:
        """In pieces, because the time limit counts anew with each record that is taken."""
        pieces = range(0, len(data), PIECE_BYTES) if isinstance(data, bytes) else ()
        for begin in pieces:
            super().send(data[begin : begin + PIECE_BYTES])
        if not pieces:
            super().send(data)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Pools(urllib3.PoolManager):
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class _Adapter(HTTPAdapter):
    def __init__(self, client_cert: str = "") -> None:
        self._tls = {"ssl_context": client_context(client_cert)} if client_cert else {}
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        self.poolmanager = _Pools(num_pools=connections, maxsize=maxsize, block=block, **self._tls, **more)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        """A proxy named in the environment is passed by: it would look names up by itself, unchecked."""
        return super().send(request, *args, **more | {"proxies": None})


class PartnerSession(requests.Session):
    """requests for partners: checked addresses, no cookies; redirects are left to the caller.

    client_cert: what we show to a partner that asks for a certificate, as PEM with its key; a session for that one only.
    """

    def __init__(self, client_cert: str = "") -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(client_cert))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Leave Location alone: requests would read it of itself, and a wrong one looked like a wrong URL of ours."""
        return


class Brief(NamedTuple):
    """An answer, or its beginning."""

    status: int
    content: bytes
    headers: Mapping[str, str]


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, within_s: float, limit_bytes: int = CALLBACK_RESPONSE_LIMIT_BYTES
) -> Brief:
    """POST to a checked URL, as callbacks are: pooled connections, no redirects, no retries.

    limit_bytes: of the answer's body; the rest is not waited for. Raises ForbiddenAddress, urllib3's HTTPError, OSError.
    """
    scheme, host, port, target = _parts(url)
    with within(within_s):
        answer = _callback_pool(scheme, host, port).urlopen(
            "POST", target, body=body, headers=headers, retries=NO_RETRIES, redirect=False, preload_content=False
        )
        try:
            content = answer.read(limit_bytes) if limit_bytes else b""
            if len(content) >= limit_bytes:
                answer.close()  # what else it sends is of no interest, and may be endless
        finally:
            answer.release_conn()
    return Brief(answer.status, content, answer.headers)


@lru_cache(maxsize=1024)
def _parts(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host, port and what is asked for there."""
    parts = urllib3.util.parse_url(url)
    return str(parts.scheme), str(parts.host), parts.port, parts.request_uri


@lru_cache(maxsize=200)
def _callback_pool(scheme: str, host: str, port: int | None) -> urllib3.HTTPConnectionPool:
    """A pool for each host that takes callbacks; urllib3 looks for it in a way that takes longer than a POST."""
    kind = _TlsPool if scheme == "https" else _Pool
    return kind(host, port, maxsize=16, timeout=CALLBACK_TIMEOUT)
