"""Keeps on the connection when its peer last answered, and the last thing that went wrong."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ocpi.client.errors import PeerError
from ocpi.models import Connection

EVERY = timedelta(minutes=1)


def answered(connection: Connection) -> None:
    """The peer answered. Written at most once a minute, however many requests there are."""
    _write(connection, "last_ok_at")


def failed(connection: Connection, error: PeerError) -> None:
    """The peer did not answer, or turned us away. Written at most once a minute."""
    _write(connection, "last_error_at", last_error=error.reason[:500])


def _write(connection: Connection, name: str, **more: str) -> None:
    now = timezone.now()
    last = getattr(connection, name)
    if last is not None and now - last < EVERY:
        return
    stale = Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__lt": now - EVERY})
    Connection.objects.filter(stale, pk=connection.pk).update(**{name: now}, **more)
    setattr(connection, name, now)
