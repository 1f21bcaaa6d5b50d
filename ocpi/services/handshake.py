"""What both directions of a registration have in common. Source: OCPI 2.2.1, credentials; ocpi.md 2.

Finding out what the peer offers calls it and stands outside any transaction; establishing does not.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone

from emsp.core import circuits
from emsp.core.crypto import token_hash
from emsp.core.errors import DomainError
from ocpi.client import OcpiClient, PeerError
from ocpi.models import AuthEncoding, Connection, ConnectionStatus, IncomingToken, SyncState
from ocpi.services.parties import take_over_roles
from ocpi.services.reading_objects import naming_the_member
from ocpi.services.refusals import InvalidObject
from ocpi.versions import V2_2_1, versions_url
from ocpi.wire.reading import read
from ocpi.wire.v2_2_1.common import BusinessDetails
from ocpi.wire.v2_2_1.credentials import Credentials, CredentialsRole

VERSION = V2_2_1.number
NEEDED = (("locations", "SENDER"), ("commands", "RECEIVER"))
PULLED = ("locations", "tariffs", "sessions", "cdrs")
URL_LIMIT = 255
_TOKEN = re.compile(r"[\x21-\x7e]{1,64}")
_COUNTRY, _PARTY_ID = re.compile(r"[A-Za-z]{2}"), re.compile(r"[A-Za-z0-9]{3}")


class AlreadyRegistered(DomainError):
    """POST credentials by a peer that is registered, or with a token A that was used."""

    def __init__(self) -> None:
        super().__init__("registered already: PUT changes credentials")


class NotRegistered(DomainError):
    """GET, PUT or DELETE credentials by a peer that is not registered."""

    def __init__(self) -> None:
        super().__init__("not registered yet: POST credentials first")


class Unusable(DomainError):
    """The peer's versions or version details cannot be read."""


class NoCommonVersion(DomainError):
    """The peer does not offer a version that we speak."""


class NoEndpoints(DomainError):
    """The peer lacks an interface without which nothing can be charged."""


@dataclass(frozen=True)
class Offered:
    """What a peer offers in the version that we have in common, and how it reads our token."""

    versions_url: str
    endpoints: list[dict[str, str]]
    auth_encoding: str


def new_token() -> str:
    """A token that nobody guesses: 43 characters of 256 random bits."""
    return secrets.token_urlsafe(32)


def our_credentials(token: str) -> dict[str, Any]:
    """Our Credentials object; token is the one that the peer is to use."""
    role = CredentialsRole(
        role="EMSP",
        party_id=settings.OCPI_PARTY_ID,
        country_code=settings.OCPI_COUNTRY_CODE,
        business_details=BusinessDetails(
            name=settings.OCPI_BUSINESS_NAME[:100], website=settings.OCPI_BUSINESS_WEBSITE or None
        ),
    )
    found: dict[str, Any] = msgspec.to_builtins(Credentials(token=token, url=versions_url(), roles=[role]))
    return found


def read_credentials(given: Any) -> Credentials:
    """The peer's Credentials. Raises InvalidObject naming the member that is missing or wrong."""
    with naming_the_member():
        found = read(given, Credentials)
    read_token(found.token, "token")
    if len(found.url) > URL_LIMIT or not found.url.startswith(("http://", "https://")):
        raise InvalidObject(f"an absolute URL of at most {URL_LIMIT} characters is expected", "url")
    _check_roles(found.roles)
    return found


def read_token(token: str, path: str) -> str:
    """token, when it has the form of one. Raises InvalidObject."""
    if not _TOKEN.fullmatch(token):
        raise InvalidObject("1 to 64 printable characters without blanks are expected", path)
    return token


def discover(
    url: str, token: str, *, auth_encoding: str | None = None, known: Connection | None = None
) -> Offered:
    """Read a peer's versions, and its details of ours, with the token it gave us. Calls out.

    auth_encoding: how it wants the token; None tries Base64, and raw where that is refused.
    known: its connection, where there is one already; its time limits and certificate hold.
    Raises Unusable, NoCommonVersion, NoEndpoints.
    """
    try:
        client, versions, encoding = first_versions(url, token, auth_encoding, known)
        details_url = common_version(versions)
        details = client.details(details_url)
    except PeerError as error:
        raise Unusable(f"your API cannot be used: {error.reason}") from error
    return Offered(url, needed_endpoints(details), encoding)


