"""Celery's consumer, which outlives a Redis that is killed while tasks run."""

import logging

from celery.worker import consumer

log = logging.getLogger(__name__)


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Named by CELERY_WORKER_CONSUMER."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Leave a connection that was lost, to open another.

        Celery 5.7 closes it twice. The second time kombu would give back to Redis what is not acknowledged yet, over a
        connection that has no address any more, and the AttributeError of that would end the worker. Redis has it anyway.
        """
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            log.warning("what is not acknowledged stays with the broker: %s", error)
