"""A broker by URL: one that is away costs a request nothing, and is told by /health/ready alone."""

import socket

import pytest
from celery import Celery
from celery.worker import consumer

from emsp.core.consumer import Consumer
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


def test_a_worker_outlives_a_connection_that_cannot_be_taken_apart(monkeypatch, settings, caplog):
    def fail(self, exc):
        self.connection = None
        raise AttributeError("'NoneType' object has no attribute 'hostname'")

    monkeypatch.setattr(consumer.Consumer, "on_connection_error_after_connected", fail)
    lost = Consumer.__new__(Consumer)

    lost.on_connection_error_after_connected(ConnectionError("closed by Redis"))

    assert lost.connection is None
    assert "what is not acknowledged stays with the broker: 'NoneType' object has no" in caplog.text
    assert task_of("redis://127.0.0.1/0").app.conf.worker_consumer == "emsp.core.consumer:Consumer"
