"""Statements that travel together: one transaction, planned once, the rows of the last one."""

import pytest
from django.db import DataError, connection, transaction

from emsp.core.sql import in_one_trip


@pytest.fixture
def numbers(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute("create temporary table numbers (n integer)")
    yield lambda: [n for (n,) in in_one_trip("select n from numbers order by n", values={})]
    with connection.cursor() as cursor:
        cursor.execute("drop table numbers")


def test_each_sees_what_those_before_it_did(numbers):
    write = "insert into numbers values (%(n)s)"

    assert in_one_trip(write, write, "select count(*), %(word)s from numbers", values={"n": 7, "word": "a"}) == [(2, "a")]
    assert numbers() == [7, 7]


def test_one_that_fails_undoes_those_before_it_and_the_connection_goes_on(numbers):
    with pytest.raises(DataError):
        in_one_trip("insert into numbers values (%(n)s)", "select 1 / %(zero)s", values={"n": 1, "zero": 0})

    assert numbers() == []


def test_in_a_transaction_they_are_part_of_it(numbers):
    with transaction.atomic():
        in_one_trip("insert into numbers values (1)", "select 1", values={})
        transaction.set_rollback(True)

    assert numbers() == []


def test_they_are_prepared_at_once_and_nothing_else_is(numbers):
    in_one_trip("insert into numbers values (%(n)s)", "select 'planned', %(n)s + 0", values={"n": 1})

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where statement like 'select ''planned%%'")
        assert cursor.fetchone() == (1,)
