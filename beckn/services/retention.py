"""Forgets messages when their time is over: what came to nothing soon, what belongs to an order late.

Orders, bills, invoices and the ledger stay; they hold no contact data. Ratings stay with their order, without their words.
Support requests are forgotten as late as orders' messages.
"""

import logging
from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from beckn.models import Callback, Rating, Request, Transaction
from beckn.services import support

log = logging.getLogger(__name__)

CHUNK = 500


def forget_old(*, now: datetime) -> int:
    """Delete the conversations that are too old, with their messages and contact data; gives how many.

    Support requests go, and comments are emptied, BECKN_KEEP_MESSAGES_DAYS after they came.

    Without an order: BECKN_KEEP_SEARCHES_DAYS after they began. All others: BECKN_KEEP_MESSAGES_DAYS. In short transactions,
    so that nobody waits; a second run at the same time finds the rows locked and takes others.
    """
    idle = now - timedelta(days=settings.BECKN_KEEP_SEARCHES_DAYS)
    ordered = now - timedelta(days=settings.BECKN_KEEP_MESSAGES_DAYS)
    old = [
        Transaction.objects.filter(created_at__lt=idle, order=None),
        Transaction.objects.filter(created_at__lt=ordered),
    ]
    Rating.objects.filter(created_at__lt=ordered).exclude(comment="").update(comment="")
    forgotten = 0
    for rows in old:
        while count := _forget_some(rows):
            forgotten += count
    requests = support.forget(ordered)
    if forgotten or requests:
        log.info("%s conversations and %s support requests forgotten", forgotten, requests)
    return forgotten


@transaction.atomic
def _forget_some(rows: QuerySet[Transaction]) -> int:
    chosen = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("created_at")[:CHUNK])
    by_app: dict[str, list[str]] = defaultdict(list)
    for conversation in chosen:
        by_app[conversation.bap_id].append(conversation.transaction_id)
    for bap_id, transaction_ids in by_app.items():
        Callback.objects.filter(bap_id=bap_id, transaction_id__in=transaction_ids).delete()
        Request.objects.filter(bap_id=bap_id, transaction_id__in=transaction_ids).delete()
    Transaction.objects.filter(pk__in=[conversation.pk for conversation in chosen]).delete()
    return len(chosen)
