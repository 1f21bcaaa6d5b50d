"""Lines by name: few threads for each, nothing left behind, nothing done twice."""

import threading

import pytest

from beckn.services.lanes import Lanes


def test_who_comes_first_does_what_comes_meanwhile():
    lanes, done = Lanes(limit=1, longest=10), []

    def act(items):
        (item,) = items
        done.append((item, threading.current_thread().name))
        if item == 1:
            other = threading.Thread(target=lanes.join, args=("a", 2, act), name="other")
            other.start()
            other.join(10)

    assert lanes.join("a", 1, act)

    here = threading.current_thread().name
    assert done == [(1, here), (2, here)]


def test_another_name_does_not_wait():
    lanes, done = Lanes(limit=1, longest=10), []

    def act(items):
        (item,) = items
        done.append(item)
        if item == 1:
            assert lanes.join("b", 2, act)
            assert done == [1, 2]

    lanes.join("a", 1, act)


def test_as_many_threads_as_allowed_serve_one_name():
    lanes, done, seen = Lanes(limit=2, longest=10), [], {}

    def act(items):
        (item,) = items
        done.append(item)
        if item < 3:
            lanes.join("a", item + 1, act)
            seen[item] = list(done)

    lanes.join("a", 1, act)

    assert seen == {2: [1, 2], 1: [1, 2, 3]}  # the second served at once, the third when the second was done


def test_a_line_that_is_too_long_takes_nothing_more():
    lanes, done, taken = Lanes(limit=1, longest=2), [], []

    def act(items):
        (item,) = items
        done.append(item)
        if item == 0:
            taken.extend(lanes.join("a", number, act) for number in (1, 2, 3))

    lanes.join("a", 0, act)

    assert (taken, done) == ([True, True, False], [0, 1, 2])


def test_an_error_frees_the_place_of_its_thread():
    lanes, done = Lanes(limit=1, longest=10), []

    def fail(items):
        raise RuntimeError(items)

    with pytest.raises(RuntimeError):
        lanes.join("a", 1, fail)
    lanes.join("a", 2, done.append)

    assert done == [[2]]


def test_a_thread_takes_several_at_once_and_never_more_than_the_most():
    lanes, done = Lanes(limit=2, longest=20, most=3), []

    def act(items):
        done.append(items)
        if items == [1]:
            for number in range(2, 12):
                lanes.join("a", number, act)  # both threads are busy

    lanes.join("a", 0, lambda items: lanes.join("a", 1, act))

    assert done == [[1], [2, 3, 4], [5, 6, 7], [8, 9, 10], [11]]
