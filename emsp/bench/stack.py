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
from typing import Any

import psycopg
import redis
import urllib3
from psycopg import sql
from psycopg.conninfo import make_conninfo

from emsp.bench import cores
from emsp.demo import programs

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "emsp_bench"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """Addresses of the processes under measurement, and their environment. cores: those that they may use.

    servers: PostgreSQL and Redis, where they run on this machine.
    """

    database_url: str
    port: int
    environment: dict[str, str]
    cores: set[int]
    servers: set[int] = field(default_factory=set)
    children: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *command: str, **more: Any) -> subprocess.Popen[str]:
        """python -m COMMAND, until end()."""
        child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=self.environment, text=True,
            stderr=subprocess.DEVNULL, **({"stdout": subprocess.DEVNULL} | more),
        )  # fmt: skip
        self.children.append(child)
        return child

    def serve(self, application: str, port: int) -> list[int]:
        """A web server as the demo runs it; its processes, when it is ready."""
        server = self.start(
            "granian", "--interface", "wsgi", application, "--port", str(port), "--http", "1", "--no-ws",
            "--workers", str(programs.WEB_PROCESSES), "--blocking-threads", str(programs.WEB_THREADS), "--no-access-log",
        )  # fmt: skip
        return [server.pid]

    def work(self, queues: str, threads: int) -> list[int]:
        """A Celery worker as the demo runs it."""
        worker = self.start(
            "celery", "-A", "emsp", "worker", "-Q", queues, "-P", "threads", "-c", str(threads), "-l", "ERROR",
            "--without-gossip", "--without-mingle", "-n", f"{queues.replace(',', '-')}@bench",
        )  # fmt: skip
        return [worker.pid]

    def start_all(self) -> list[int]:
        """Web server, workers and beat; their processes, when the web server is ready."""
        pids = self.serve("emsp.wsgi:application", self.port)
        pids += self.work(*programs.WORKERS["worker"]) + self.work(*programs.WORKERS["commands"])
        pids.append(self.start("celery", "-A", "emsp", "beat", "-l", "ERROR", "-S", "celery.beat:Scheduler").pid)
        wait_ready(f"{self.base_url}/health/ready")
        cores.pin(cores.with_children(pids), self.cores)
        return pids

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """A management command in the environment of the measurement. Raises RuntimeError when it fails."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, input=stdin, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stderr[-500:]}")
        return done

    def end(self) -> None:
        for child in self.children:
            child.terminate()
        for child in self.children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)
            child.kill()


@contextlib.contextmanager
def stack(database_url: str, redis_url: str, measured: set[int]) -> Iterator[Stack]:
    """Make an empty, migrated database on the same server; drop it at the end, and end what was started."""
    made = Stack(_database(database_url), free_port(), {}, measured)
    made.environment = os.environ | {
        "DATABASE_URL": made.database_url, "REDIS_URL": redis_url.rsplit("/", 1)[0] + "/9", "BASE_URL": made.base_url,
        "SANDBOX": "true", "DJANGO_SETTINGS_MODULE": "emsp.settings.main", "LOG_LEVEL": "ERROR",
        "BECKN_RATE_PER_S": "1000000", "BECKN_BUSY_ABOVE_PER_S": "1000000", "OCPI_RATE_PER_S": "1000000",
        "BECKN_BUSY_ABOVE_S": "0",  # counted, and nobody refused
    }  # fmt: skip
    try:
        made.run("migrate", "--verbosity", "0")
        made.servers = _servers(made)
        yield made
    finally:
        made.end()
        _drop(database_url)


def _servers(made: Stack) -> set[int]:
    """PostgreSQL, by the parent of our connection, and Redis, by its own word; only those on this machine."""
    with psycopg.connect(made.database_url) as connection:
        postgres = cores.parent_of(connection.info.backend_pid)
    client = redis.Redis.from_url(made.environment["REDIS_URL"])
    client.flushdb()
    found: Any = client.info("server")
    client.close()
    return {pid for pid in (postgres, found["process_id"]) if pid is not None and cores.parent_of(pid) is not None}


def _database(database_url: str) -> str:
    _drop(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(NAME)))
    head, _, query = database_url.partition("?")
    return head.rsplit("/", 1)[0] + f"/{NAME}" + (f"?{query}" if query else "")


def _drop(database_url: str) -> None:
    with psycopg.connect(make_conninfo(database_url), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(NAME)))


def wait_ready(url: str, seconds: float = 60) -> None:
    """Wait until a web server answers. Raises RuntimeError when it does not."""
    pool, deadline = urllib3.PoolManager(retries=False), time.monotonic() + seconds
    while True:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if pool.request("GET", url, timeout=2).status == 200:
                return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the web server under measurement is not ready after {seconds:.0f} s")
        time.sleep(0.2)
