"""Background work of the catalogue."""

from celery import shared_task


@shared_task(ignore_result=True, acks_late=True)
def reprice_due() -> None:
    """Renew prices whose time is over. Safe to run twice: due rows are claimed, and are not due afterwards."""
    from catalog.services import prices

    prices.reprice_due()


@shared_task(ignore_result=True, acks_late=True)
def remap_offers() -> None:
    """Map anew what an earlier release mapped, if there is any. Safe to run twice: the rows tell what is left."""
    from catalog.services import remapping

    for _ in remapping.remap():
        pass


@shared_task(ignore_result=True, acks_late=True)
def publish_price_book() -> None:
    """Go on with the publication that is under way, if there is one. Safe to run twice: its place is in the row."""
    from catalog.services import price_book

    price_book.go_on_publishing()
