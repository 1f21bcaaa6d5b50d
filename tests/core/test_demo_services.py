"""The packaged PostgreSQL and Redis, started as the demo starts them."""

import io
import stat

import environ
import psycopg
import pytest
import redis

from emsp.demo import embedded, programs, services
from emsp.demo.console import Console
from emsp.demo.errors import DemoError
from emsp.demo.leftovers import Record
from emsp.demo.ports import Ports, free_port_near
from emsp.demo.processes import Children


@pytest.fixture
def children(tmp_path):
    made = Children(Console(io.StringIO()), Record(tmp_path))
    yield made
    made.stop(made.names(), 20)


def rows(url, statement):
    parts = environ.Env.db_url_config(url)
    with psycopg.connect(dbname=parts["NAME"], user=parts["USER"], **parts["OPTIONS"]) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize("name", ["short", "a path with spaces that is too long for a socket " * 2])
def test_databases_are_there_and_kept_over_a_restart(tmp_path, children, name):
    folder = tmp_path / name.strip()
    folder.mkdir()
    plain = programs.plain_environment()

    emsp, bap = services.start_postgresql(folder, children, plain)
    rows(emsp, "CREATE TABLE kept AS SELECT 42 AS answer")

    assert rows(bap, "SELECT current_database()") == [("bap",)]
    with psycopg.connect(emsp) as connection:  # libpq reads the URL as it stands
        assert connection.execute("SELECT current_database(), current_user").fetchall() == [
            ("emsp", "postgres")
        ]
    sockets = embedded.socket_directory(folder / "postgres")
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700

    children.stop(["postgres"], 20)
    # As after a SIGKILL and a restart of the machine: the file names a process that is no PostgreSQL.
    (folder / "postgres" / "postmaster.pid").write_text("1\n")
    again, _ = services.start_postgresql(folder, children, plain)

    assert again == emsp
    assert rows(again, "SELECT answer FROM kept") == [(42,)]
    if sockets != folder / "postgres":
        children.stop(["postgres"], 20)
        sockets.rmdir()


def test_the_broker_asks_for_its_password_and_keeps_nothing(tmp_path, children):
    url = services.start_redis(tmp_path, Ports(31_000), "a-password", children, programs.plain_environment())
    port = redis.connection.parse_url(url)["port"]

    with redis.Redis.from_url(url) as broker:
        assert broker.config_get("save") | broker.config_get("appendonly") == {"save": "", "appendonly": "no"}
    with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    assert (tmp_path / "redis.conf").stat().st_mode & 0o777 == 0o600


def test_a_server_that_does_not_answer_is_told_without_its_password(children):
    port = free_port_near(32_000)

    with pytest.raises(DemoError) as refused:
        services.use_postgresql(f"postgresql://me:hidden@127.0.0.1:{port}/emsp", "", children, patience_s=0)
    assert str(refused.value).startswith("PostgreSQL does not answer: connection failed")
    assert "hidden" not in str(refused.value)

    with pytest.raises(DemoError) as refused:
        services.use_redis(f"redis://:hidden@127.0.0.1:{port}/0", children, patience_s=0)
    assert str(refused.value).startswith("Redis does not answer: ")
    assert "hidden" not in str(refused.value)
