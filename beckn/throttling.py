"""How many requests an app may send in a second; where there are too many, search goes first."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from beckn.authentication import caller
from emsp.core import rates
from emsp.core.memory import Memory

SHED_FIRST = "search"
OTHERS = 2  # times as many requests as search may be sent before the rest is refused too

_away: Memory[bool] = Memory(ttl_s=5)  # a Redis that is away is not waited for by every request


class SenderThrottle(BaseThrottle):
    """Counts by the sender that the signature proves. Without Redis nobody is refused.

    `search` is refused above BECKN_RATE_PER_S requests of one app, and above BECKN_BUSY_ABOVE_PER_S of all apps;
    what an order hangs on, above twice as many of one app.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        """False above the limit, in this second."""
        limit, busy_above = settings.BECKN_RATE_PER_S, settings.BECKN_BUSY_ABOVE_PER_S
        if not (limit or busy_above) or _away.get("redis"):
            return True
        counted = rates.count("beckn", f"beckn:{caller(request).subscriber.subscriber_id}")
        if counted is None:
            _away.put("redis", True)
            return True
        everybody, sender = counted
        if view.kwargs["action"] != SHED_FIRST:
            return not limit or sender <= OTHERS * limit
        return (not limit or sender <= limit) and (not busy_above or everybody <= busy_above)

    def wait(self) -> float:
        """Seconds until the next count begins."""
        return 1.0
