"""Addresses for other machines: callbacks of the BPP, and health."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from beckn.bap.services import callbacks
from beckn.bap.services.callbacks import CallbackRefused

INVALID_REQUEST = "30000"


@csrf_exempt
@require_POST
def callback(request: HttpRequest, action: str) -> JsonResponse:
    """POST /beckn/on_<action>: ACK once it is kept; NACK with the reason otherwise."""
    try:
        callbacks.accept(_body(request), action, request.headers.get("Authorization", ""))
    except CallbackRefused as refused:
        return _nack(refused)
    return JsonResponse({"message": {"ack": {"status": "ACK"}}})


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when pages can be served, 503 when the database is away."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok"})


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body
    except RequestDataTooBig:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raise CallbackRefused(413, f"a body may have {limit} bytes at most") from None
    except UnreadablePostError:
        raise CallbackRefused(400, "the body did not arrive whole") from None


def _nack(refused: CallbackRefused) -> JsonResponse:
    error = {"code": INVALID_REQUEST, "paths": refused.path, "message": refused.reason}
    body = {
        "message": {"ack": {"status": "NACK"}},
        "error": {name: text for name, text in error.items() if text},
    }
    response = JsonResponse(body, status=refused.status)
    if refused.status == 401:
        response["WWW-Authenticate"] = (
            f'Signature realm="{settings.BAP_ID}",headers="(created) (expires) digest"'
        )
    return response
