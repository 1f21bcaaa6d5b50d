"""Raw requests to an operator's platform: the headers and statuses that a tolerant client would smooth over."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from emsp.core.wire import WireError, encode, load_json
from ocpi.client.errors import PeerError
from ocpi.client.links import with_parameters
from ocpi.client.peer import THEIR_ROLE
from ocpi.client.transport import Line, TokenAuth, exchange
from ocpi.models import AuthEncoding, Party


@dataclass(frozen=True)
class Reply:
    """An answer. status 0: none came, and reason says why. envelope: the JSON object; None when it is none."""

    status: int
    headers: Mapping[str, str]
    envelope: dict[str, Any] | None
    reason: str = ""

    @property
    def code(self) -> int | None:
        """status_code of the envelope."""
        code = (self.envelope or {}).get("status_code")
        return code if isinstance(code, int) else None

    @property
    def data(self) -> Any:
        """What the envelope holds."""
        return (self.envelope or {}).get("data")

    @property
    def well(self) -> bool:
        """2xx with a status_code of 1xxx."""
        return self.status in range(200, 300) and self.code in range(1000, 2000)

    def told(self) -> str:
        """For a report."""
        if self.reason:
            return self.reason
        return f"HTTP {self.status}, " + ("no OCPI envelope" if self.code is None else f"status_code {self.code}")


class Calls:
    """Requests to one party, with its own token or with another."""

    def __init__(self, party: Party) -> None:
        self.party, self.connection = party, party.connection

    def url(self, module: str, *segments: str) -> str | None:
        """Address of a module or of an object in it; None when the operator has no such module."""
        base = self.connection.endpoint(module, THEIR_ROLE[module])
        if base is None:
            return None
        made = "/".join([base, *(quote(segment, safe="") for segment in segments)])
        return f"{made}/" if self.connection.trailing_slash else made

    def get(self, url: str, *, token: str | None = None, **parameters: object) -> Reply:
        """GET with query parameters. token: another one than the agreed."""
        return self.send("GET", with_parameters(url, **parameters), token=token)

    def send(self, method: str, url: str, body: Any = None, *, token: str | None = None) -> Reply:
        """One request; whatever comes is a Reply. Our token goes to the operator's own hosts only."""
        if urlsplit(url).netloc not in self._hosts():
            return Reply(0, {}, None, "the URL is at a host that is not the operator's")
        try:
            answer = exchange(
                method, url, auth=TokenAuth(self._token(token)), headers=self._headers(),
                line=Line.to(self.connection), body=None if body is None else encode(body),
            )  # fmt: skip
        except PeerError as error:
            return Reply(0, {}, None, str(error))
        try:
            found = load_json(answer.body)
        except WireError:
            found = None
        return Reply(answer.status, answer.headers, found if isinstance(found, dict) else None)

    def _token(self, other: str | None) -> str:
        token = self.connection.outgoing_token if other is None else other
        if self.connection.auth_encoding == AuthEncoding.RAW:
            return token
        return base64.b64encode(token.encode()).decode()

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "X-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": str(uuid.uuid4()),
        }
        if not self.connection.send_routing_headers:
            return headers
        return headers | {
            "OCPI-from-country-code": settings.OCPI_COUNTRY_CODE,
            "OCPI-from-party-id": settings.OCPI_PARTY_ID,
            "OCPI-to-country-code": self.party.country_code,
            "OCPI-to-party-id": self.party.party_id,
        }

    def _hosts(self) -> set[str]:
        urls = [self.connection.versions_url, *(str(e.get("url", "")) for e in self.connection.endpoints)]
        return {urlsplit(url).netloc for url in urls}
