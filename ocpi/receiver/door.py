"""What all OCPI views share: token, envelope, and the headers of an answer. Source: ocpi.md 1.2-1.7."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from django.http import Http404
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from emsp.core.wire import load_json
from ocpi.authentication import Peer, TokenAuthentication
from ocpi.envelope import AlwaysJson, EnvelopeRenderer
from ocpi.errors import to_envelope
from ocpi.feeds import adapter
from ocpi.models import Party
from ocpi.receiver.headers import note_request, routing_of, tracing_of
from ocpi.services.parties import party_of
from ocpi.services.refusals import InvalidObject
from ocpi.throttling import PeerThrottle
from ocpi.versions import V2_2_1

OUR_MODULES = frozenset({"versions", *(module for module, _ in V2_2_1.modules)})


class OcpiView(APIView):
    """A door for peers: 401 before anything else, and an envelope whatever happens."""

    authentication_classes = [TokenAuthentication]
    permission_classes = []
    throttle_classes = [PeerThrottle]
    renderer_classes = [EnvelopeRenderer]
    content_negotiation_class = AlwaysJson
    http_method_names = ["get", "post", "put", "patch", "delete"]

    open_to_registration: ClassVar[bool] = False
    """Whether a token A opens this door."""

    module: ClassVar[str] = ""
    """The module whose objects come through this door, for a feed adapter."""

    tracing: dict[str, str]
    """Request and correlation ids, which come back with the answer; made here where the peer named none."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.tracing = tracing_of(request.META)
        note_request(self.tracing, module=_module(request))
        super().initial(request, *args, **kwargs)
        if self.peer.registering and not self.open_to_registration:
            raise NotAuthenticated
        if "\x00" in request.path_info:
            raise Http404  # no database column takes it, so nothing is called that
        for name, values in request.GET.lists():
            if any("\x00" in value for value in values):
                raise InvalidObject("the character NUL means nothing here", name)

    def get_exception_handler(self) -> Callable[..., Response]:
        return to_envelope

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in (self.tracing | routing_of(request.META)).items():
            answer[name] = value
        return answer

    @property
    def peer(self) -> Peer:
        """Who calls."""
        return cast(Peer, self.request.user)

    def party(self, country_code: str, party_id: str, *, pushed: bool = False) -> Party:
        """The caller's party that a URL names; pushed: an object of it is being put. Raises UnknownParty."""
        return party_of(self.peer.connection, country_code, party_id, pushed=pushed)

    def body(self) -> Any:
        """The request's JSON; a list of one object is taken as the object (T3). The peer's feed adapter has seen it.

        Raises WireError, malformed, when it is no JSON.
        """
        value = load_json(self.request.body)
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        return adapter(self.peer.connection.feed_adapter).translate(self.module, value)


def _module(request: Request) -> str:
    """The module of our address that was asked for; empty where there is none."""
    match = request.resolver_match
    segments = match.route.strip("/").split("/") if match is not None else [""]
    if segments[-1] == V2_2_1.number:  # its details are read for the list of our addresses, as versions are
        return "versions"
    return next((segment for segment in segments if segment in OUR_MODULES), "")


class NowhereView(OcpiView):
    """Every address that does not exist: 401 to strangers, 404 to peers."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
