"""OcpiClient: everything we ask of one peer. Source: OCPI 2.2.1; ocpi.md 1, 2.1, 3.5, 3.6.

HTTP only: nothing is stored here except the connection's health. Never used inside a database transaction.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from emsp.core.wire import WireError, moment_text
from ocpi.client.caller import Caller
from ocpi.client.envelope import one_object
from ocpi.client.errors import NotOffered, PeerError
from ocpi.client.links import absolute, on_host_of, with_parameters
from ocpi.client.pace import AHEAD_WITHIN_S
from ocpi.client.pages import Crawl, Page
from ocpi.client.transport import Line
from ocpi.feeds import adapter
from ocpi.models import AuthEncoding, Connection, Party
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.commands import CommandResponse
from ocpi.wire.v2_2_1.common import DisplayText

THEIR_ROLE = {
    "locations": "SENDER", "tariffs": "SENDER", "sessions": "SENDER", "cdrs": "SENDER",
    "tokens": "RECEIVER", "commands": "RECEIVER",
}
MOST_PER_PAGE = 1000
FREEING = frozenset({"STOP_SESSION", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"})  # a car, or a charger for others
UNKNOWN_TOKEN_CODES = frozenset({2003, 2004})  # 2003: peers that answer as for a location


@dataclass(frozen=True)
class CommandAnswer:
    """The synchronous CommandResponse.

    result: as the peer wrote it, upper case; empty when it gave none. timeout_s: None when it gave none.
    code: status_code of the envelope, which may be an error although there is a result (ocpi.md 3.6).
    """

    result: str
    timeout_s: int | None
    message: str
    code: int


class OcpiClient:
    """One logical chain of requests to a peer.

    party: whom the requests are addressed to; without it the connection's first CPO, on a hub the hub itself.
    insist: ask also while the peer is left alone because it does not answer; for people who want to know.
    """

    def __init__(self, connection: Connection, party: Party | None = None, *, insist: bool = False) -> None:
        self._connection: Connection | None = connection
        self._versions_url = connection.versions_url
        self._caller = Caller(
            connection.outgoing_token, connection.auth_encoding, connection=connection, party=party, insist=insist
        )

    @classmethod
    def for_registration(
        cls,
        versions_url: str,
        token: str,
        auth_encoding: str = AuthEncoding.BASE64,
        known: Connection | None = None,
    ) -> "OcpiClient":
        """A client for a peer that is not registered: versions, details and credentials only.

        known: its connection, where there is one already; its time limits and certificate hold.
        """
        client = cls.__new__(cls)
        client._connection, client._versions_url = None, versions_url
        client._caller = Caller(token, auth_encoding, line=Line.to(known))
        return client

    def versions(self) -> list[dict[str, str]]:
        """The versions that the peer offers, as `version` and absolute `url`. Raises PeerError.

        A peer that answers its version details at once is read as offering that one version (T19).
        """
        data = self._caller.ask("GET", self._versions_url, routed=False).envelope.data
        if isinstance(data, dict) and "endpoints" in data:
            return [{"version": str(data.get("version", "")), "url": self._versions_url}]
        if not isinstance(data, list):
            raise PeerError("its versions are not a list", sent=True)
        return [
            {"version": str(row["version"]), "url": url}
            for row in data if isinstance(row, dict) and row.get("version") and row.get("url")
            if (url := absolute(self._versions_url, str(row["url"])))
        ]

    def details(self, url: str) -> dict[str, Any]:
        """Version details; `endpoints` hold identifier, role and an absolute url. Raises PeerError."""
        data = one_object(self._caller.ask("GET", url, routed=False).envelope.data)
        if data is None or not isinstance(data.get("endpoints"), list):
            raise PeerError("its version details have no endpoints", sent=True)
        endpoints = [
            row | {"url": found}
            for row in data["endpoints"] if isinstance(row, dict) and row.get("identifier") and row.get("url")
            if (found := absolute(url, str(row["url"])))
        ]
        return data | {"endpoints": endpoints}

    def post_credentials(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Register: our Credentials go, theirs come back. Raises PeerError."""
        return self._credentials("POST", url, body)

    def put_credentials(self, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change tokens, version or roles: ours go, theirs come back. Raises PeerError."""
        return self._credentials("PUT", url, body)

    def delete_credentials(self, url: str) -> None:
        """End the registration at the peer. Raises PeerError."""
        self._caller.ask("DELETE", url, routed=False, secret=True, insist=True)

    def _credentials(self, method: str, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._caller.ask(
            method, url, body=body, routed=False, secret=True,
            read_timeout_s=self._caller.line.command_timeout_s,  # the peer reads our details meanwhile
        )
        data = one_object(answer.envelope.data)
        if data is None:
            raise PeerError("its credentials are not an object", status=answer.envelope.status, sent=True)
        return data

    def get(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """The data at an address of this peer. Raises PeerError; nothing goes to a host that is not its."""
        if urlsplit(url).netloc not in self._hosts():
            raise PeerError("the URL is at a host that is not the peer's", sent=False)
        return self._caller.ask("GET", with_parameters(url, **(params or {}))).envelope.data

    def get_object(self, module: str, *segments: str, read_timeout_s: float | None = None) -> dict[str, Any]:
        """One object of a module, for example `get_object("locations", location_id, evse_uid)`.

        Raises NotOffered; PeerError, with status 404 for what the peer does not know.
        """
        answer = self._caller.ask("GET", self._url(module, *segments), read_timeout_s=read_timeout_s)
        found = one_object(answer.envelope.data)
        if found is None:
            raise PeerError("its answer is not an object", status=answer.envelope.status, sent=True)
        translated: dict[str, Any] = self._translated(module, found)
        return translated

    def pages(
        self,
        module: str,
        date_from: datetime | None = None,
        date_to: datetime | None = None,
        *,
        limit: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Iterator[Page]:
        """The pages of a list, one at a time, to its end.

        Raises NotOffered; PeerError when a page cannot be read.
        date_from inclusive and date_to exclusive, on last_updated. limit: objects per page, by default the
        connection's. sleep: how to wait for a turn, and before a page is asked for again.
        """
        url = self._url(module)
        moments = {"date_from": date_from, "date_to": date_to}
        given = {name: moment_text(at) for name, at in moments.items() if at is not None}
        first = with_parameters(url, **given)
        wanted = limit or (self._connection.page_limit if self._connection else MOST_PER_PAGE)

        def fetch(address: str) -> tuple[Any, Mapping[str, str]]:
            answer = self._caller.ask("GET", on_host_of(url, address) or url, patiently=sleep)
            return self._translated(module, answer.envelope.data), answer.headers

        return iter(Crawl(fetch, first, limit=max(1, min(wanted, MOST_PER_PAGE)), sleep=sleep))

    def command(self, kind: str, body: Mapping[str, Any]) -> CommandAnswer:
        """POST a command and read the CommandResponse; never repeated by itself.

        What stops a charge or frees a charger is sent also while the peer is left alone because it does not answer.
        Raises NotOffered; PeerError, whose `sent` is False only when the peer surely has not seen it.
        """
        try:
            answer = self._caller.ask(
                "POST", self._url("commands", kind), body=body, pooled=False,
                read_timeout_s=self._caller.line.command_timeout_s, insist=kind in FREEING,
            )
        except PeerError as error:
            if error.status in range(200, 300) and error.code is not None:
                return _command_answer(error.data, error.code, error.reason)
            raise
        return _command_answer(answer.envelope.data, answer.envelope.code, "")

    def put_token(self, token: Mapping[str, Any]) -> None:
        """PUT a whole Token object of ours. Raises NotOffered, PeerError."""
        self._caller.ask("PUT", self._token_url(token), body=token)

    def get_token(self, token: Mapping[str, Any]) -> dict[str, Any] | None:
        """The peer's copy of a Token of ours; None when it does not know it. Raises NotOffered, PeerError.

        Source: OCPI 2.2.1, mod_tokens, Receiver interface, GET.
        """
        try:
            return one_object(self._caller.ask("GET", self._token_url(token)).envelope.data)
        except PeerError as error:
            if error.status == 404 or error.code in UNKNOWN_TOKEN_CODES:
                return None
            raise

    def patch_token(self, token: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """PATCH a Token object of ours; changes include last_updated. Raises NotOffered, PeerError."""
        self._caller.ask("PATCH", self._token_url(token), body=changes)

    def _token_url(self, token: Mapping[str, Any]) -> str:
        segments = (str(token[name]) for name in ("country_code", "party_id", "uid"))
        return with_parameters(self._url("tokens", *segments), type=token["type"])

    def _translated(self, module: str, value: Any) -> Any:
        name = self._connection.feed_adapter if self._connection else ""
        return adapter(name).translate(module, value)

    def _url(self, module: str, *segments: str) -> str:
        base = self._connection.endpoint(module, THEIR_ROLE[module]) if self._connection else None
        if self._connection is None or base is None:
            raise NotOffered(f"it offers no {module} module", sent=False)
        url = "/".join([base, *(quote(segment, safe="") for segment in segments)])
        return f"{url}/" if self._connection.trailing_slash else url

    def _hosts(self) -> set[str]:
        urls = [self._versions_url]
        if self._connection is not None:
            urls += [str(entry.get("url", "")) for entry in self._connection.endpoints]
        return {urlsplit(url).netloc for url in urls}


def exchange_limit(connection: Connection) -> timedelta:
    """The longest time from when a command is to leave until its answer is there, or is waited for no more."""
    line = Line.to(connection)
    return timedelta(seconds=AHEAD_WITHIN_S + line.longest_s(line.command_timeout_s))


def _command_answer(data: Any, code: int, reason: str) -> CommandAnswer:
    try:
        response = read(one_object(data), CommandResponse)
    except WireError:
        return CommandAnswer(result="", timeout_s=None, message=reason, code=code)
    timeout_s = response.timeout if response.timeout is not None and response.timeout >= 0 else None
    message = in_english(response.message) or reason
    return CommandAnswer(response.result.strip().upper(), timeout_s, message, code)


def in_english(message: list[DisplayText]) -> str:
    """The English one of several texts, else the first, else nothing."""
    texts = sorted(message, key=lambda row: row.language.lower() != "en")
    return texts[0].text if texts else ""
