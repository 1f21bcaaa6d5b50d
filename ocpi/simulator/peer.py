"""The eMSP as we call it: one HTTP request at a time, with token, ids and routing headers."""

import base64
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from emsp.core.wire import WireError, encode, load_json
from ocpi.simulator.clock import Clock
from ocpi.simulator.journal import Entry, Journal
from ocpi.simulator.network import Party
from ocpi.simulator.store import Store
from ocpi.simulator.values import Json

TIMEOUT_S = (3.0, 10.0)
EMSP_ROLES = {"tokens": "SENDER", "commands": "SENDER"}


class PeerError(Exception):
    """The eMSP did not do what it was asked.

    status: HTTP, 0 without an answer. lasting: trying again is of no use.
    """

    def __init__(self, reason: str, *, status: int = 0, lasting: bool = False) -> None:
        self.status, self.lasting = status, lasting
        super().__init__(reason)


@dataclass(frozen=True)
class Request:
    """Something to tell the eMSP. Either url, or a module and the path segments below its URL."""

    method: str
    body: Json
    owner: Party
    module: str = ""
    segments: tuple[str, ...] = ()
    url: str = ""


class Peer:
    """Sends requests to the registered eMSP."""

    def __init__(self, store: Store, journal: Journal, clock: Clock) -> None:
        self._store, self._journal, self._clock = store, journal, clock
        self._http = requests.Session()
        self._http.trust_env = False  # no proxies, and no .netrc in place of our Authorization header
        for scheme in ("http://", "https://"):
            self._http.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=16))

    @property
    def registered(self) -> bool:
        """Whether there is an eMSP to talk to."""
        return bool(self._store.state.registration.token_out)

    def send(self, request: Request) -> Any:
        """Send to the registered eMSP; gives `data` of its answer.

        Raises PeerError when it cannot be reached, refuses, or is not registered.
        """
        registration = self._store.state.registration
        if not registration.token_out:
            raise PeerError("no eMSP is registered", lasting=True)
        url = request.url or self._module_url(request.module, request.segments)
        return self.call(
            request.method, url, token=registration.token_out, body=request.body, owner=request.owner
        )

    def call(
        self, method: str, url: str, *, token: str, body: Json | None = None, owner: Party | None = None
    ) -> Any:
        """One request with a token of the caller's choice; gives `data` of the answer.

        owner: on whose behalf; None on versions and credentials, which carry no routing headers.
        Raises PeerError.
        """
        began = time.monotonic()
        status, failure = 0, ""
        try:
            answer = self._http.request(
                method,
                url,
                data=None if body is None else encode(body),
                headers=self._headers(token, body is not None, owner),
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
            status = answer.status_code
            return _data(answer)
        except requests.RequestException as error:
            failure = type(error).__name__
            raise PeerError(f"no answer ({failure})") from None
        except PeerError as error:
            failure = str(error)
            raise
        finally:
            took_ms = round((time.monotonic() - began) * 1000)
            path = urlsplit(url).path
            self._journal.add(Entry(self._clock.now(), "out", method, path, status, took_ms, failure))

    def _module_url(self, module: str, segments: tuple[str, ...]) -> str:
        role = EMSP_ROLES.get(module, "RECEIVER")
        url = self._store.state.registration.endpoints.get(f"{module} {role}")
        if url is None:
            raise PeerError(f"the eMSP has no {module} endpoint", lasting=True)
        return "/".join([url.rstrip("/"), *(quote(segment, safe="") for segment in segments)])

    def _headers(self, token: str, with_body: bool, owner: Party | None) -> dict[str, str]:
        headers = {
            "Authorization": "Token " + base64.b64encode(token.encode()).decode(),
            "X-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": str(uuid.uuid4()),
        }
        if with_body:
            headers["Content-Type"] = "application/json"
        if owner:
            headers["OCPI-from-country-code"], headers["OCPI-from-party-id"] = owner
            for role in self._store.state.registration.peer.get("roles") or []:
                if role.get("role") == "EMSP":
                    headers["OCPI-to-country-code"] = role["country_code"]
                    headers["OCPI-to-party-id"] = role["party_id"]
                    break
        return headers


def _data(answer: requests.Response) -> Any:
    """`data` of an OCPI answer. Success is 2xx and a status_code of 1xxx. Source: ocpi.md §1.5."""
    status = answer.status_code
    lasting = 400 <= status < 500 and status not in (401, 404, 408, 429)
    try:
        envelope = load_json(answer.content) if answer.content else {}
    except WireError:
        envelope = None
    if not 200 <= status < 300:
        code = envelope.get("status_code") if isinstance(envelope, dict) else None
        raise PeerError(f"HTTP {status}" + (f", {code}" if code else ""), status=status, lasting=lasting)
    if not isinstance(envelope, dict):
        raise PeerError(f"HTTP {status}, but no OCPI envelope", status=status)
    code = envelope.get("status_code", 1000)
    if not str(code).startswith("1"):
        message = str(envelope.get("status_message") or "")[:120]
        raise PeerError(f"{code} {message}".strip(), status=status, lasting=True)
    return envelope.get("data")
