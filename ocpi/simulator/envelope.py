"""Requests and answers between server and modules, and the OCPI response envelope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emsp.core.wire import UNSET, encode, moment_text

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Call:
    """One incoming HTTP request. Header names are lower case; client is the caller's IP address."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. broken: hang up with a connection reset in place of answering."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    broken: bool = False


class Refusal(Exception):
    """A request that is answered with an OCPI error. status: HTTP; code: OCPI status_code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        self.status, self.code = status, code
        super().__init__(message)


def success(data: Any = UNSET, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An envelope with status_code 1000. data: left out of the envelope unless given."""
    return _enveloped(status, 1000, "Success", data, headers)


def refused(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Answer:
    """The envelope that tells a Refusal."""
    return _enveloped(refusal.status, refusal.code, str(refusal), UNSET, headers)


def _enveloped(status: int, code: int, message: str, data: Any, headers: Mapping[str, str] | None) -> Answer:
    body = {"status_code": code, "status_message": message, "timestamp": moment_text(datetime.now(UTC))}
    if data is not UNSET:
        body = {"data": data, **body}
    return Answer(status, encode(body), dict(headers or {}))
