"""Resident threads: what is called is done by one of them, in a real Redis, and what fails costs nothing else."""

import threading

import pytest
from django.db.transaction import atomic

from beckn import tasks
from beckn.services import look_ups
from emsp.core import resident, wakeup
from tests.redis_server import url_of


@pytest.fixture
def redis(redis_server, settings):
    redis_server.flushall()
    settings.REDIS_URL = url_of(redis_server)
    return redis_server


class Task:
    """Stands for a task: notes that it was done, fails the first time where told."""

    def __init__(self, name, fails=0):
        self.name, self.fails, self.done, self.handed = name, fails, threading.Semaphore(0), []

    def __call__(self, *handed):
        self.handed += handed
        self.done.release()
        if self.fails:
            self.fails -= 1
            raise RuntimeError("bug")


@pytest.fixture
def living(redis):
    threads = []
    yield lambda *served: threads.extend(resident.start(served, 2))
    resident.stop()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_each_task_is_done_when_it_is_called(living):
    one, other = Task("one"), Task("other")
    living(one, other)

    resident.call(other)
    assert other.done.acquire(timeout=10)
    resident.call(one)
    assert one.done.acquire(timeout=10)
    assert not other.done.acquire(blocking=False)


def test_a_thread_that_cannot_hear_tries_again(living, monkeypatch, caplog):
    task, hear, broken = Task("one"), resident._called, threading.Semaphore(2)

    def called(tasks):
        if broken.acquire(blocking=False):
            raise ValueError("not the protocol of Redis")
        return hear(tasks)

    monkeypatch.setattr(resident, "WAIT_S", 0.01)
    monkeypatch.setattr(resident, "_called", called)
    living(task)
    resident.call(task)

    assert task.done.acquire(timeout=10)
    assert "could not hear whether it is called" in caplog.text


def test_a_call_can_be_answered_without_a_thread(redis):
    task = Task("one")
    assert not resident.answer_one(task)
    resident.call(task, b"handed")

    assert resident.answer_one(task)
    assert task.handed == [b"handed"]


def test_a_thread_outlives_what_fails(living, caplog):
    task = Task("one", fails=3)
    living(task)

    for _ in range(4):
        resident.call(task)
        assert task.done.acquire(timeout=10)
    assert "one failed, the sweeper will send it again" in caplog.text


def test_a_task_gets_what_it_is_called_with(living):
    task = Task("one")
    living(task)

    for handed in (b"first", b"\x00\xff"):
        resident.call(task, handed)
        assert task.done.acquire(timeout=10)
    resident.call(task)
    assert task.done.acquire(timeout=10)

    assert task.handed == [b"first", b"\x00\xff"]


def test_what_is_done_beside_is_done_again_also_after_it_failed(redis, monkeypatch):
    monkeypatch.setattr(resident, "BESIDE_S", 0.01)
    task = Task("beside", fails=1)
    (thread,) = resident.start([], 0, beside=task)
    try:
        assert all(task.done.acquire(timeout=10) for _ in range(3))
    finally:
        resident.stop()
        thread.join(10)
    assert not thread.is_alive()


def test_what_is_done_beside_is_done_once_more_when_the_others_have_ended(redis, monkeypatch):
    monkeypatch.setattr(resident, "BESIDE_S", 10)
    seen, task = [], Task("one")

    def beside():
        seen.append(any(thread.is_alive() for thread in threads[:-1]))

    threads = resident.start([task], 1, beside=beside)
    assert resident.has_beside()
    resident.call(task)
    assert task.done.acquire(timeout=10)
    resident.stop()
    resident.wait_stopped()

    assert seen[-1] is False
    assert len(seen) == 2
    assert not resident.has_beside()


def test_calls_that_nobody_takes_do_not_pile_up(redis, monkeypatch):
    monkeypatch.setattr(resident, "MOST_HANDED", 30)
    for number in range(100):
        resident.call(Task("one"))
        resident.call(Task("other"), str(number).encode())
    resident.call(Task("last"))

    assert redis.blpop(["emsp:call:last"], timeout=10)
    assert redis.llen("emsp:call:one") == 16
    assert redis.lrange("emsp:call:other", 0, -1) == [str(number).encode() for number in range(30)]


def test_a_call_without_redis_is_left_to_the_sweeper(settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    settings.CELERY_TASK_ALWAYS_EAGER = False

    wakeup._call(Task("beckn.tasks.handle_requests"))

    assert "no wake-up for beckn.tasks.handle_requests, the sweeper will find the work" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_who_hands_something_over_learns_that_nobody_took_it(settings, redis):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    task, lost = Task("beckn.tasks.answer_look_up"), []

    with atomic():
        wakeup.hand(task, b"content", lost=lambda: lost.append("taken"))
        resident.call(Task("last"))
        assert redis.blpop(["emsp:call:last"], timeout=10)
        assert redis.llen("emsp:call:beckn.tasks.answer_look_up") == 0  # before the commit
    assert redis.blpop(["emsp:call:beckn.tasks.answer_look_up"], timeout=10)[1] == b"content"
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    wakeup.hand(task, b"content", lost=lambda: lost.append("lost"))

    assert lost == ["lost"]


@pytest.mark.django_db(transaction=True)
def test_who_holds_a_task_learns_that_it_is_wanted_and_nobody_is_woken(monkeypatch):
    task, other, sent = Task("one"), Task("other"), []
    monkeypatch.setattr(wakeup, "_send", lambda task, args, countdown_s: sent.append(task.name))

    with wakeup.held(task) as held:
        wakeup.wake(other)
        assert not held.wanted
        wakeup.wake(task)
    assert held.wanted
    wakeup.wake(task)

    assert sent == ["other", "one"]


@pytest.mark.parametrize(("queues", "begun"), [({"beckn": 1, "default": 1}, 1), ({"pulls": 1}, 0)])
def test_only_a_worker_of_the_queue_has_residents(monkeypatch, queues, begun):
    started = []
    monkeypatch.setattr(
        resident, "start", lambda served, count, beside: started.append([*(task.name for task in served), beside])
    )

    class Sender:
        class app:  # noqa: N801
            class amqp:  # noqa: N801
                pass

    Sender.app.amqp.queues = type("Queues", (), {"consume_from": queues})
    tasks.begin_residents(Sender)

    names = ["beckn.tasks.handle_requests", "beckn.tasks.answer_look_up"]  # in the order in which they go first
    assert started == [[*names, look_ups.attend]] * begun
