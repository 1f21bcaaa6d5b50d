"""A long range of last_updated, cut into pieces that a peer takes in one request. Pure. Source: ocpi.md 1.8, T13."""

from datetime import datetime, timedelta

CLOCKS_APART = timedelta(hours=1)  # theirs may be ahead of ours (T29): what is open at its end reaches to their now

Window = tuple[datetime | None, datetime | None]


def windows(date_from: datetime | None, now: datetime, max_range_days: int | None) -> list[Window]:
    """date_from and date_to of each request, the oldest first; the last one is open at its end.

    max_range_days: the longest range that the peer takes; None for any. A list without date_from has no range.
    """
    if date_from is None or max_range_days is None:
        return [(date_from, None)]
    span = timedelta(days=max_range_days) - CLOCKS_APART
    found: list[Window] = []
    while now - date_from > span:
        found.append((date_from, date_from + span))
        date_from += span
    return [*found, (date_from, None)]
