"""Outgoing HTTP: which addresses may be called, pooled connections, time limits and a size cap.

Never called inside a database transaction.
"""

import ipaddress
import socket
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

from emsp.core.errors import DomainError

RESPONSE_LIMIT_BYTES = 10_000_000
CALLBACK_RESPONSE_LIMIT_BYTES = 64_000
# IPv4-compatible, SIIT and NAT64: the last four bytes are an IPv4 address.
TRANSLATED = tuple(map(IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
CALLBACK_TIMEOUT = urllib3.Timeout(connect=3, read=10)


class ForbiddenAddress(DomainError):
    """A partner's URL leads where we do not go: not https, or to a private address."""


class UnresolvableHost(ForbiddenAddress):
    """Nobody knows the address of the host now; that may change."""


def check_url(url: str) -> str:
    """Return url when it may be called, else raise ForbiddenAddress.

    With SANDBOX any http(s) URL may. Otherwise: https only, and every address of the host must be public,
    in whatever spelling (decimal, octal, IPv4-mapped IPv6, names that resolve to private addresses).
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
    public_addresses(parts.hostname, port)
    return url


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of host, all of them public; raises ForbiddenAddress otherwise."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnresolvableHost("the URL's host cannot be resolved") from None
    addresses = sorted({str(entry[4][0]) for entry in found})
    for text in addresses:
        address = ipaddress.ip_address(text.split("%")[0])
        if address.is_multicast or not all(each.is_global for each in (address, *_within(address))):
            raise ForbiddenAddress("the URL leads to a private address")
    return addresses


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses to which an IPv6 address may be translated on its way."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if any(address in network for network in TRANSLATED):
        found.append(IPv4Address(address.packed[-4:]))
    return [each for each in found if each is not None]


@cache
def callback_pool() -> urllib3.PoolManager:
    """The pool for callbacks, the hot path: no redirects, no retries of its own."""
    return urllib3.PoolManager(num_pools=200, maxsize=16, retries=False, timeout=CALLBACK_TIMEOUT)