def first_versions(
    url: str, token: str, auth_encoding: str | None = None, known: Connection | None = None
) -> tuple[OcpiClient, list[dict[str, str]], str]:
    """The versions of a peer, with a client and the encoding of the token that worked. Calls out.

    Raises PeerError.
    """
    both = [AuthEncoding.BASE64.value, AuthEncoding.RAW.value]
    for encoding in [auth_encoding] if auth_encoding else both:
        client = OcpiClient.for_registration(url, token, auth_encoding=encoding, known=known)
        try:
            return client, client.versions(), encoding
        except PeerError as error:
            refusal = error
            if error.status != 401:
                raise
    raise refusal


def common_version(versions: list[dict[str, str]]) -> str:
    """Where the details of our version are. Raises NoCommonVersion."""
    for row in versions:
        if row["version"].strip() == VERSION:
            return row["url"]
    offered = ", ".join(row["version"] for row in versions)[:100] or "none"
    raise NoCommonVersion(f"no common version: we speak {VERSION}, you offer {offered}")


def needed_endpoints(details: dict[str, Any]) -> list[dict[str, str]]:
    """The endpoints in version details, as we keep them. Raises NoEndpoints naming one that lacks."""
    endpoints = []
    for row in details["endpoints"]:
        entry = {"identifier": str(row["identifier"]).strip().lower(), "url": str(row["url"])}
        role = str(row.get("role") or "").strip().upper()
        endpoints.append(entry | {"role": role} if role else entry)
    for identifier, role in NEEDED:
        if not any(e["identifier"] == identifier and e.get("role", role) == role for e in endpoints):
            raise NoEndpoints(f"no {identifier} endpoint with role {role} in your version details")
    return endpoints


def admit(connection: Connection, token: str) -> IncomingToken:
    """Let a peer in with this token from now on."""
    return IncomingToken.objects.create(connection=connection, token_hash=token_hash(token), kind="LIVE")


def establish(connection: Connection, theirs: Credentials, offered: Offered) -> None:
    """Write down what a handshake settled. Inside the caller's transaction."""
    values = {
        "status": ConnectionStatus.REGISTERED,
        "version": VERSION,
        "versions_url": offered.versions_url,
        "endpoints": offered.endpoints,
        "outgoing_token": theirs.token,
        "auth_encoding": offered.auth_encoding,
        "last_error": "",
    }
    for name, value in values.items():
        setattr(connection, name, value)
    connection.registered_at = connection.registered_at or timezone.now()
    connection.save(update_fields=[*values, "registered_at"])
    circuits.close(connection.partner)
    take_over_roles(connection, theirs.roles)


def want_everything(connection: Connection) -> None:
    """Have the next pull of each module read everything. Inside the caller's transaction."""
    SyncState.objects.bulk_create(
        [SyncState(connection=connection, module=module, full_wanted=True) for module in PULLED],
        update_conflicts=True, unique_fields=["connection", "module"], update_fields=["full_wanted"],
    )


def _check_roles(roles: list[CredentialsRole]) -> None:
    seen = set()
    for number, role in enumerate(roles):
        if not _COUNTRY.fullmatch(role.country_code):
            raise InvalidObject("two letters are expected", f"roles[{number}].country_code")
        if not _PARTY_ID.fullmatch(role.party_id):
            raise InvalidObject("three letters or digits are expected", f"roles[{number}].party_id")
        name = (role.role.upper(), role.country_code.upper(), role.party_id.upper())
        if name in seen:
            raise InvalidObject("the same role of the same party twice", f"roles[{number}]")
        seen.add(name)
    if not any(role.role.upper() == "CPO" for role in roles):
        raise InvalidObject("no role CPO among them", "roles")
