"""How the bench counts statements: on the wire, whoever sends them."""

import os
import tempfile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from emsp.bench.statements import Door, counter
from emsp.core.sql import binary_cursor


@pytest.fixture
def counted(transactional_db):
    with counter() as made:
        yield made


def django_s():
    with connection.cursor() as cursor:
        cursor.execute("select %s", ["F\t4\tQuery"])


def ours():
    with binary_cursor() as cursor:
        cursor.execute("select %s::bytea", [b"\n\tQuery"], binary=True)


def in_a_transaction():
    with transaction.atomic():
        django_s()
        ours()


@pytest.mark.parametrize(("act", "count"), [(django_s, 1), (ours, 1), (in_a_transaction, 4), (lambda: None, 0)])
def test_statements_of_django_and_of_ours_count_and_so_do_begin_and_commit(counted, act, count):
    assert [counted.during(act), counted.during(act)] == [count, count]


def test_a_connection_that_is_opened_later_counts_too(counted):
    connection.close()
    connection.ensure_connection()

    assert counted.during(django_s) == 1


def test_nothing_is_written_down_after_the_end(transactional_db):
    with counter() as counted:
        django_s()
        number = counted._written.fileno()
    with tempfile.TemporaryFile() as other:
        assert other.fileno() == number
        django_s()
        assert os.fstat(number).st_size == 0


def test_a_door_is_asked_as_if_over_the_wire():
    seen = []

    class Answer(list):
        def close(self):
            seen.append("closed")

    def application(environ, start_response):
        names = ("REQUEST_METHOD", "PATH_INFO", "CONTENT_TYPE", "HTTP_AUTHORIZATION")
        seen.append([environ[name] for name in names] + [environ["wsgi.input"].read(4)])
        start_response("201 Created", [])
        return Answer([b"ke", b"pt"])

    told = Door(application).send("PATCH", "/a/b", b"body", "Authorization: Token abc\r\n")

    assert told == (201, b"kept")
    assert seen == [["PATCH", "/a/b", "application/json", "Token abc", b"body"], "closed"]


def test_no_other_database_is_counted_in(transactional_db):
    with pytest.raises(CommandError, match="not the database of a measurement"):
        call_command("bench_statements")
