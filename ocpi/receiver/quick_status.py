"""PATCH of an EVSE with nothing but its status: the same answer as by LocationView, without what others need.

Whatever is not plain, be it the token, the address, the body or the outcome, is left to LocationView.
"""

from django.db import Error
from django.http import HttpRequest, HttpResponse

from emsp.core.correlation import note
from emsp.core.wire import Wire, WireError, decode, encode
from ocpi.envelope import SUCCESS, envelope
from ocpi.pushers import Pusher, pusher
from ocpi.receiver.headers import note_request, routing_of, tracing_of
from ocpi.services.evse_status import store_status
from ocpi.throttling import is_above_rate, is_refused


class StatusPatch(Wire, forbid_unknown_fields=True):
    """The body of the commonest push, as it is received."""

    status: str
    last_updated: str


def answer(request: HttpRequest, country_code: str, party_id: str, tail: str) -> HttpResponse | None:
    """The answer to a status that was stored; None when nothing was done."""
    segments = tail.removesuffix("/").split("/")
    if request.method != "PATCH" or len(segments) != 2 or request.META.get("QUERY_STRING"):
        return None
    try:
        patch = decode(request.body, StatusPatch)
        found = _let_in(request, country_code, party_id)
        stored = found is not None and store_status(
            found.party_pk, *segments, status=patch.status, last_updated=patch.last_updated,
            check_order=found.check_last_updated,
        )  # fmt: skip
    except (WireError, ValueError, Error):
        return None
    return _success(request, found) if found is not None and stored else None


def _let_in(request: HttpRequest, country_code: str, party_id: str) -> Pusher | None:
    if is_refused(request):
        return None
    found = pusher(request.META, country_code, party_id)
    return None if found is None or is_above_rate(request, found.connection_pk) else found


def _success(request: HttpRequest, found: Pusher) -> HttpResponse:
    tracing = tracing_of(request.META)
    note_request(tracing, module="locations")
    note(connection=found.connection_name)
    body = encode(envelope(SUCCESS, "Success"))
    return HttpResponse(body, content_type="application/json", headers=tracing | routing_of(request.META))
