"""Forgets searches, bookings and their messages when their time is over, and drivers of whom nothing is left."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from beckn.bap.models import Driver, Message, Order, Search
from beckn.bap.stages import CONFIRMED_STAGES

log = logging.getLogger(__name__)


@transaction.atomic
def forget_old(*, now: datetime) -> int:
    """Delete what is too old, with its messages and contact data; gives how many rows.

    What came to nothing goes KEEP_SEARCHES_DAYS after it was made: searches without a booking, bookings that were not
    confirmed, messages of neither. Confirmed bookings, and drivers that have no search and no booking left, go
    KEEP_ORDERS_DAYS after they were made.
    """
    idle = now - timedelta(days=settings.KEEP_SEARCHES_DAYS)
    ordered = now - timedelta(days=settings.KEEP_ORDERS_DAYS)
    old = [
        Order.objects.filter(created_at__lt=ordered),
        Order.objects.filter(created_at__lt=idle).exclude(stage__in=CONFIRMED_STAGES),
        Search.objects.filter(created_at__lt=idle, orders=None),
        Message.objects.filter(created_at__lt=idle, search=None, order=None),
        Driver.objects.filter(created_at__lt=ordered, searches=None, orders=None, messages=None),
    ]
    forgotten = sum(rows.delete()[0] for rows in old)
    if forgotten:
        log.info("%s rows forgotten", forgotten)
    return forgotten
