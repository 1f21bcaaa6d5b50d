"""The doors of the BPP: POST /beckn/<action> and /beckn/on_subscribe.

Plain views of Django: of REST framework they would need nothing, since a body is read as raw bytes, because the signature
covers them, and an answer is JSON, whatever a peer writes in Accept.
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import MethodNotAllowed

from beckn import authentication, throttling
from beckn.nack import ACK, JSON, json_answer, to_nack
from beckn.services import inbox, on_subscribe
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.core.correlation import note

ON_SUBSCRIBE = "on_subscribe"
NAMED = frozenset({*MESSAGE_TYPES, ON_SUBSCRIBE})  # what an address may name; anything else is noted as no action
Door = Callable[[HttpRequest, str], HttpResponse]


def door(answer: Door) -> Door:
    """A door that opens for POST only, before anybody asks who calls; every refusal leaves as a NACK."""

    @csrf_exempt  # what proves a sender is its signature
    @wraps(answer)
    def view(request: HttpRequest, action: str) -> HttpResponse:
        try:
            if request.method != "POST":
                raise MethodNotAllowed(request.method or "")
            note(action=action if action in NAMED else "")
            made = answer(request, action)
        except Exception as error:
            refused = to_nack(error, request)
            if refused is None:
                raise
            made = refused
        made.headers["Allow"] = "POST"
        return made

    return view


@door
def take(request: HttpRequest, action: str) -> HttpResponse:
    """POST /beckn/<action>. Verify, keep durably, acknowledge; the answer leaves later as on_<action>."""
    caller = authentication.caller(request)
    throttling.check_sender(caller.subscriber.subscriber_id, action)
    inbox.accept(request.body, sender=caller.subscriber, action=action, body=caller.body)
    return HttpResponse(ACK, content_type=JSON)


@door
def answer_challenge(request: HttpRequest, action: str) -> HttpResponse:
    """POST /beckn/on_subscribe. The challenge in clear text proves to the registry that we own our encryption key."""
    throttling.check_challenge(request)
    return json_answer({"answer": on_subscribe.answer(request.headers, request.body)})
