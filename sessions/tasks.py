"""Celery tasks of the orders."""

from celery import shared_task


@shared_task(ignore_result=True)
def sweep() -> None:
    """Beat: expire drafts, stop what nobody wants."""
    from sessions.services import watch

    watch.sweep()


@shared_task(ignore_result=True)
def send_refunds() -> None:
    """Wake-up and beat: ask the gateway for the refunds that are due."""
    from sessions.services import refunds

    refunds.send_due()


@shared_task(ignore_result=True)
def watch_cdrs() -> None:
    """Beat: ask for CDRs that should be there, raise those that do not come."""
    from sessions.services import watch

    watch.watch_cdrs()
