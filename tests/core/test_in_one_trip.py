"""Statements that travel together: one transaction, planned once, the rows of the last one."""

import pytest
from django.db import DataError, connection, transaction

from emsp.core.sql import for_each, in_one_trip


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


KEEP_EVEN = "insert into numbers select %(n)s::integer where %(n)s::integer %% 2 = 0 returning n, txid_current()"


def test_for_each_row_the_first_row_that_it_gives_all_in_one_transaction(numbers):
    first, odd, last = for_each(KEEP_EVEN, [{"n": 2}, {"n": 3}, {"n": 4}])

    assert (first[0], odd, last[0]) == (2, None, 4)
    assert first[1] == last[1]
    assert numbers() == [2, 4]


def test_for_a_single_row_as_for_many(numbers):
    assert for_each(KEEP_EVEN, [{"n": 3}]) == [None]
    ((kept, _),) = for_each(KEEP_EVEN, [{"n": 6}])

    assert (kept, numbers()) == (6, [6])


def test_a_row_that_fails_undoes_the_others(numbers):
    with pytest.raises(DataError):
        for_each("insert into numbers values (10 / %(n)s::integer) returning n", [{"n": 2}, {"n": 0}])

    assert numbers() == []


def test_what_is_run_for_each_is_planned_once(numbers):
    for_each(KEEP_EVEN, [{"n": 2}, {"n": 4}])
    for_each(KEEP_EVEN, [{"n": 6}])

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where statement like 'insert into numbers select%'")
        assert cursor.fetchone() == (1,)


def test_whoever_lists_queries_sees_one_for_each_row(numbers, django_assert_num_queries):
    with django_assert_num_queries(3):
        for_each(KEEP_EVEN, [{"n": 2}, {"n": 3}])
        for_each(KEEP_EVEN, [{"n": 4}])
