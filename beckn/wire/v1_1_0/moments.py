"""Times and durations of Beckn messages."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from emsp.core.wire import WireError

DAYS_A_YEAR, DAYS_A_MONTH = 365, 30  # a ttl needs no calendar; BECKN-006's own example is P1M
DURATION = re.compile(
    r"^P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?$"
)


def moment_of(value: Any, path: str) -> datetime | None:
    """An RFC 3339 time as aware UTC; without an offset it is UTC. None for null and empty text.

    Raises WireError naming path for anything else, a bare time of day included (f 28).
    """
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise WireError("is not an RFC 3339 time", path=path) from None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise WireError("is not an RFC 3339 time", path=path) from None


def duration_of(value: Any, path: str) -> timedelta | None:
    """An ISO 8601 duration such as PT30S or P1D. None for null and empty text; raises WireError naming path."""
    if value is None or value == "":
        return None
    found = DURATION.match(str(value)) if len(str(value)) < 40 else None
    if not found or not any(found.groups()):
        raise WireError("is not an ISO 8601 duration", path=path)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    days += years * DAYS_A_YEAR + months * DAYS_A_MONTH
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
