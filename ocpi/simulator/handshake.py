"""Registration with the eMSP, started by either side; rotation and deletion. One eMSP at a time.

Source: OCPI 2.2.1, credentials module; ocpi.md §2.
"""

import base64
import binascii
import logging
import secrets
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from emsp.core.wire import Wire, WireError, convert, decode
from ocpi.simulator.clock import Clock
from ocpi.simulator.envelope import Answer, Call, Refusal, success
from ocpi.simulator.network import Party
from ocpi.simulator.peer import Peer, PeerError
from ocpi.simulator.store import Registration, Store
from ocpi.simulator.values import Json

log = logging.getLogger("ocpi.simulator")
T = TypeVar("T")

VERSION = "2.2.1"
OLD_TOKEN_FOR = timedelta(minutes=2)
MODULES = (
    ("credentials", "SENDER"),
    ("locations", "SENDER"),
    ("tariffs", "SENDER"),
    ("sessions", "SENDER"),
    ("cdrs", "SENDER"),
    ("tokens", "RECEIVER"),
    ("commands", "RECEIVER"),
)
NEEDED = ("credentials", "locations RECEIVER", "sessions RECEIVER", "cdrs RECEIVER")


class Mismatch(PeerError):
    """The peer answers, but does not offer what we need. code: OCPI 3002 (version) or 3003 (modules)."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        super().__init__(reason, lasting=True)


class Role(Wire):
    """CredentialsRole; business_details is not read."""

    role: str
    party_id: str
    country_code: str


class Credentials(Wire):
    """What a peer registers with. Source: OCPI 2.2.1, credentials, Credentials object."""

    token: str
    url: str
    roles: list[Role]


class VersionRow(Wire):
    """One entry of a versions list."""

    version: str
    url: str


class EndpointRow(Wire):
    """One module of a peer. role is missing at peers that speak 2.1.1."""

    identifier: str
    url: str
    role: str = ""


class Details(Wire):
    """Version details."""

    endpoints: list[EndpointRow]


class Handshake:
    """The credentials module, and the registration it keeps in the store."""

    def __init__(self, store: Store, peer: Peer, clock: Clock, *, base_url: str, name: str) -> None:
        self._store, self._peer, self._clock = store, peer, clock
        self._root, self._name = f"{base_url.rstrip('/')}/ocpi/cpo", name
        self.parties: list[Party] = []

    @property
    def versions_url(self) -> str:
        """What an eMSP is given together with token A."""
        return f"{self._root}/versions"

    def url(self, module: str) -> str:
        """The public URL of one of our modules."""
        return f"{self._root}/{VERSION}/{module}"

    def versions(self) -> Answer:
        """The list of versions: one."""
        return success([{"version": VERSION, "url": f"{self._root}/{VERSION}"}])

    def details(self) -> Answer:
        """Our modules."""
        rows = [{"identifier": name, "role": role, "url": self.url(name)} for name, role in MODULES]
        return success({"version": VERSION, "endpoints": rows})

    def caller(self, authorization: str) -> str:
        """'A' for a registration token, 'peer' for the registered eMSP.

        Raises Refusal (401) for everything else.
        """
        token = _token_in(authorization)
        state = self._store.state
        registration = state.registration
        if token and _equal(token, registration.token_in):
            return "peer"
        grace = registration.previous_until
        if token and _equal(token, registration.previous_token_in) and grace and self._clock.now() < grace:
            return "peer"
        if token and _equal(token, state.token_a) and not _equal(token, state.spent_token_a):
            return "A"
        raise Refusal(401, 2000, "no valid token")

    def credentials(self, call: Call, caller: str) -> Answer:
        """GET, POST, PUT and DELETE of credentials."""
        if caller == "A" and call.method == "POST":
            return self._accept(call, spends_a=True)
        if caller == "peer" and call.method == "GET":
            return success(self._ours(self._store.state.registration.token_in))
        if caller == "peer" and call.method == "PUT":
            return self._accept(call, spends_a=False)
        if caller == "peer" and call.method == "DELETE":
            self.forget()
            return success()
        raise Refusal(405, 2000, "not allowed " + ("before" if caller == "A" else "after") + " registration")

    def register(self, versions_url: str, token_a: str) -> None:
        """We start: discover the eMSP with its token A, give it our B, keep its C.

        Raises PeerError when the eMSP does not go along; then nothing has changed.
        """
        endpoints = self._discover(versions_url, token_a)
        before = self._store.state.registration
        token_b = secrets.token_urlsafe(32)
        # B is valid before it is sent: the eMSP calls us with it while our POST is still open.
        self._replace(msgspec.structs.replace(before, token_in=token_b, **self._grace(before)))
        try:
            url = _endpoint(endpoints, "credentials")
            theirs = _credentials(self._peer.call("POST", url, token=token_a, body=self._ours(token_b)))
        except PeerError:
            self._replace(before)
            raise
        self._replace(_registered(token_b, theirs, endpoints))
        log.info("registered with %s", _names(theirs))

    def forget(self) -> None:
        """Drop the registration; token A opens a new one. Sessions and CDRs stay."""
        with self._store.lock:
            self._store.state.spent_token_a = ""
        self._replace(Registration())
        log.info("registration deleted")

    def _accept(self, call: Call, *, spends_a: bool) -> Answer:
        try:
            theirs = decode(call.body, Credentials)
        except WireError as error:
            raise Refusal(400 if error.malformed else 200, 2001, str(error)) from None
        if not theirs.roles:
            raise Refusal(200, 2001, "roles: at least one is needed")
        try:
            endpoints = self._discover(theirs.url, theirs.token)
        except Mismatch as error:
            raise Refusal(200, error.code, str(error)) from None
        except PeerError as error:
            raise Refusal(200, 3001, f"unable to use the client's API: {error}") from None
        token_c = secrets.token_urlsafe(32)
        made = _registered(token_c, theirs, endpoints)
        with self._store.lock:
            state = self._store.state
            if not spends_a:
                made = msgspec.structs.replace(made, **self._grace(state.registration))
            elif state.spent_token_a == state.token_a:
                raise Refusal(405, 2000, "not allowed after registration")
            else:
                state.spent_token_a = state.token_a
            self._replace(made)
        log.info("registered by %s", _names(theirs))
        return success(self._ours(token_c))

    def _discover(self, versions_url: str, token: str) -> dict[str, str]:
        """The endpoints of version 2.2.1, by `<module> <role>`.

        Raises PeerError when they cannot be read, Mismatch when the version or a module is missing.
        """
        versions = _read(self._peer.call("GET", versions_url, token=token), list[VersionRow], "versions")
        row = next((row for row in versions if row.version == VERSION), None)
        if row is None:
            raise Mismatch(3002, f"version {VERSION} is not among the client's versions")
        details = _read(self._peer.call("GET", row.url, token=token), Details, "version details")
        endpoints = {f"{row.identifier} {row.role}".strip(): row.url for row in details.endpoints}
        missing = [name for name in NEEDED if not any(key.startswith(name) for key in endpoints)]
        if missing:
            raise Mismatch(3003, f"missing at the client: {', '.join(missing)}")
        return endpoints

    def _ours(self, token: str) -> Json:
        details = {"name": self._name}
        roles = [
            {"role": "CPO", "country_code": party.country_code, "party_id": party.party_id}
            | {"business_details": details}
            for party in self.parties
        ]
        return {"token": token, "url": self.versions_url, "roles": roles}

    def _grace(self, before: Registration) -> Json:
        """The token the eMSP used until now works a little longer: a call of its may be on the way."""
        return {
            "previous_token_in": before.token_in,
            "previous_until": self._clock.now() + OLD_TOKEN_FOR,
        }

    def _replace(self, registration: Registration) -> None:
        with self._store.lock:
            self._store.state.registration = registration
        self._store.save()


def _registered(token_in: str, theirs: Credentials, endpoints: dict[str, str]) -> Registration:
    roles = [{"role": row.role, **Party(row.country_code, row.party_id)._asdict()} for row in theirs.roles]
    peer = {"url": theirs.url, "roles": roles}
    return Registration(token_in=token_in, token_out=theirs.token, peer=peer, endpoints=endpoints)


def _endpoint(endpoints: dict[str, str], module: str) -> str:
    return next(url for key, url in endpoints.items() if key.partition(" ")[0] == module)


def _credentials(data: Any) -> Credentials:
    return _read(data[0] if isinstance(data, list) and len(data) == 1 else data, Credentials, "credentials")


def _read(data: Any, wanted: type[T], what: str) -> T:
    try:
        return convert(data, wanted, strict=False)
    except WireError as error:
        raise PeerError(f"{what}: {error}") from None


def _names(theirs: Credentials) -> str:
    return ", ".join(f"{row.country_code}-{row.party_id}" for row in theirs.roles)


def _token_in(authorization: str) -> str:
    """The token of a header `Token <Base64>`, else empty. Source: OCPI 2.2.1, authorization header."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "token":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _equal(one: str, other: str) -> bool:
    return bool(other) and secrets.compare_digest(one.encode(), other.encode())
