"""Takes a driver's contact and words out of conversations; what keeps the protocol right stays."""

from django.db import transaction
from django.db.models import Q

from beckn.models import Callback, CallbackState, Rating, Request, RequestState, SupportRequest, Transaction


def messages_of(conversations: list[Transaction]) -> Q:
    """Requests and callbacks of these conversations."""
    found = Q(pk__in=[])
    for conversation in conversations:
        found |= Q(bap_id=conversation.bap_id, transaction_id=conversation.transaction_id)
    return found


def on_their_way(conversations: list[Transaction]) -> int:
    """How many messages are still to be answered or delivered."""
    messages = messages_of(conversations)
    asked = Request.objects.filter(messages).exclude(state=RequestState.ANSWERED).count()
    return asked + Callback.objects.filter(messages, state=CallbackState.PENDING).count()


def found_in(conversations: list[Transaction], orders: list[int], wishes: list[int]) -> dict[str, int]:
    """What forget would take away, by what it is. orders, wishes: keys of orders, and of support requests beside theirs."""
    mine = Q(transaction__in=conversations) | Q(order__in=orders)
    return {
        "conversations with contact data": sum(bool(c.billing or c.customer or c.payments) for c in conversations),
        "requests": Request.objects.filter(messages_of(conversations)).count(),
        "callbacks": Callback.objects.filter(messages_of(conversations)).count(),
        "support requests": SupportRequest.objects.filter(mine | Q(pk__in=wishes)).count(),
        "comments": Rating.objects.filter(mine).exclude(comment="").count(),
    }


@transaction.atomic
def forget(conversations: list[Transaction], orders: list[int], wishes: list[int]) -> None:
    """Take the contents away. A request stays as its ids and digest, so that a replay of it is known and does nothing."""
    mine = Q(transaction__in=conversations) | Q(order__in=orders)
    for request in Request.objects.filter(messages_of(conversations)):
        request.body = {"context": request.body.get("context", {})}
        request.save(update_fields=["body"])
    Callback.objects.filter(messages_of(conversations)).delete()
    SupportRequest.objects.filter(mine | Q(pk__in=wishes)).delete()
    Rating.objects.filter(mine).update(comment="")
    Transaction.objects.filter(pk__in=[conversation.pk for conversation in conversations]).update(
        billing=None, customer=None, payments=None
    )
