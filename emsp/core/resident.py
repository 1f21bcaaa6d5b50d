"""Threads of a worker that wait to be called, and then do a task that looks for rows that are due.

A call is an entry in a list of Redis, and a thread that takes it runs the task; Celery would make a message of it, keep
it, trace it and confirm it, which costs more than the work of a search. A call that is lost is no loss: the beat sweeper
sends the same task through Celery.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

import redis
from celery import Task
from django.conf import settings
from django.db import connection

from emsp.core.lines import OneWay, TwoWay

log = logging.getLogger(__name__)

CALL = b"1"
MOST_CALLS = 16  # more say nothing that these do not
MOST_HANDED = 1_000
WAIT_S = 1
BESIDE_S = 0.25
TIMEOUT_S = 2
CALL_TIMEOUT_S = 0.2  # an ACK waits no longer for a Redis that is not there

_stopping = threading.Event()
_beside: list[threading.Thread] = []


def call(task: "Task[..., Any]", handed: bytes = CALL) -> None:
    """Have a resident thread of some worker do this task soon. Raises redis.RedisError.

    handed: what the task is called with; of more than MOST_HANDED the newest are dropped.
    """
    name, most = _list(task), MOST_CALLS if handed == CALL else MOST_HANDED
    _one_way(settings.REDIS_URL).send(("RPUSH", name, handed), ("LTRIM", name, 0, most - 1))


def start(
    tasks: Sequence["Task[..., Any]"], count: int, *, beside: Callable[[], None] | None = None
) -> list[threading.Thread]:
    """Begin so many threads that do these tasks when they are called, until stop().

    Where several are called, the first goes first. beside: done every BESIDE_S by a thread of its own, and at the end,
    when the others have done what they were doing.
    """
    _stopping.clear()
    by_list = {_list(task).encode(): task for task in tasks}
    threads = [threading.Thread(target=_live, args=(by_list,), name=f"resident-{n}", daemon=True) for n in range(count)]
    _beside[:] = []
    if beside is not None:
        _beside.append(threading.Thread(target=_repeat, args=(beside, threads[:]), name="resident-beside", daemon=True))
    for thread in (*threads, *_beside):
        thread.start()
    return [*threads, *_beside]


def has_beside() -> bool:
    """Whether this process has a thread that does something beside."""
    return any(thread.is_alive() for thread in _beside)


def answer_one(task: "Task[..., Any]") -> bool:
    """Do this task in this thread when it is called; False when it is not called for WAIT_S. Raises redis.RedisError."""
    called = _called({_list(task).encode(): task})
    if called is not None:
        called[1]()
    return called is not None


def stop() -> None:
    """End the threads, each after what it is doing."""
    _stopping.set()


def wait_stopped() -> None:
    """Wait until what stop() ends is done, as far as it does not take long."""
    for thread in _beside:
        thread.join(WAIT_S + TIMEOUT_S)


def _live(tasks: dict[bytes, "Task[..., Any]"]) -> None:
    while not _stopping.is_set():
        try:
            called = _called(tasks)
        except Exception as error:
            if not isinstance(error, (redis.RedisError, OSError)):
                log.exception("a resident thread could not hear whether it is called")
            _stopping.wait(WAIT_S)  # nobody is called meanwhile, and the sweeper needs Redis too
            continue
        if called is not None:
            _do(*called)
    connection.close()


def _called(tasks: "dict[bytes, Task[..., Any]]") -> "tuple[str, Callable[[], object]] | None":
    """The next call of these tasks, by name, and what is to be done; None when there is none for WAIT_S."""
    called = _two_way(settings.REDIS_URL).ask("BLPOP", *tasks, WAIT_S)
    if not isinstance(called, tuple | list) or not isinstance(called[0], bytes):
        return None
    task, handed = tasks[called[0]], called[1]
    return task.name, task if handed == CALL else partial(task, handed)


def _repeat(act: Callable[[], None], others: Sequence[threading.Thread]) -> None:
    ended = False
    while not ended:
        ended = _stopping.wait(BESIDE_S)
        _do("what is done beside", act)
    for thread in others:
        thread.join()
    _do("what is done beside", act)
    connection.close()


def _do(name: str, act: Callable[[], object]) -> None:
    """Do a task; the thread keeps its connection to the database, unless something went wrong."""
    try:
        act()
    except Exception:
        log.exception("%s failed, the sweeper will send it again", name)
        connection.close()


def _list(task: "Task[..., Any]") -> str:
    return f"emsp:call:{task.name}"


@lru_cache(maxsize=2)
def _one_way(url: str) -> OneWay:
    return OneWay(url, timeout_s=CALL_TIMEOUT_S)


@lru_cache(maxsize=2)
def _two_way(url: str) -> TwoWay:
    return TwoWay(url, timeout_s=WAIT_S + TIMEOUT_S)
