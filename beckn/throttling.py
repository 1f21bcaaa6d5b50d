"""How many requests an app may send in a second; where there are too many, search goes first."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request as HttpRequest
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from beckn.authentication import caller
from beckn.models import Request, RequestState
from emsp.core import rates
from emsp.core.memory import Memory

SHED_FIRST = "search"
OTHERS = 2  # times as many requests as search may be sent before the rest is refused too

_behind: Memory[bool] = Memory(ttl_s=1)  # one look at the inbox a second in each process


class SenderThrottle(BaseThrottle):
    """Counts by the sender that the signature proves. Without Redis nobody is refused by number.

    `search` is refused above BECKN_RATE_PER_S requests of one app, above BECKN_BUSY_ABOVE_PER_S of all apps, and while the
    oldest request in the inbox waits longer than BECKN_BUSY_ABOVE_S; what an order hangs on, above twice as many of one app.
    """

    def allow_request(self, request: HttpRequest, view: APIView) -> bool:
        """False above the limit, in this second."""
        limit, busy_above = settings.BECKN_RATE_PER_S, settings.BECKN_BUSY_ABOVE_PER_S
        counted = None
        if limit or busy_above:
            counted = rates.count("beckn", f"beckn:{caller(request).subscriber.subscriber_id}")
        everybody, sender = counted or (0, 0)
        if view.kwargs["action"] != SHED_FIRST:
            return not limit or sender <= OTHERS * limit
        return (
            (not limit or sender <= limit) and (not busy_above or everybody <= busy_above) and not is_behind()
        )

    def wait(self) -> float:
        """Seconds until the next count begins."""
        return 1.0


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
