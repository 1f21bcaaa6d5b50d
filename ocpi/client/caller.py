"""How we present ourselves to one peer: token, request ids, routing headers, and its health afterwards.

Source: OCPI 2.2.1 transport_and_format; ocpi.md 1.3, 1.4.
"""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings

from emsp.core.wire import encode
from ocpi.client import health
from ocpi.client.envelope import Envelope, read_envelope
from ocpi.client.errors import PeerError
from ocpi.client.foreign import in_envelope
from ocpi.client.pace import Sleep, wait_for_turn
from ocpi.client.transport import Line, TokenAuth, exchange
from ocpi.feeds import adapter
from ocpi.models import AuthEncoding, Connection, Party


@dataclass(frozen=True)
class Answer:
    """A successful answer: what the envelope held, and the headers beside it."""

    envelope: Envelope
    headers: Mapping[str, str]


class Caller:
    """Sends requests as ourselves. All requests of one Caller carry the same X-Correlation-ID."""

    def __init__(
        self,
        token: str,
        auth_encoding: str,
        *,
        connection: Connection | None = None,
        party: Party | None = None,
        line: Line | None = None,
    ) -> None:
        encoded = base64.b64encode(token.encode()).decode()
        self._auth = TokenAuth(token if auth_encoding == AuthEncoding.RAW else encoded)
        self._hidden = (token, encoded)
        self._connection, self._party = connection, party
        self.line = line or Line.to(connection)
        self._correlation_id = str(uuid.uuid4())

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        routed: bool = True,
        secret: bool = False,
        read_timeout_s: float | None = None,
        pooled: bool = True,
        patiently: Sleep | None = None,
    ) -> Answer:
        """One request and its successful answer.

        routed: with the OCPI routing headers, as functional modules want them and versions and credentials do
        not. secret: the answer holds tokens, keep it out of the log. patiently: see pace.wait_for_turn. The others as
        in transport.exchange. Raises PeerError.
        """
        wait_for_turn(self._connection, patiently)
        try:
            answer = exchange(
                method, url, auth=self._auth, headers=self._headers(routed=routed, has_body=body is not None),
                line=self.line, body=encode(body) if body is not None else None, read_timeout_s=read_timeout_s,
                pooled=pooled,
            )
            if self._connection is not None and self._connection.feed_adapter:
                answer = in_envelope(answer, adapter(self._connection.feed_adapter))
            envelope = read_envelope(answer, secret=secret, hidden=self._hidden)
        except PeerError as error:
            self._note(error)
            raise
        self._note(None)
        return Answer(envelope, answer.headers)

    def _note(self, error: PeerError | None) -> None:
        if self._connection is None:
            return
        if error is None or _is_refusal(error):
            health.answered(self._connection)
        else:
            health.failed(self._connection, error)

    def _headers(self, *, routed: bool, has_body: bool) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "X-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": self._correlation_id,
        }
        if has_body:
            headers["Content-Type"] = "application/json"
        routed = routed and (self._connection is None or self._connection.send_routing_headers)
        return headers | self._routing if routed else headers

    @cached_property
    def _routing(self) -> dict[str, str]:
        """From us to the party, spelled as the peer spells it in its credentials (T8)."""
        headers = {
            "OCPI-from-country-code": settings.OCPI_COUNTRY_CODE,
            "OCPI-from-party-id": settings.OCPI_PARTY_ID,
        }
        party = self._party or self._first_party()
        if party is not None:
            headers |= {"OCPI-to-country-code": party.country_code, "OCPI-to-party-id": party.party_id}
        return headers

    def _first_party(self) -> Party | None:
        if self._connection is None:
            return None
        wanted = "HUB" if self._connection.is_hub else "CPO"
        parties = sorted(self._connection.parties.all(), key=lambda party: (party.role != wanted, party.pk))
        return parties[0] if parties else None


def _is_refusal(error: PeerError) -> bool:
    """True for a no in an envelope: the peer is well, and only this request is not to its liking."""
    return error.code is not None and error.status in range(500) and error.status not in (401, 403)
