"""A database, web server and worker of its own for a measurement, beside whatever else runs."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import urllib3
from psycopg import sql
from psycopg.conninfo import make_conninfo

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "emsp_bench"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """Addresses of the processes under measurement, and their environment."""

    database_url: str
    base_url: str
    environment: dict[str, str]
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.children.append(child)
        return child

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command in the environment of the measurement."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        )

    def end(self) -> None:
        for child in self.children:
            child.terminate()
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)
            child.kill()


@contextlib.contextmanager
def stack(database_url: str, redis_url: str) -> Iterator[Stack]:
    """Make an empty, migrated database on the same server, start web and worker on it; drop all at the end."""
    fresh = _database(database_url)
    port = free_port()
    made = Stack(fresh, f"http://127.0.0.1:{port}", {})
    made.environment = os.environ | {
        "DATABASE_URL": fresh, "REDIS_URL": redis_url.rsplit("/", 1)[0] + "/9", "BASE_URL": made.base_url, "SANDBOX": "true",
        "DJANGO_SETTINGS_MODULE": "emsp.settings.main", "LOG_LEVEL": "ERROR",
        "BECKN_RATE_PER_S": "1000000", "BECKN_BUSY_ABOVE_PER_S": "1000000", "OCPI_RATE_PER_S": "1000000",
        "BECKN_BUSY_ABOVE_S": "0",  # counted, and nobody refused
    }  # fmt: skip
    try:
        made.run("migrate", "--verbosity", "0")
        made.start("granian", "--interface", "wsgi", "--port", str(port), "--workers", "1", "--blocking-threads", "8",
                   "emsp.wsgi:application")  # fmt: skip
        made.start(
            "celery", "-A", "emsp", "worker", "-Q", "beckn,default", "-P", "threads", "-c", "8", "-l", "ERROR"
        )
        made.start("celery", "-A", "emsp", "beat", "-l", "ERROR", "-S", "celery.beat:Scheduler")
        _wait_ready(made.base_url)
        yield made
    finally:
        made.end()
        _drop(database_url)


def _database(database_url: str) -> str:
    _drop(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(NAME)))
    head, _, query = database_url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{NAME}" + (f"?{query}" if query else "")


def _drop(database_url: str) -> None:
    with psycopg.connect(make_conninfo(database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(NAME)))


def _wait_ready(base_url: str, seconds: float = 60) -> None:
    pool, deadline = urllib3.PoolManager(retries=False), time.monotonic() + seconds
    while True:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if pool.request("GET", f"{base_url}/health/ready", timeout=2).status == 200:
                return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the web server under measurement is not ready after {seconds:.0f} s")
        time.sleep(0.2)
