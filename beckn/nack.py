"""The two synchronous answers: ACK, and NACK with the HTTP status of its kind. Source: beckn.md a.6, design.md §8."""

import logging
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework.exceptions import MethodNotAllowed, Throttled
from rest_framework.renderers import JSONRenderer

from beckn.authentication import GatewayRefused
from beckn.errors import BUSINESS_ERROR, INVALID_REQUEST
from beckn.errors import error as error_object
from beckn.services.inbox import OtherBody
from beckn.services.on_subscribe import NoSubscriptionPending
from beckn.services.screening import NotServed, UnknownAction
from beckn.signing import SignatureRefused
from emsp.core.correlation import note
from emsp.core.wire import WireError

log = logging.getLogger(__name__)

JSON = "application/json"
ACK = b'{"message":{"ack":{"status":"ACK"}}}'
REASONS = {
    "missing_authorization": "the header is missing",
    "malformed_header": "the header is malformed",
    "bad_base64": "the signature is not standard base64",
    "unsupported_headers": "the headers attribute must be (created) (expires) digest",
    "algorithm_mismatch": "the algorithm is not the one of the keyId",
    "unsupported_algorithm": "the algorithm must be ed25519",
    "created_in_future": "created lies in the future",
    "expired": "expires lies in the past",
    "too_old": "created lies more than a day in the past",
    "unknown_key": "the key is not known",
    "key_not_valid": "the key is not valid now",
    "signature_mismatch": "the signature does not verify over the received bytes",
    "identity_mismatch": "the key does not belong to the sender in this role",
}


def json_answer(body: dict[str, Any]) -> HttpResponse:
    """The answer of a door that says more than ACK."""
    return HttpResponse(JSONRenderer().render(body), content_type=JSON)


class Nack(HttpResponse):
    """A NACK in the core envelope. told: its reason; path: the member that is wrong, as message.order.items[0].id."""

    def __init__(self, status: int, reason: str, *, code: str = INVALID_REQUEST, path: str = "", **headers: str) -> None:
        note(error_code=code)
        self.told = reason
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"message": {"ack": {"status": "NACK"}}, "error": error_object(code, reason, path=path)}
        super().__init__(JSONRenderer().render(body), status=status, content_type=JSON, headers=names)


def to_nack(error: Exception, request: HttpRequest) -> Nack | None:
    """The NACK for what a door raised. None for what is a bug of ours: Django's handler takes it."""
    made = _refusal(error) or _transport(error)
    if made is not None:
        log.info("NACK %s for %r: %s", made.status_code, request.path[:80], made.told)
    return made


def _refusal(error: Exception) -> Nack | None:
    match error:
        case GatewayRefused():
            reason = f"gateway: {REASONS[error.reason.removeprefix('gateway_')]}"
            return Nack(401, reason, Proxy_Authenticate=_challenge())
        case SignatureRefused():
            return Nack(401, f"Authorization: {REASONS[error.reason]}", WWW_Authenticate=_challenge())
        case WireError():
            return Nack(400, str(error), path=error.path)
        case UnknownAction() | Http404():
            return Nack(404, "no such action")
        case NoSubscriptionPending():
            return Nack(403, str(error))
        case NotServed():
            return Nack(200, str(error), path=error.path)
        case OtherBody():
            return Nack(200, str(error), path="context.message_id")
    return None


def _transport(error: Exception) -> Nack | None:
    match error:
        case RequestDataTooBig():
            return Nack(413, "the body is too large")
        case UnreadablePostError():
            return Nack(400, "the body ended early")
        case MethodNotAllowed():
            return Nack(405, "only POST is understood here")
        case Throttled():
            wait_s = ceil(getattr(error, "wait", None) or 1)
            return Nack(429, "too many requests", Retry_After=str(wait_s))
        case OperationalError() | InterfaceError():
            log.error("the database does not answer: %s", type(error).__name__)
            return Nack(503, "try again later", code=BUSINESS_ERROR, Retry_After="1")
    return None


def _challenge() -> str:
    return f'Signature realm="{settings.BECKN_SUBSCRIBER_ID}",headers="(created) (expires) digest"'
