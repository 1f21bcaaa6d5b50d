"""Sends the meter readings that were held back so that twenty of them do not become twenty callbacks."""

import logging

from django.db import transaction
from django.utils import timezone

from beckn.models import Transaction
from beckn.services import news
from emsp.core.correlation import about
from sessions.models import Order
from sessions.states import OrderState

log = logging.getLogger(__name__)

BATCH = 100


def flush_due() -> int:
    """Queue an on_status for each conversation whose progress is due; gives how many."""
    with transaction.atomic():
        due = list(
            Transaction.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
            .filter(progress_due_at__lte=timezone.now(), order__isnull=False)
            .select_related("order")
            .order_by("progress_due_at")[:BATCH]
        )
        Transaction.objects.filter(pk__in=[row.pk for row in due]).update(progress_due_at=None)
        for conversation in due:
            if conversation.order and conversation.order.state == OrderState.CHARGING:
                _tell(conversation, conversation.order)
    return len(due)


def _tell(conversation: Transaction, order: Order) -> None:
    """Tell one order; one that cannot be told waits for its next reading, and costs the others nothing."""
    try:
        with about(transaction_id=conversation.transaction_id, order=str(order)), transaction.atomic():
            news.tell_in(conversation, order.pk, "on_status", superseding=True)
    except Exception:
        log.exception("the progress of order %s could not be told", order.pk)
