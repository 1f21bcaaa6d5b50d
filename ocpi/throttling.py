"""How many requests a peer may send in a second, and an address that comes without a valid token. Source: ocpi.md 1.7.

Counted in Redis for all processes together; without Redis nobody is refused.
"""

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from emsp.core import rates
from emsp.core.addresses import client_ip
from emsp.core.memory import Memory

WAIT_S = 1
COUNTED = "ocpi.above_rate"  # in META, where no header has such a name

_refused: Memory[bool] = Memory(ttl_s=WAIT_S)  # addresses that are not even looked up


class PeerThrottle(BaseThrottle):
    """Refuses a peer above OCPI_RATE_PER_S, whichever of its tokens it came with."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """False above the limit, in this second."""
        peer: Any = request.user
        return not is_above_rate(request, peer.connection.pk)

    def wait(self) -> float:
        """Seconds until the next count begins."""
        return WAIT_S


def is_above_rate(request: HttpRequest | Request, connection_pk: int) -> bool:
    """Whether a peer is above OCPI_RATE_PER_S with this request, which counts once however often this is asked."""
    if COUNTED not in request.META:
        request.META[COUNTED] = _above(settings.OCPI_RATE_PER_S, f"ocpi:{connection_pk}")
    return bool(request.META[COUNTED])


def is_refused(request: HttpRequest | Request) -> bool:
    """Whether an address came without a valid token too often a moment ago."""
    return bool(settings.OCPI_STRANGERS_PER_S and _refused.get(client_ip(request)))


def check_address(request: Request) -> None:
    """Raises Throttled for an address that is refused."""
    if is_refused(request):
        raise Throttled(WAIT_S)


def note_stranger(request: Request) -> None:
    """Count a request without a valid token; above OCPI_STRANGERS_PER_S its address is refused for a moment.

    Not where the address may be that of a proxy in front of us, which nobody told us of: all peers come from there.
    """
    address = client_ip(request)
    ours = settings.LOGIN_PROXY_COUNT == 0 and not ipaddress.ip_address(address).is_global
    if not ours and _above(settings.OCPI_STRANGERS_PER_S, f"ocpi-stranger:{address}"):
        _refused.put(address, True)


def _above(limit: int, name: str) -> bool:
    counted = rates.count(name) if limit else None
    return counted is not None and counted[0] > limit
