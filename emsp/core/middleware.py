"""What every partner's request meets first: the size limit, and errors in the partner's own envelope."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from emsp.core.wire import moment_text

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


class PartnerEdgeMiddleware:
    """Refuses a body over BODY_LIMIT_BYTES before anything reads it, on the doors of partners.

    A body of unknown length (chunked) is read up to the limit and not further.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/beckn/", "/ocpi/")) and _too_large(request):
            return partner_error(request, 413, f"the body is larger than {settings.BODY_LIMIT_BYTES} bytes")
        return self.get_response(request)


def _too_large(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH")
    if length and length.isdecimal():
        return int(length) > settings.BODY_LIMIT_BYTES
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return False
    body = request.META["wsgi.input"].read(settings.BODY_LIMIT_BYTES + 1)
    request._body = body  # type: ignore[attr-defined]
    return len(body) > settings.BODY_LIMIT_BYTES


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 for what Django itself refuses, such as a Host header that is none."""
    return partner_error(request, 400, "bad request")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 without a word about what addresses there are."""
    return partner_error(request, 404, "not found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500 without internals; the log has the rest."""
    return partner_error(request, 500, "internal error")
