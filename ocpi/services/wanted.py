"""Wakes workers that fetch from a CPO what we should have and do not. Nothing here waits or calls out."""

from emsp.core.wakeup import wake
from ocpi import tasks
from ocpi.models import Connection, Party


def location(party: Party, location_id: str) -> None:
    """Have one location read at the CPO: somebody spoke of it, or of a part of it, that we do not know."""
    wake(tasks.fetch_location, party.pk, location_id)


def session(party: Party, session_id: str) -> None:
    """Have one session read at the CPO: its PUT may have been lost (T52)."""
    wake(tasks.fetch_session, party.pk, session_id)


def everything(connection: Connection) -> None:
    """Have all modules of a peer pulled."""
    wake(tasks.pull_connection, connection.pk)
