"""Wakes a worker after commit. The work itself is a row; the message only says that there is some."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from amqp.exceptions import AMQPError
from celery import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from emsp.core import resident

log = logging.getLogger(__name__)

_here = threading.local()


def wake(task: "Task[..., Any]", *args: Any, countdown_s: float | None = None) -> None:
    """Send `task` when the current transaction has committed; at once when there is none.

    A broker that is away is no error: the row is there, and the beat sweeper finds it (design.md §2).
    """

    def send() -> None:
        if not _noted(task):
            _send(task, args, countdown_s)

    transaction.on_commit(send)


def wake_resident(task: "Task[..., Any]") -> None:
    """Like wake, for the hot path: a resident thread does the task (emsp.core.resident), which costs less."""
    transaction.on_commit(partial(_call, task))


def hand(task: "Task[..., Any]", content: bytes, *, lost: Callable[[], None]) -> None:
    """Like wake_resident, with what the thread needs: the task is called with it. lost: called when nobody could be."""

    def send() -> None:
        if not _call(task, content):
            lost()

    transaction.on_commit(send)


@dataclass
class Held:
    """wanted: whether the task would have been called."""

    name: str
    wanted: bool = False


@contextmanager
def held(task: "Task[..., Any]") -> Iterator[Held]:
    """In this block, in this thread, a wake-up of the task is only noted: who holds it does its work afterwards."""
    _here.held = Held(task.name)
    try:
        yield _here.held
    finally:
        _here.held = None


def _noted(task: "Task[..., Any]") -> bool:
    """Whether somebody holds the task here; it is noted then."""
    holder: Held | None = getattr(_here, "held", None)
    if holder is None or holder.name != task.name:
        return False
    holder.wanted = True
    return True


def _call(task: "Task[..., Any]", *handed: bytes) -> bool:
    """Whether somebody was called."""
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):  # Celery's own way to ask costs more than the call
        _send(task, handed, None)
        return True
    try:
        resident.call(task, *handed)
    except (RedisError, OSError) as error:
        _log_lost(task, error)
        return False
    return True


def _send(task: "Task[..., Any]", args: tuple[Any, ...], countdown_s: float | None) -> None:
    try:
        task.apply_async(args=args, countdown=countdown_s, retry=False)  # type: ignore[arg-type]
    except (OperationalError, RedisError, AMQPError, OSError) as error:
        _log_lost(task, error)


def _log_lost(task: "Task[..., Any]", error: Exception) -> None:
    log.warning("no wake-up for %s, the sweeper will find the work: %s", task.name, type(error).__name__)
