"""Where search reads: on a streaming replica that answers and keeps up with the primary, else on the primary.

The replica keeps up when it has replayed what the primary had written a moment ago, by the positions in the log of
both: that holds also where nothing is written for hours, and where the replica does not know that it was cut off.
"""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections

from emsp.core.memory import Memory

log = logging.getLogger(__name__)

REPLICA = "replica"
WRITTEN = "SELECT pg_current_wal_lsn() - '0/0'"
REPLAYED = "SELECT pg_last_wal_replay_lsn() - '0/0'"  # null on a server that is no replica

T = TypeVar("T")

_passed_by: Memory[bool] = Memory(ttl_s=5)  # a replica that is away is not tried by every search


def reading(query: Callable[[str], T]) -> T:
    """What query gives for a database's alias: the replica's, or the primary's when the replica is away or late.

    query must only read: where the replica fails in the middle, it is run again on the primary. What it gives is at most
    REPLICA_LAG_S behind.
    """
    if REPLICA in connections.settings and _passed_by.get(REPLICA) is None:
        try:
            if _pace.is_kept(settings.REPLICA_LAG_S):
                return query(REPLICA)
        except Error as error:
            connections[REPLICA].close()
            _passed_by.put(REPLICA, True)
            log.warning("search reads on the primary: the replica: %s", type(error).__name__)
    return query(DEFAULT_DB_ALIAS)


class _Pace:
    """Whether the replica keeps up, looked at every third of the lag that is allowed. For threads of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._mark, self._looked_at, self._kept = 0, float("-inf"), False

    def is_kept(self, most_s: float) -> bool:
        """The verdict of the last look, or of a new one when that is due. Raises django.db.Error."""
        if monotonic() - self._looked_at >= most_s / 3 and self._lock.acquire(blocking=False):
            try:
                self._look(most_s)
            finally:
                self._lock.release()
        return self._kept

    def _look(self, most_s: float) -> None:
        """Compare with what was written at the last look; with what is written now where that was too long ago."""
        now = monotonic()
        recent = now - self._looked_at <= most_s * 2 / 3
        self._kept, self._looked_at = False, now
        before, self._mark = self._mark, _number(DEFAULT_DB_ALIAS, WRITTEN) or 0
        replayed = _number(REPLICA, REPLAYED)
        self._kept = replayed is not None and replayed >= (before if recent else self._mark)


_pace = _Pace()


def _number(database: str, sql: str) -> int | None:
    with connections[database].cursor() as cursor:
        cursor.execute(sql)
        (found,) = cursor.fetchone()
    return found if found is None else int(found)
