"""The doors of the BPP: POST /beckn/<action> and /beckn/on_subscribe."""

from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from beckn.authentication import SubscriberSignature, caller
from beckn.nack import ACK, to_nack
from beckn.services import inbox, on_subscribe
from beckn.throttling import SenderThrottle
from beckn.wire.v1_1_0 import MESSAGE_TYPES
from emsp.core.correlation import note


class AlwaysJson(BaseContentNegotiation):
    """Whatever a peer writes in Accept, a Beckn answer is JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """None: bodies are read as raw bytes, because the signature covers them."""
        return None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer, which is JSON."""
        first = next(iter(renderers))
        return first, first.media_type


class Door(APIView):
    """What both doors share: POST only, JSON always, refusals as NACK."""

    http_method_names = ["post"]
    content_negotiation_class = AlwaysJson

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Another method is 405 before anybody asks who calls."""
        if request.method != "POST":
            self.http_method_not_allowed(request)
        note(action=self.action(kwargs))
        super().initial(request, *args, **kwargs)

    def action(self, named: dict[str, Any]) -> str:
        """The action of this door; empty when there is no such action."""
        return named["action"] if named.get("action") in MESSAGE_TYPES else ""

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Every refusal leaves as a NACK."""
        return to_nack


class ActionView(Door):
    """POST /beckn/<action>. Verify, keep, acknowledge; the answer leaves later as on_<action>."""

    authentication_classes = [SubscriberSignature]
    permission_classes = [IsAuthenticated]
    throttle_classes = [SenderThrottle]

    def post(self, request: Request, action: str) -> HttpResponse:
        """ACK, once the request is durably kept."""
        sender = caller(request)
        inbox.accept(request.body, sender=sender.subscriber, action=action, body=sender.body)
        return HttpResponse(ACK, content_type="application/json")


class ChallengeThrottle(AnonRateThrottle):
    """A registry sends a challenge now and then; whoever sends more is guessing."""

    scope = "on_subscribe"
    rate = "30/min"


class OnSubscribeView(Door):
    """POST /beckn/on_subscribe. Proves to the registry that we own our encryption key."""

    throttle_classes = [ChallengeThrottle]

    def action(self, named: dict[str, Any]) -> str:
        """A registry asks here, no app."""
        return "on_subscribe"

    def post(self, request: Request) -> Response:
        """The challenge in clear text."""
        return Response({"answer": on_subscribe.answer(request.headers, request.body)})
