"""How many requests an app may send in a second, where search goes first, and how often a registry may ask."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.exceptions import Throttled
from rest_framework.throttling import SimpleRateThrottle

from beckn.models import Request, RequestState
from emsp.core import rates
from emsp.core.memory import Memory

SHED_FIRST = "search"
OTHERS = 2  # times as many requests as search may be sent before the rest is refused too
WAIT_S = 1  # until the next count begins

_behind: Memory[bool] = Memory(ttl_s=1)  # one look at the inbox a second in each process


def check_sender(subscriber_id: str, action: str) -> None:
    """Count a request of an app that the signature proves. Without Redis nobody is refused by number.

    `search` is refused above BECKN_RATE_PER_S requests of one app, above BECKN_BUSY_ABOVE_PER_S of all apps, and while the
    oldest request in the inbox waits longer than BECKN_BUSY_ABOVE_S; what an order hangs on, above twice as many of one app.
    Raises Throttled.
    """
    limit, busy_above = settings.BECKN_RATE_PER_S, settings.BECKN_BUSY_ABOVE_PER_S
    counted = rates.count("beckn", f"beckn:{subscriber_id}") if limit or busy_above else None
    everybody, sender = counted or (0, 0)
    if action == SHED_FIRST:
        refused = bool(limit and sender > limit) or bool(busy_above and everybody > busy_above) or is_behind()
    else:
        refused = bool(limit and sender > OTHERS * limit)
    if refused:
        raise Throttled(WAIT_S)


class _Challenges(SimpleRateThrottle):
    """A registry sends a challenge now and then; whoever sends more is guessing."""

    scope = "on_subscribe"
    rate = "30/min"

    def get_cache_key(self, request: Any, view: None) -> str:  # type: ignore[override]
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


def check_challenge(request: HttpRequest) -> None:
    """Count a challenge by the address it comes from. Raises Throttled."""
    throttle: Any = _Challenges()
    if not throttle.allow_request(request, None):
        raise Throttled(throttle.wait())


def is_behind() -> bool:
    """Whether requests come faster than they are handled: the oldest waits longer than BECKN_BUSY_ABOVE_S seconds."""
    if not settings.BECKN_BUSY_ABOVE_S:
        return False
    known = _behind.get("inbox")
    if known is None:
        since = timezone.now() - timedelta(seconds=settings.BECKN_BUSY_ABOVE_S)
        waiting = Request.objects.filter(state=RequestState.RECEIVED, attempts=0, due_at__lt=since)
        known = waiting.exists()
        _behind.put("inbox", known)
    return known
