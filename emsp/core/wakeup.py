"""Wakes a worker after commit. The work itself is a row; the broker message only says that there is some."""

import logging
from typing import Any

from amqp.exceptions import AMQPError
from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def wake(task: "Task[..., Any]", *args: Any, countdown_s: float | None = None) -> None:
    """Send `task` when the current transaction has committed; at once when there is none.

    A broker that is away is no error: the row is there, and the beat sweeper finds it (design.md §2).
    """
    transaction.on_commit(lambda: _send(task, args, countdown_s))


def _send(task: "Task[..., Any]", args: tuple[Any, ...], countdown_s: float | None) -> None:
    try:
        task.apply_async(args=args, countdown=countdown_s, retry=False)  # type: ignore[arg-type]
    except (OperationalError, RedisError, AMQPError, OSError) as error:
        log.warning("no wake-up for %s, the sweeper will find the work: %s", task.name, type(error).__name__)
