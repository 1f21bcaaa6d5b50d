"""From refusals to HTTP and OCPI status codes: the one table. Source: ocpi.md 1.6, 1.7."""

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from emsp.core.errors import DomainError
from emsp.core.wire import WireError
from ocpi.envelope import failure
from ocpi.services.cdrs import CdrConflict
from ocpi.services.commands import UnknownCommand
from ocpi.services.handshake import AlreadyRegistered, NoCommonVersion, NoEndpoints, NotRegistered, Unusable
from ocpi.services.refusals import InvalidObject, UnknownObject, UnknownParty
from ocpi.services.token_answers import UnknownToken

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5

REFUSALS: dict[type[DomainError], tuple[int, int]] = {
    InvalidObject: (200, 2001),
    CdrConflict: (200, 2001),
    UnknownParty: (404, 2001),
    UnknownCommand: (404, 2001),
    UnknownToken: (404, 2004),
    AlreadyRegistered: (405, 2000),
    NotRegistered: (405, 2000),
    Unusable: (200, 3001),
    NoCommonVersion: (200, 3002),
    NoEndpoints: (200, 3003),
}
UNKNOWN_IN_LOCATIONS = 2003
UNKNOWN_ELSEWHERE = 2001


def to_envelope(error: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to a request that failed, whatever went wrong; internals stay in the log."""
    if isinstance(error, WireError):
        return failure(400 if error.malformed else 200, 2001, str(error))
    if isinstance(error, UnknownObject):
        code = UNKNOWN_IN_LOCATIONS if error.module == "locations" else UNKNOWN_ELSEWHERE
        return failure(404, code, str(error))
    if isinstance(error, DomainError):
        known = (found for kind, found in REFUSALS.items() if isinstance(error, kind))
        status, code = next(known, (200, 2000))
        return failure(status, code, str(error))
    if isinstance(error, exceptions.APIException | Http404 | SuspiciousOperation):
        return _of_framework(error)
    if isinstance(error, OperationalError | InterfaceError):
        log.error("the database did not serve a request: %s", type(error).__name__)
        return failure(503, 3000, "overloaded, try again", {"Retry-After": str(RETRY_AFTER_S)})
    log.error("a request failed", exc_info=error)
    return failure(500, 3000, "internal error")


def _of_framework(error: exceptions.APIException | Http404 | SuspiciousOperation) -> Response:
    if isinstance(error, RequestDataTooBig):
        return failure(413, 2000, "the body is too large")
    if isinstance(error, SuspiciousOperation):
        return failure(400, 2000, "the request cannot be read")
    if isinstance(error, Http404):
        return failure(404, 2000, "no such address")
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return failure(401, 2000, "unauthorized", {"WWW-Authenticate": "Token"})
    wait_s = getattr(error, "wait", None)
    headers = {"Retry-After": f"{wait_s:.0f}"} if wait_s else None
    return failure(error.status_code, 3000 if error.status_code >= 500 else 2000, str(error.detail), headers)
