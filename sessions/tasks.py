"""Celery tasks of the orders."""

from celery import shared_task


@shared_task(ignore_result=True)
def sweep() -> None:
    """Beat: expire drafts, stop what nobody wants."""
    from sessions.services import watch

    watch.sweep()


@shared_task(ignore_result=True)
def watch_cdrs() -> None:
    """Beat: ask for CDRs that should be there, raise those that do not come."""
    from sessions.services import watch

    watch.watch_cdrs()
