"""Background work of the catalogue."""

from celery import shared_task


@shared_task(ignore_result=True, acks_late=True)
def reprice_due() -> None:
    """Renew prices whose time is over. Safe to run twice: due rows are claimed, and are not due afterwards."""
    from catalog.services import prices

    prices.reprice_due()
