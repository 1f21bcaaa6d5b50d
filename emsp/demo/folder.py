"""The folder `.demo/`: one demo at a time lives in it."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emsp.demo.errors import DemoError
from emsp.demo.leftovers import end_leftovers

LOCK = "lock"


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Hold `folder` (made when missing) for this process. Raises DemoError while another demo holds it.

    The kernel gives the lock back however the process ends, so no stale one can stand in the way.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with open(folder / LOCK, "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise DemoError(f"a demo is running from here already (process {lock.read().strip()})") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def is_occupied(folder: Path) -> bool:
    """Does a demo live in `folder` now?"""
    if not folder.exists():
        return False
    try:
        with occupied(folder):
            return False
    except DemoError:
        return True


def reset(folder: Path) -> None:
    """Forget data, keys and ids. Raises DemoError while a demo runs."""
    if not folder.exists():
        return
    with occupied(folder):
        end_leftovers(folder)
        shutil.rmtree(folder)
