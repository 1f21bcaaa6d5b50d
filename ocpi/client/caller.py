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
from django.db import connection as database

from emsp.core import circuits, exchanges
from emsp.core.circuits import Way
from emsp.core.correlation import about
from emsp.core.wire import encode
from ocpi.client import health
from ocpi.client.envelope import Envelope, read_envelope
from ocpi.client.errors import LeftAlone, PeerError
from ocpi.client.foreign import in_envelope
from ocpi.client.pace import Sleep, wait_for_turn
from ocpi.client.transport import Line, TokenAuth, exchange
from ocpi.feeds import adapter
from ocpi.models import AuthEncoding, Connection, Party

MODULES = frozenset({"locations", "tariffs", "sessions", "cdrs", "tokens", "commands"})


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
        insist: bool = False,
        line: Line | None = None,
    ) -> None:
        encoded = base64.b64encode(token.encode()).decode()
        self._auth = TokenAuth(token if auth_encoding == AuthEncoding.RAW else encoded)
        self._hidden = (token, encoded)
        self._connection, self._party, self._insist = connection, party, insist
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
        insist: bool = False,
        patiently: Sleep | None = None,
    ) -> Answer:
        """One request and its successful answer.

        routed: with the OCPI routing headers, as functional modules want them and versions and credentials do
        not. secret: the answer holds tokens, keep it out of the log. insist: also while the peer is left alone because
        it does not answer. patiently: see pace.wait_for_turn. The others as in transport.exchange.
        Raises PeerError; LeftAlone, with nothing sent.
        """
        wait_for_turn(self._connection, patiently)
        module, step = self._module(url, secret=secret), "pulled" if method == "GET" else "sent"
        command = module == "commands"
        probe = self._enter(self.line.longest_s(read_timeout_s), insist=insist or self._insist, command=command)
        _let_go_of_database()
        headers = self._headers(routed=routed, has_body=body is not None)
        peer = self._connection.name if self._connection is not None else ""
        with (
            about(
                connection=peer, ocpi_module=module, request_id=headers["X-Request-ID"],
                correlation_id=self._correlation_id,
            ),
            exchanges.exchange(exchanges.OCPI, step, subject=module, partner=peer) as ending,
        ):  # fmt: skip
            try:
                answer = exchange(
                    method, url, auth=self._auth, headers=headers, line=self.line,
                    body=encode(body) if body is not None else None, read_timeout_s=read_timeout_s, pooled=pooled,
                )  # fmt: skip
                ending.status = answer.status
                if self._connection is not None and self._connection.feed_adapter:
                    answer = in_envelope(answer, adapter(self._connection.feed_adapter))
                envelope = read_envelope(answer, secret=secret, hidden=self._hidden)
            except PeerError as error:
                ending.outcome = exchanges.REFUSED if _is_refusal(error) else exchanges.FAILED
                self._note(error, probe=probe, command=command)
                raise
        self._note(None, command=command)
        return Answer(envelope, answer.headers)

    def _enter(self, for_s: float, *, insist: bool, command: bool) -> bool:
        """Whether this call is the probe of a peer that does not answer. Raises LeftAlone when it must not go out."""
        if self._connection is None:
            return False
        way = circuits.enter(self._connection.partner, for_s=for_s, command=command)
        if way == Way.SHUT and not insist:
            raise LeftAlone
        return way == Way.PROBE

    def _module(self, url: str, *, secret: bool) -> str:
        """The module that an address of the peer belongs to, of those that OCPI knows; only credentials are secret."""
        if secret:
            return "credentials"
        entries = self._connection.endpoints if self._connection is not None else []
        found = (entry.get("identifier") for entry in entries if url.startswith(str(entry.get("url"))))
        return next((str(name) for name in found if name in MODULES), "versions")

    def _note(self, error: PeerError | None, *, probe: bool = False, command: bool) -> None:
        if self._connection is None:
            return
        if error is None or _is_refusal(error):
            health.answered(self._connection)
        else:
            health.failed(self._connection, error)
        if error is not None and (error.status is None or error.status >= 500):
            circuits.failed(self._connection.partner, error.reason, probe=probe, command=command)
        else:
            circuits.answered(self._connection.partner, command=command)

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


def _let_go_of_database() -> None:
    """Keep no database connection while a peer takes its time: a few slow ones would hold the whole pool."""
    if not database.in_atomic_block:
        database.close()


def _is_refusal(error: PeerError) -> bool:
    """True for a no in an envelope: the peer is well, and only this request is not to its liking."""
    return error.code is not None and error.status in range(500) and error.status not in (401, 403)
