"""What all OCPI views share: token, envelope, and the headers of an answer. Source: ocpi.md 1.2-1.7."""

import uuid
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
from ocpi.models import Party
from ocpi.services.parties import party_of
from ocpi.services.refusals import InvalidObject

TRACING = ("X-Request-ID", "X-Correlation-ID")
ROUTING = ("country-code", "party-id")


class OcpiView(APIView):
    """A door for peers: 401 before anything else, and an envelope whatever happens."""

    authentication_classes = [TokenAuthentication]
    permission_classes = []
    renderer_classes = [EnvelopeRenderer]
    content_negotiation_class = AlwaysJson
    http_method_names = ["get", "post", "put", "patch", "delete"]

    open_to_registration: ClassVar[bool] = False
    """Whether a token A opens this door."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
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
        for name, value in _answer_headers(request).items():
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
        """The request's JSON; a list of one object is taken as the object (T3).

        Raises WireError, malformed, when it is no JSON.
        """
        value = load_json(self.request.body)
        return value[0] if isinstance(value, list) and len(value) == 1 else value


def _answer_headers(request: Request) -> dict[str, str]:
    """Request and correlation ids come back, or are made; routing headers come back swapped."""
    headers = {name: request.headers.get(name) or str(uuid.uuid4()) for name in TRACING}
    for ours, theirs in (("from", "to"), ("to", "from")):
        for part in ROUTING:
            value = request.headers.get(f"OCPI-{theirs}-{part}")
            if value:
                headers[f"OCPI-{ours}-{part}"] = value
    return headers


class NowhereView(OcpiView):
    """Every address that does not exist: 401 to strangers, 404 to peers."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
