"""Celery tasks of the orders."""

from celery import shared_task


@shared_task(ignore_result=True)
def sweep() -> None:
    """Beat: expire drafts, stop what nobody wants."""
    from sessions.services import watch

    watch.sweep()
