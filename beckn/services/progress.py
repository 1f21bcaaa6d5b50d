"""Sends the meter readings that were held back so that twenty of them do not become twenty callbacks."""

from django.db import transaction
from django.utils import timezone

from beckn.models import Transaction
from beckn.services import news
from sessions.states import OrderState

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
        for conversation in due:
            conversation.progress_due_at = None
            conversation.save(update_fields=["progress_due_at"])
            if conversation.order and conversation.order.state == OrderState.CHARGING:
                news.tell(conversation.order, "on_status", superseding=True)
    return len(due)
