"""Wakes a worker after commit. The work itself is a row; the broker message only says that there is some."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from emsp.core import rates

log = logging.getLogger(__name__)

FORGOTTEN_AFTER_S = 1  # a message that was lost is not waited for any longer than the sweeper takes

_held = threading.local()


def wake(task: "Task[..., Any]", *args: Any, countdown_s: float | None = None) -> None:
    """Send `task` when the current transaction has committed; at once when there is none.

    A broker that is away is no error: the row is there, and the beat sweeper finds it (design.md §2).
    """
    transaction.on_commit(lambda: _send(task, args, countdown_s))


def wake_once(task: "Task[..., Any]") -> None:
    """Like wake, but not while a message of this task is on its way: whoever takes that finds these rows too.

    The task must say begun() before it looks for rows.
    """
    transaction.on_commit(lambda: _send_once(task))


def begun(task: "Task[..., Any]") -> None:
    """This message is taken; the next row needs another."""
    if not task.app.conf.task_always_eager:
        rates.unmark(_name(task))


@contextmanager
def held(task: "Task[..., Any]") -> Iterator[None]:
    """In this block, in this thread, wake_once(task) does nothing: who holds it does its work afterwards."""
    _held.name = task.name
    try:
        yield
    finally:
        _held.name = ""


def _send_once(task: "Task[..., Any]") -> None:
    if getattr(_held, "name", "") == task.name:
        return
    if task.app.conf.task_always_eager or rates.mark(_name(task), FORGOTTEN_AFTER_S):
        _send(task, (), None)


def _name(task: "Task[..., Any]") -> str:
    return f"emsp:woken:{task.name}"


def _send(task: "Task[..., Any]", args: tuple[Any, ...], countdown_s: float | None) -> None:
    try:
        task.apply_async(args=args, countdown=countdown_s, retry=False)  # type: ignore[arg-type]
    except (OperationalError, RedisError, OSError) as error:
        log.warning("no wake-up for %s, the sweeper will find the work: %s", task.name, type(error).__name__)
