"""Celery tasks of the back office."""

from celery import shared_task


@shared_task(ignore_result=True)
def count_figures() -> None:
    """Beat: count the hours of the dashboard that are due."""
    from emsp.backoffice.dashboard import counting

    counting.count_due()
