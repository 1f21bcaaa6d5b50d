"""One request as the waiting pages see it: how it stands, and asking again."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from beckn.bap import drivers
from beckn.bap.models import Direction, Message
from beckn.bap.services import exchanges

PAGES = {
    "select": "quote",
    "init": "terms",
    "rating": "rate",
    "support": "support",
    "get_cancellation_reasons": "cancel",
}


@require_safe
def state(request: HttpRequest, request_id: UUID) -> JsonResponse:
    """`state`: waiting, answered, refused, unreachable or late; `answers`: how many callbacks came."""
    outcome = exchanges.outcome(_mine(request, request_id))
    return JsonResponse({"state": outcome.state, "answers": outcome.answers})


@require_POST
def again(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Ask once more, and go back to the page that waits for the answer."""
    message = _mine(request, request_id)
    if not exchanges.outcome(message).answered:
        exchanges.again(message)
    return redirect(page_of(message))


def page_of(message: Message) -> str:
    """The page a request was sent from."""
    if message.order_id:
        return reverse(PAGES.get(message.action, "order"), args=[message.order_id])
    return reverse("results", args=[message.search_id]) if message.search_id else reverse("home")


def _mine(request: HttpRequest, request_id: UUID) -> Message:
    sent = Message.objects.select_related("driver", "search", "order")
    return get_object_or_404(sent, pk=request_id, direction=Direction.SENT, driver=drivers.current(request))
