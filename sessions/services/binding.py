"""What makes a quote bind: a digest over all that was promised, and the checks against what an app states.

Source: design.md §5, a quote binds; beckn.md a.7, 40003.
"""

import hashlib
import hmac
import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from emsp.core.money import plain
from sessions.errors import QuoteExpired
from sessions.models import Order, Quote

log = logging.getLogger(__name__)


def digest_of(quote: Quote) -> str:
    """SHA-256 over offer, lines, total, currency, tariff with its version, price rule and end of a quote, in hex."""
    promised = {
        "quote_id": str(quote.quote_id),
        "offer": quote.offer_id,
        "currency": quote.currency,
        "total": quote.total,
        "lines": quote.lines,
        "tariff": quote.tariff,
        "tariff_version": quote.tariff_version_id,
        "rule": quote.rule,
        "expires_at": quote.expires_at,
    }
    return hashlib.sha256(_canonical(promised).encode()).hexdigest()


def check_whole(quote: Quote) -> None:
    """Raises QuoteExpired when a stored quote is not what was given to the app. One without a digest is let pass."""
    if quote.digest and not hmac.compare_digest(quote.digest, digest_of(quote)):
        log.error("quote %s was changed after it had been given", quote.quote_id)
        raise QuoteExpired("the quote cannot be honoured as it was given; select again for a new one")


def check_own(order: Order | None, quote_id: str) -> None:
    """Raises QuoteExpired when an app names a quote that was given for another order, also another app's.

    An id that is none of ours says nothing: some apps number quotes themselves.
    """
    try:
        wanted = uuid.UUID(quote_id)
    except ValueError:
        return
    owner = Quote.objects.filter(quote_id=wanted).values_list("order_id", flat=True).first()
    if owner is not None and (order is None or owner != order.pk):
        raise QuoteExpired("this quote was not given for this order; select again for one of your own")


def _canonical(value: Any) -> str:
    """One text for one value: keys in order, numbers without needless zeros, moments in UTC."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key!r}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, Decimal | int | float):
        return plain(Decimal(str(value)))
    return repr(value)
