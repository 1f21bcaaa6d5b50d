"""PostgreSQL and Redis of the demo: the ones in DATABASE_URL and REDIS_URL, else started here."""

import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ  # type: ignore[import-untyped]
import psycopg
import redis
from psycopg import sql
from psycopg.conninfo import make_conninfo

from emsp.core.log import mask_text
from emsp.demo import embedded
from emsp.demo.errors import DemoError
from emsp.demo.files import write_private
from emsp.demo.ports import Ports, free_port_near
from emsp.demo.processes import Children, Program

EMSP_DATABASE = "emsp"
BAP_DATABASE = "bap"
START_S = 60.0  # recovery after a crash takes its time
POLL_S = 0.1


def start_postgresql(
    folder: Path, children: Children, environment: Mapping[str, str], *, network: tuple[str, str] | None = None
) -> tuple[str, str]:
    """Start the packaged PostgreSQL on the data in `folder`, made at the first start.

    network: (address, network in CIDR) where it listens beside its socket, to anybody in that network.
    Returns the URLs of the eMSP's and of the reference BAP's database; both exist then.
    """
    data = folder / "postgres"
    if not (data / "PG_VERSION").exists():
        _make_cluster(data, children, environment)
    sockets = embedded.socket_directory(data)
    # We hold the lock of .demo/ and have ended what was left: these can only name processes that are gone.
    for stale in (data / "postmaster.pid", sockets / f"{embedded.SOCKET}.lock"):
        stale.unlink(missing_ok=True)
    children.start(
        Program(
            "postgres",
            embedded.postgresql_command(data, sockets, network),
            environment,
            user=embedded.owner(data),
            stop_signal=signal.SIGINT,
            kill_signal=signal.SIGQUIT,
            log=folder / "postgres.log",
        )
    )
    template = f"postgresql://postgres:@/{{}}?host={quote(str(sockets), safe='/')}"
    if network is not None:
        template = f"postgresql://postgres:@{network[0]}:5432/{{}}"
    urls = template.format(EMSP_DATABASE), template.format(BAP_DATABASE)
    return use_postgresql(*urls, children, patience_s=START_S)


def use_postgresql(
    url: str, bap_url: str, children: Children, *, patience_s: float = 10.0
) -> tuple[str, str]:
    """Wait until the server answers, and make the two databases unless they exist.

    bap_url may be empty: database `bap` beside the eMSP's. Returns both URLs. Raises DemoError.
    """
    urls = url, bap_url or urlsplit(url)._replace(path=f"/{BAP_DATABASE}").geturl()
    deadline = time.monotonic() + patience_s
    for address in urls:
        while problem := _database_problem(address):
            if time.monotonic() > deadline:
                raise DemoError(f"PostgreSQL does not answer: {problem}")
            children.watch(POLL_S)
    return urls


def start_redis(
    folder: Path, ports: Ports, password: str, children: Children, environment: Mapping[str, str]
) -> str:
    """Start the packaged Redis near the public ports; returns its URL."""
    configuration, port = folder / "redis.conf", free_port_near(ports.base)
    write_private(configuration, embedded.redis_configuration(ports.host, port, password))
    children.start(
        Program(
            "redis",
            embedded.redis_command(configuration),
            environment,
            log=folder / "redis.log",
        )
    )
    return use_redis(f"redis://:{password}@{ports.host}:{port}/0", children)


def use_redis(url: str, children: Children, *, patience_s: float = 10.0) -> str:
    """Wait until the broker answers; returns its URL. Raises DemoError."""
    deadline = time.monotonic() + patience_s
    while problem := _redis_problem(url):
        if time.monotonic() > deadline:
            raise DemoError(f"Redis does not answer: {problem}")
        children.watch(POLL_S)
    return url


def _make_cluster(data: Path, children: Children, environment: Mapping[str, str]) -> None:
    """initdb beside the final place, then move it there: an interrupted one is never taken for data."""
    partial = data.with_name("postgres.new")
    command = (sys.executable, "-m", "emsp.demo.cluster", str(partial))
    children.run(Program("initdb", command, environment))
    partial.rename(data)


def _database_problem(url: str) -> str | None:
    """None when the database of `url` takes a connection; one that is missing is made first. Else why not."""
    try:
        with psycopg.connect(_conninfo(url), connect_timeout=3):
            return None
    except psycopg.OperationalError as error:
        problem = mask_text(str(error).partition("\n")[0])
    name = environ.Env.db_url_config(url)["NAME"]
    try:
        with psycopg.connect(_conninfo(url, "postgres"), autocommit=True, connect_timeout=3) as server:
            if not server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
                return None
    except psycopg.Error:
        return problem
    return problem


def _conninfo(url: str, database: str = "") -> str:
    """libpq's form of a database URL as Django understands it."""
    parts = environ.Env.db_url_config(url)
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    given = {ours: parts[theirs] for theirs, ours in names.items() if parts.get(theirs)}
    return make_conninfo(**given | parts.get("OPTIONS", {}) | ({"dbname": database} if database else {}))


def _redis_problem(url: str) -> str | None:
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as broker:
            broker.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return mask_text(str(error))
    return None
