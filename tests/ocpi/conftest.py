"""A CPO that calls us, through real URLs with a real token."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
import responses
from django.test import Client

from ocpi import signals
from ocpi.models import Command, Party
from tests.factories.ocpi import CpoFactory, IncomingTokenFactory
from tests.redis_server import redis_server  # noqa: F401 (fixture)

TOKEN = "token-that-they-send-0123456789"


@dataclass
class Answer:
    """What we answered; every answer is checked to be an envelope."""

    status: int
    body: dict[str, Any]
    headers: Any

    @property
    def code(self) -> int:
        return self.body["status_code"]

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def said(self) -> tuple[int, int]:
        """HTTP status and OCPI status code."""
        return self.status, self.code


class Caller:
    """One peer, as our server sees it."""

    def __init__(self, token: str | None, party: Party | None = None) -> None:
        self.party, self.token = party, token
        self._client = Client(raise_request_exception=False)

    def call(
        self, method: str, url: str, body: Any = None, *, raw: bytes | None = None,
        authorization: str | None = None, **headers: str,
    ) -> Answer:
        if authorization is None and self.token:
            authorization = "Token " + base64.b64encode(self.token.encode()).decode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if authorization:
            sent["Authorization"] = authorization
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        answer = self._client.generic(method, url, content, "application/json", headers=sent)
        assert answer["Content-Type"] == "application/json"
        found = json.loads(answer.content)
        assert isinstance(found["status_code"], int)
        assert found["timestamp"].endswith("Z")
        return Answer(answer.status_code, found, answer.headers)

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        if name not in ("get", "put", "patch", "post", "delete"):
            raise AttributeError(name)
        return lambda url, *args, **kwargs: self.call(name.upper(), url, *args, **kwargs)


def at(module: str, *segments: str, owner: tuple[str, ...] = ("IN", "CPA")) -> str:
    """URL of an object of the party `owner`, its segments percent-encoded as peers do."""
    return "/".join([f"/ocpi/emsp/2.2.1/{module}", *(quote(segment, safe="") for segment in (*owner, *segments))])


@pytest.fixture
def party(db) -> Party:
    """A CPO, IN-CPA, on a registered connection."""
    return CpoFactory()


@pytest.fixture
def cpo(party) -> Caller:
    """That CPO as a caller."""
    IncomingTokenFactory(connection=party.connection, text=TOKEN)
    return Caller(TOKEN, party)


@pytest.fixture
def woken(monkeypatch) -> list[tuple[str, tuple[Any, ...]]]:
    """The workers that would be woken, in place of waking them, at once and not after commit."""
    found: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(
        "ocpi.services.wanted.wake", lambda task, *args: found.append((task.name.rsplit(".", 1)[1], args))
    )
    return found


@pytest.fixture
def news() -> Any:
    """The domain signals that were sent, as (name, arguments)."""
    found: list[tuple[str, dict[str, Any]]] = []
    names = ("locations_stored", "tariffs_stored", "session_stored", "cdr_stored")
    listeners = {
        name: lambda sender, signal, _name=name, **kwargs: found.append((_name, kwargs)) for name in names
    }
    for name, listener in listeners.items():
        getattr(signals, name).connect(listener, weak=False)
    yield found
    for name, listener in listeners.items():
        getattr(signals, name).disconnect(listener)


@pytest.fixture
def network() -> Iterator[responses.RequestsMock]:
    """CPOs as our requests meet them; a test registers what they answer."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def told() -> Iterator[list[tuple[str, str, str]]]:
    """What command_finished said: kind, state and result."""
    found: list[tuple[str, str, str]] = []

    def hear(command: Command, **kwargs: Any) -> None:
        found.append((command.kind, command.state, command.result))

    signals.command_finished.connect(hear)
    yield found
    signals.command_finished.disconnect(hear)
