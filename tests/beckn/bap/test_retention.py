"""What is too old is forgotten, with its messages; what a driver booked stays as long as it should."""

import pytest

TABLES = ("search", "order", "message", "driver")


@pytest.fixture
def forget(bap):
    """Let so many days pass for everything, and forget; tells which tables have rows left."""

    def act(days):
        for table in TABLES:
            bap.rows(f"update bap_{table} set created_at = created_at - interval '{days} days'")
        bap.run("forget_old")
        return [table for table in TABLES if bap.rows(f"select 1 from bap_{table} limit 1")]

    return act


def test_what_came_to_nothing_goes_after_two_weeks(driver, bap, forget):
    driver.search()
    assert forget(13) == ["search", "message", "driver"]
    assert forget(2) == ["driver"]


def test_a_booking_that_was_not_confirmed_goes_with_its_search(driver, bap, forget):
    driver.book()
    assert forget(13) == ["search", "order", "message", "driver"]
    assert forget(2) == ["driver"]


def test_a_confirmed_booking_stays_with_its_messages_and_goes_with_its_driver(driver, bap, forget):
    driver.finish()
    count = bap.rows("select count(*) from bap_message")

    assert forget(399) == ["search", "order", "message", "driver"]
    assert bap.rows("select count(*) from bap_message") == count
    assert forget(2) == []


def test_a_driver_that_came_long_ago_and_searched_lately_stays(driver, bap, forget):
    driver.search()
    bap.rows("update bap_driver set created_at = created_at - interval '500 days'")
    assert forget(0) == ["search", "message", "driver"]


def test_messages_that_belong_to_nothing_go_too(driver, bap, forget):
    driver.search()
    bap.rows("update bap_message set search_id = null, driver_id = null")
    assert forget(13) == ["search", "message", "driver"]
    assert forget(2) == ["driver"]
