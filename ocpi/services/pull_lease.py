"""Lease: one pull per module and peer at a time. A pull that died gives way when its lease has run out."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from ocpi.models import Connection, SyncState

# Longer than one try of a page takes, and than the wait before the next.
LEASE = timedelta(seconds=150)


class LeaseLost(Exception):
    """Another pull of this module took over: this one was too slow, or its clock was put forward."""


class Lease:
    """The right to pull one module. running_until in the row says whose it is."""

    def __init__(self, state: SyncState) -> None:
        self._state = state

    @classmethod
    def take(cls, connection: Connection, module: str) -> "tuple[Lease, SyncState] | None":
        """The lease, with the state as the last pull left it; None while another pull runs."""
        SyncState.objects.get_or_create(connection=connection, module=module)
        now = timezone.now()
        free = Q(running_until__isnull=True) | Q(running_until__lt=now)
        rows = SyncState.objects.filter(free, connection=connection, module=module)
        if not rows.update(running_until=now + LEASE, last_run_at=now):
            return None
        state = SyncState.objects.get(connection=connection, module=module)
        return cls(state), state

    def renew(self) -> None:
        """Keep it. Raises LeaseLost when it is not ours any more."""
        until = timezone.now() + LEASE
        if not self._mine().update(running_until=until):
            raise LeaseLost
        self._state.running_until = until

    def release(self) -> None:
        """Give it back; nothing happens when it was lost."""
        self._mine().update(running_until=None)

    def _mine(self) -> QuerySet[SyncState]:
        return SyncState.objects.filter(pk=self._state.pk, running_until=self._state.running_until)
