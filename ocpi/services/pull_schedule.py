"""When a module is to be pulled again, and whether in full. Every moment stands in its SyncState row."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from ocpi.models import Connection, ConnectionStatus, SyncState


def due_modules(connection: Connection, modules: Sequence[str]) -> list[str]:
    """Those of the modules that are to be pulled now, in the same order."""
    now = timezone.now()
    states = {state.module: state for state in connection.sync_states.all()}
    return [module for module in modules if _is_due(states.get(module), now)]


def due_connections(modules: Sequence[str]) -> list[Connection]:
    """Registered peers that have a due module and no pull under way."""
    now = timezone.now()
    peers = Connection.objects.filter(status=ConnectionStatus.REGISTERED).exclude(
        sync_states__running_until__gt=now
    )
    return [peer for peer in peers.prefetch_related("sync_states") if due_modules(peer, modules)]


def wants_full(state: SyncState) -> bool:
    """Whether the next pull of a module reads everything: asked for, never done, or too long ago."""
    every = timedelta(seconds=settings.OCPI_FULL_PULL_EVERY_S)
    return state.full_wanted or state.last_full_at is None or timezone.now() - state.last_full_at >= every


def want_full(connection: Connection, modules: Sequence[str]) -> None:
    """Have the next pull of these modules read everything."""
    for module in modules:
        SyncState.objects.update_or_create(connection=connection, module=module, defaults={"full_wanted": True})


def next_due_at(state: SyncState | None) -> datetime | None:
    """When a module is to be pulled next; None: now."""
    if state is None or state.last_run_at is None or state.full_wanted:
        return None
    due_at = state.last_run_at + timedelta(seconds=settings.OCPI_PULL_EVERY_S)
    return due_at if due_at > timezone.now() else None


def _is_due(state: SyncState | None, now: datetime) -> bool:
    if state is None or state.last_run_at is None:
        return True
    every = timedelta(seconds=settings.OCPI_PULL_EVERY_S)
    return state.full_wanted or now - state.last_run_at >= every
