"""Wake-ups of the Beckn side. The work is in rows: a task claims what is due, and may run twice or late."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

from emsp.core import resident
from emsp.core.wakeup import held, wake

RESIDENTS = 8  # threads of a worker of the queue `beckn` that handle requests when they are called


@shared_task(ignore_result=True, acks_late=True)
def handle_requests() -> None:
    """Handle the requests in the inbox that are due, and send their answers, until there are none."""
    from beckn.services import delivery, inbox

    while True:
        with held(deliver_callbacks) as delivering:  # the answers leave from here, without another call
            count = inbox.handle_due()
        if delivering.wanted:
            delivery.deliver_due()
        if not count:
            return


@shared_task(ignore_result=True)
def answer_look_up(handed: bytes) -> None:
    """Answer a search, or another request that changes nothing, which a web server has just kept and handed over."""
    from beckn.services import look_ups

    look_ups.answer_handed(handed)


@shared_task(ignore_result=True, acks_late=True)
def deliver_callbacks() -> None:
    """Send the callbacks in the outbox that are due, until there are none."""
    from beckn.services import delivery

    delivery.deliver_due()


@shared_task(ignore_result=True, acks_late=True)
def sweep() -> None:
    """Every second: re-drive what a lost broker message or a killed worker left behind (design.md §2)."""
    from beckn.services import delivery, inbox, progress

    delivery.expire()
    if inbox.has_due():
        wake(handle_requests)
    if delivery.has_due():
        wake(deliver_callbacks)
    progress.flush_due()


@shared_task(ignore_result=True, acks_late=True)
def write_station_texts() -> None:
    """Beat: write what searches tell of stations, where nobody searched since that changed. Safe to run twice."""
    from beckn.render.catalog import STATIONS
    from catalog.services import station_texts

    for _ in station_texts.write_due(STATIONS):
        pass


@shared_task(ignore_result=True)
def mend_station_texts() -> None:
    """Beat: find stations whose text does not fit their offers, which only an earlier release leaves behind."""
    from catalog.services import station_texts

    station_texts.mend()


@shared_task(ignore_result=True)
def forget_old() -> None:
    """Beat: forget the conversations whose time is over."""
    from django.utils import timezone

    from beckn.services import retention

    retention.forget_old(now=timezone.now())


@worker_ready.connect
def begin_residents(sender: Any, **kwargs: Any) -> None:
    """Only where the queue of these tasks is worked on."""
    if "beckn" in sender.app.amqp.queues.consume_from:
        from beckn.services import look_ups

        resident.start([handle_requests, answer_look_up], RESIDENTS, beside=look_ups.attend)


@worker_shutting_down.connect
def end_residents(**kwargs: Any) -> None:
    resident.stop()


@worker_shutdown.connect
def await_residents(**kwargs: Any) -> None:
    resident.wait_stopped()
