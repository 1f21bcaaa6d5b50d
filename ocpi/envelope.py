"""The envelope of every answer, success or not. Source: OCPI 2.2.1, transport_and_format; ocpi.md 1.5."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from emsp.core.correlation import note
from emsp.core.wire import UNSET, encode, moment_text

SUCCESS = 1000


class EnvelopeRenderer(BaseRenderer):
    """JSON with exact numbers."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return encode(data) if data is not None else b""


class AlwaysJson(BaseContentNegotiation):
    """OCPI is JSON whatever the Accept header says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def success(data: Any = UNSET, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """1000, with data where the module's text names some; pushes are answered without."""
    return Response(envelope(SUCCESS, "Success", data), status=status, headers=headers)


def failure(
    status: int, status_code: int, reason: str, headers: dict[str, str] | None = None
) -> Response:
    """An error, without data."""
    note(error_code=str(status_code))
    return Response(envelope(status_code, reason), status=status, headers=headers)


def envelope(status_code: int, message: str, data: Any = UNSET) -> dict[str, Any]:
    """The members of an answer's body."""
    body = {"status_code": status_code, "status_message": message, "timestamp": moment_text(timezone.now())}
    return body if data is UNSET else {"data": data} | body
