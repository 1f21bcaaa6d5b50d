"""Registrations that we start, step by step, and tokens A for peers that start. Source: ocpi.md 2.3, 2.5.

Nothing here may run inside a transaction: our token B must be committed before the peer hears of it, since it
calls us with it while our request is still open.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from emsp.core.crypto import token_hash
from ocpi.client import OcpiClient, PeerError
from ocpi.models import Connection, ConnectionStatus, IncomingToken
from ocpi.services import handshake, token_copies, wanted
from ocpi.services.credentials import forget_tokens, retire
from ocpi.services.handshake import NoEndpoints, Offered
from ocpi.services.refusals import InvalidObject
from ocpi.services.registration_steps import Journal, RegistrationFailed, Report, Step
from ocpi.wire.v2_2_1.credentials import Credentials

__all__ = ["RegistrationFailed", "Step", "invite", "register", "rotate", "unregister"]

log = logging.getLogger(__name__)

Send = Callable[[str, Mapping[str, Any]], dict[str, Any]]

NAME_LIMIT = 100
CALL_BACK_HINT = "ask the CPO whether it can reach our versions URL: many read it before they answer"
FRESH_TOKEN_HINT = "ask the CPO for a new token A: it may hold this one for used"


def register(name: str, versions_url: str, token_a: str, report: Report | None = None) -> Connection:
    """Register at a CPO that gave us its versions URL and a token A.

    name: ours for the peer; a known one is registered again and keeps its objects.
    report: told of each step as it ends.
    Raises RegistrationFailed with the steps and a hint; our token B is void then, and a peer that was
    registered before still is.
    """
    journal = Journal(report, hidden=(token_a,) if token_a else ())
    with journal.step("check what was given", "") as step:
        if not 0 < len(name.strip()) <= NAME_LIMIT:
            raise InvalidObject(f"1 to {NAME_LIMIT} characters are expected", "name")
        handshake.read_token(token_a, "token A")
        step.outcome = "complete"
    client, offered = _look(journal, versions_url, token_a, Connection.objects.filter(name=name.strip()).first())
    url = credentials_url(offered.endpoints)
    with _admitted(_named(name.strip())) as (token_b, admitted):
        with journal.step("exchange tokens", f"POST {url}", hint=FRESH_TOKEN_HINT) as step:
            theirs = _exchange(journal, step, client.post_credentials, url, token_b, admitted)
            step.outcome = f"{len(theirs.roles)} role(s), token C received"
        connection = _finish(admitted, theirs, offered, first=True)
    journal.note("store", f"registered; {connection.parties.count()} CPO(s), a full pull is on its way")
    return connection


def rotate(connection: Connection, report: Report | None = None) -> None:
    """Change both tokens of a registered peer. Its old one works a few minutes longer.

    Raises RegistrationFailed; then the old tokens still work.
    """
    journal = Journal(report)
    url = credentials_url(connection.endpoints)
    with _admitted((connection, False)) as (token_b, admitted):
        with journal.step("exchange tokens", f"PUT {url}") as step:
            send = OcpiClient(connection).put_credentials
            theirs = _exchange(journal, step, send, url, token_b, admitted)
            step.outcome = "both tokens are new"
        offered = Offered(connection.versions_url, connection.endpoints, connection.auth_encoding)
        _finish(admitted, theirs, offered, first=False)


def unregister(connection: Connection) -> bool:
    """End a registration: the peer is told if it can be reached, and all tokens are void either way.

    Objects stay. Returns whether the peer took note.
    """
    told = False
    if connection.status == ConnectionStatus.REGISTERED:
        try:
            OcpiClient(connection).delete_credentials(credentials_url(connection.endpoints))
            told = True
        except PeerError as error:
            log.warning("%s did not take note of its end: %s", connection, error.reason)
    forget_tokens(connection)
    connection.refresh_from_db()
    return told


@transaction.atomic
def invite(name: str) -> str:
    """A fresh token A for a CPO that starts the handshake itself. Shown once: only its hash is kept.

    name: ours for the peer; for a known one earlier tokens A are void, all else stays as it is.
    Raises InvalidObject.
    """
    if not 0 < len(name.strip()) <= NAME_LIMIT:
        raise InvalidObject(f"1 to {NAME_LIMIT} characters are expected", "name")
    connection, _ = Connection.objects.get_or_create(name=name.strip())
    connection.incoming_tokens.filter(kind="A").delete()
    token = handshake.new_token()
    IncomingToken.objects.create(connection=connection, token_hash=token_hash(token), kind="A")
    return token


def credentials_url(endpoints: list[dict[str, str]]) -> str:
    """Where a peer takes credentials; the role it gives that endpoint says nothing (ocpi.md 1.1)."""
    return next((entry["url"].rstrip("/") for entry in endpoints if entry["identifier"] == "credentials"), "")


def _look(
    journal: Journal, versions_url: str, token_a: str, known: Connection | None
) -> tuple[OcpiClient, Offered]:
    """Versions and details with token A. Base64 is tried first, raw where that is refused."""
    with journal.step("read its versions", f"GET {versions_url}") as step:
        client, versions, encoding = handshake.first_versions(versions_url, token_a, known=known)
        step.answer = versions
        step.outcome = f"offers {', '.join(row['version'] for row in versions) or 'nothing'}"
        if encoding != "base64":
            step.outcome += "; it wants the token raw"
    with journal.step("choose a version", "") as step:
        details_url = handshake.common_version(versions)
        step.outcome = handshake.VERSION
    with journal.step("read its version details", f"GET {details_url}") as step:
        step.answer = client.details(details_url)
        endpoints = handshake.needed_endpoints(step.answer)
        if not credentials_url(endpoints):
            raise NoEndpoints("no credentials endpoint in its version details")
        step.outcome = f"{len(endpoints)} endpoints"
    return client, Offered(versions_url, endpoints, encoding)


def _exchange(
    journal: Journal, step: Step, send: Send, url: str, token_b: str, admitted: IncomingToken
) -> Credentials:
    """Our credentials go, theirs come back, and meanwhile they may have called us with token B."""
    step.sent = handshake.our_credentials(token_b)
    try:
        step.answer = send(url, step.sent)
    finally:
        admitted.refresh_from_db(fields=["first_used_at"])
        came = admitted.first_used_at is not None
        journal.note(
            "their call back",
            "they came to us with token B" if came else "they did not come to us while the request was open",
            request=f"GET {step.sent['url']}",
            hint="" if came else CALL_BACK_HINT,
        )
    return handshake.read_credentials(step.answer)


def _named(name: str) -> tuple[Connection, bool]:
    return Connection.objects.get_or_create(name=name)


@contextmanager
def _admitted(named: tuple[Connection, bool]) -> Iterator[tuple[str, IncomingToken]]:
    """A new token B, valid from here on; void again when the handshake fails, whatever the reason."""
    connection, made = named
    token_b = handshake.new_token()
    admitted = handshake.admit(connection, token_b)
    try:
        yield token_b, admitted
    except BaseException:
        admitted.delete()
        if made:
            connection.delete()
        raise


@transaction.atomic
def _finish(admitted: IncomingToken, theirs: Credentials, offered: Offered, *, first: bool) -> Connection:
    connection = Connection.objects.select_for_update(no_key=True).get(pk=admitted.connection_id)
    retire(connection, but=admitted)
    handshake.establish(connection, theirs, offered)
    if first:
        connection.incoming_tokens.filter(kind="A").delete()
        handshake.want_everything(connection)
        wanted.everything(connection)
        token_copies.push_earlier(connection)
    return connection


