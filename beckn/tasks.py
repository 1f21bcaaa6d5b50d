"""Wake-ups of the Beckn side. The work is in rows: a task claims what is due, and may run twice or late."""

from celery import shared_task

from emsp.core.wakeup import begun, held, wake


@shared_task(ignore_result=True, acks_late=True)
def handle_requests() -> None:
    """Handle the requests in the inbox that are due, and send their answers, until there are none."""
    from beckn.services import delivery, inbox

    begun(handle_requests)
    while True:
        with held(deliver_callbacks):  # the answers leave from here, without another message
            if not inbox.handle_due():
                return
        delivery.deliver_due()


@shared_task(ignore_result=True, acks_late=True)
def deliver_callbacks() -> None:
    """Send the callbacks in the outbox that are due, until there are none."""
    from beckn.services import delivery

    begun(deliver_callbacks)
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


@shared_task(ignore_result=True)
def forget_old() -> None:
    """Beat: forget the conversations whose time is over."""
    from django.utils import timezone

    from beckn.services import retention

    retention.forget_old(now=timezone.now())
