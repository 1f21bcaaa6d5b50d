"""Connections of the pool, on a real PostgreSQL: used again without a question, and replaced where they are dead."""

import time
from copy import deepcopy
from select import select

import pytest
from django.db import DataError, OperationalError, ProgrammingError, connection

from emsp.core.postgresql import base
from emsp.core.postgresql.base import DatabaseWrapper

MARK = "select 'the last that was asked'"


@pytest.fixture
def pooled(transactional_db):
    """A database connection of this thread's own, with a pool of two."""
    settings = deepcopy(connection.settings_dict)
    settings["OPTIONS"] |= {"pool": {"min_size": 0, "max_size": 2, "timeout": 10}}
    made = DatabaseWrapper(settings, alias=connection.alias)
    yield made
    made.close()
    made.close_pool()


def ask(pooled, statement):
    """What it gives, on a connection taken from the pool and given back."""
    with pooled.cursor() as cursor:
        cursor.execute(statement)
        pid, found = pooled.connection.info.backend_pid, cursor.fetchone()
    pooled.close()
    return pid, found


def take(pooled):
    """The process of the server behind the next connection, and what it was asked last."""
    pooled.ensure_connection()
    pid = pooled.connection.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("select query from pg_stat_activity where pid = %s", [pid])
        asked = cursor.fetchone()[0]
    pooled.close()
    return pid, asked


def end(pid):
    """End that process, and wait until it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 10000)", [pid])
        assert cursor.fetchone() == (True,)


def test_it_is_used_again_without_a_question(pooled):
    pid, _ = ask(pooled, MARK)

    assert take(pooled) == (pid, MARK)


def test_one_that_lay_idle_is_asked(pooled, monkeypatch):
    pid, _ = ask(pooled, MARK)
    moment = time.monotonic() + 1
    monkeypatch.setattr(base, "monotonic", lambda: moment)

    assert take(pooled) == (pid, "")


def test_one_that_the_server_closed_is_replaced_before_anybody_uses_it(pooled):
    pid, _ = ask(pooled, MARK)
    end(pid)

    again, found = ask(pooled, "select 1")

    assert again != pid
    assert found == (1,)


def test_one_that_got_a_notice_is_asked_and_kept(pooled):
    with pooled.cursor() as cursor:
        cursor.execute("listen news")
        socket = pooled.connection.fileno()
    pid, _ = ask(pooled, MARK)
    with connection.cursor() as cursor:
        cursor.execute("notify news")
    assert select([socket], [], [], 10)[0]

    assert take(pooled) == (pid, "")


def test_all_of_a_pool_may_die_at_once(pooled):
    other = DatabaseWrapper(pooled.settings_dict, alias=connection.alias)
    pooled.ensure_connection()
    other.ensure_connection()
    pids = {pooled.connection.info.backend_pid, other.connection.info.backend_pid}
    for one in (pooled, other):
        one.close()
    for pid in pids:
        end(pid)

    for _ in range(3):
        pid, found = ask(pooled, "select 1")
        assert found == (1,)
        assert pid not in pids


def ask_lent(pooled, statement):
    """What it gives on a connection that is lent, and the process of the server behind that."""
    with pooled.lent() as lent:
        return lent.info.backend_pid, lent.execute(statement).fetchone()


def test_one_is_lent_for_a_block_and_used_again_without_a_question(pooled):
    pid, _ = ask_lent(pooled, MARK)

    assert pooled.connection is None
    assert take(pooled) == (pid, MARK)


def test_what_is_done_on_one_that_is_lent_is_committed(pooled):
    with pooled.lent() as lent:
        lent.execute("create table lent (n integer)")
    with connection.cursor() as cursor:
        cursor.execute("drop table lent")


def test_it_is_committed_also_on_one_that_was_left_within_a_transaction(pooled):
    pooled.set_autocommit(False)
    pooled.close()

    with pooled.lent() as lent:
        lent.execute("create table lent (n integer)")
    with connection.cursor() as cursor:
        cursor.execute("drop table lent")


def test_one_that_died_is_not_lent(pooled):
    pid, _ = ask_lent(pooled, MARK)
    end(pid)

    again, found = ask_lent(pooled, "select 1")

    assert again != pid
    assert found == (1,)


def test_one_that_lost_its_socket_is_not_lent_and_leaves_its_place(pooled):
    for _ in range(3):
        with pooled.lent() as lent:
            pass
        lent.pgconn.finish()

    assert ask_lent(pooled, "select 1")[1] == (1,)


def test_an_error_on_one_that_is_lent_is_djangos_and_it_is_used_again(pooled):
    pid, _ = ask_lent(pooled, MARK)
    with pytest.raises(DataError), pooled.lent() as lent:
        lent.execute("select 1 / 0")

    assert ask_lent(pooled, "select 1") == (pid, (1,))


def test_no_connection_in_time_is_djangos_error(pooled):
    pooled.pool.timeout = 0.01
    with pooled.lent(), pooled.lent(), pytest.raises(OperationalError), pooled.lent():
        pass


def test_who_has_a_connection_is_lent_that_one(pooled):
    pooled.ensure_connection()
    with pooled.lent() as lent:
        assert lent is pooled.connection
    assert pooled.connection is not None


def test_in_a_transaction_that_lost_its_connection_none_is_lent(pooled):
    pooled.ensure_connection()
    pooled.in_atomic_block = pooled.closed_in_transaction = True
    lost, pooled.connection = pooled.connection, None
    with pytest.raises(ProgrammingError), pooled.lent():
        pass
    pooled.in_atomic_block, pooled.connection = False, lost


def test_what_waits_for_no_commit_makes_no_connection(pooled):
    done = []
    pooled.on_commit(lambda: done.append(1))

    assert (done, pooled.connection) == ([1], None)
