"""What every partner's request meets first: its figures, the size limit, and errors in the partner's own envelope."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from time import monotonic
from typing import Any, cast

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, get_resolver, get_urlconf

from emsp.core import exchanges
from emsp.core.correlation import about, ids_now
from emsp.core.csp import NO_DEVICES
from emsp.core.exchanges import BECKN, OCPI, Ending
from emsp.core.wire import moment_text

PARTNERS = ("/beckn/", "/ocpi/")  # below these addresses there are doors only, no pages
Handler = Callable[[HttpRequest], HttpResponse]


def partner_error(request: HttpRequest, status: int, reason: str) -> HttpResponse:
    """An error in the envelope of the door it happened at: Beckn NACK, OCPI envelope, or plain text."""
    if request.path.startswith("/beckn/"):
        code = "40000" if status >= 500 else "30000"
        body: dict[str, Any] = {
            "message": {"ack": {"status": "NACK"}},
            "error": {"code": code, "message": reason},
        }
        return JsonResponse(body, status=status)
    if request.path.startswith("/ocpi/"):
        stamp = moment_text(datetime.now(UTC))
        body = {"status_code": 3000 if status >= 500 else 2000, "status_message": reason, "timestamp": stamp}
        return JsonResponse(body, status=status)
    return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")


class ExchangeMiddleware:
    """Opens the scope of a request, and tells how it went when it came from a partner.

    Action, module and partner are what the door noted; where it did not come so far, they are unknown.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with about():
            begun = monotonic()
            answer = self.get_response(request)
            seconds = monotonic() - begun
            ids = ids_now()
            ending = Ending(_outcome(answer.status_code, refused="error_code" in ids), answer.status_code)
            if request.path.startswith("/beckn/"):
                subject, partner = ids.get("action", ""), ids.get("subscriber", "")
                exchanges.tell(BECKN, "request", ending, subject=subject, partner=partner, seconds=seconds)
            elif request.path.startswith("/ocpi/"):
                subject, partner = ids.get("ocpi_module", ""), ids.get("connection", "")
                exchanges.tell(OCPI, "received", ending, subject=subject, partner=partner, seconds=seconds)
            return answer


def _outcome(status: int, *, refused: bool) -> str:
    if status >= 500:
        return exchanges.FAILED
    return exchanges.REFUSED if refused or status >= 400 else exchanges.OK


class _Doors(BaseHandler):
    """Leads a request straight to its view, without what MIDDLEWARE has for pages."""

    _get_response: Handler
    _view_middleware: tuple[Any, ...] = ()
    _template_response_middleware: tuple[Any, ...] = ()
    _exception_middleware: tuple[Any, ...] = ()

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of an address and what the address names. Apps ask a few addresses again and again."""
        request.resolver_match = match = _door(get_urlconf(), request.path_info)
        return match

    def handler(self) -> Handler:
        """From a request to its answer, with the headers that every answer has."""
        view = cast(Handler, convert_exception_to_response(self._get_response))
        # Called by hand: what Django calls them by asks each, for every request, what it has and whether it waits.
        common, frames = CommonMiddleware(view), XFrameOptionsMiddleware(view)

        def answer(request: HttpRequest) -> HttpResponseBase:
            made = common.process_request(request) or frames.process_response(request, view(request))
            return common.process_response(request, made)

        return cast(Handler, convert_exception_to_response(answer))


@lru_cache(maxsize=200)
def _door(urlconf: str | None, path: str) -> ResolverMatch:
    return get_resolver(urlconf).resolve(path)


class PartnerEdgeMiddleware:
    """Refuses a body over BODY_LIMIT_BYTES before anything reads it, on the doors of partners.

    One of unknown length (chunked) got its length from emsp.core.body_first. What stands below it in MIDDLEWARE
    is for pages (sessions, logins, forms): a partner's request goes to its door without, and its answer gets the
    headers that every answer has. No view asks there for a policy of its own, so it is put into words once.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response, self.doors = get_response, _Doors().handler()
        self.policy = build_policy()
        self.security = SecurityMiddleware(self.answer)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PARTNERS):
            return self.get_response(request)
        made = self.security.process_request(request) or self.answer(request)
        return self.security.process_response(request, made)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The answer of a door, or the refusal of a body that is too large."""
        if _too_large(request):
            answer = partner_error(request, 413, f"the body is larger than {settings.BODY_LIMIT_BYTES} bytes")
        else:
            answer = self.doors(request)
        answer["Permissions-Policy"] = NO_DEVICES
        answer[HEADER] = self.policy
        return answer


def _too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or ""
    return length.isdecimal() and int(length) > settings.BODY_LIMIT_BYTES


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself refuses, such as a Host header that is none."""
    return partner_error(request, 400, "bad request")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 without a word about what addresses there are."""
    return partner_error(request, 404, "not found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without internals; the log has the rest."""
    return partner_error(request, 500, "internal error")
