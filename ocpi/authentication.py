"""Who calls: the token of a peer, in every form in which peers send it (ocpi.md 1.3, T1)."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from emsp.core.correlation import note
from emsp.core.crypto import token_hash
from ocpi.models import Connection, IncomingToken
from ocpi.throttling import check_address, note_stranger

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Peer:
    """The platform that calls. token: the one it came with, in clear, since GET credentials repeats it."""

    connection: Connection
    presented: IncomingToken
    token: str
    is_authenticated: ClassVar[bool] = True

    @property
    def registering(self) -> bool:
        """True when it came with a token A, which opens versions, details and credentials only."""
        return self.presented.kind == "A"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token …`, Base64 or raw. Anything else is nobody: 401 without a reason."""

    def authenticate(self, request: Request) -> tuple[Peer, IncomingToken]:
        check_address(request)
        found = _lookup(token_candidates(request.META.get("HTTP_AUTHORIZATION", "")))
        if found is None:
            note_stranger(request)
            raise AuthenticationFailed("unauthorized")
        token, presented = found
        note(connection=token.connection.name)
        note_seen(token.connection_id, token.connection.last_ok_at)
        note_first_use(token.pk, token.first_used_at)
        return Peer(token.connection, token, presented), token

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def token_candidates(header: str) -> list[str]:
    """The tokens that a header may mean: as written, decoded from Base64, and that without its line end.

    None of them is trusted: each is looked up.
    """
    scheme, _, value = header.strip().partition(" ")
    value = value.strip()
    if scheme.lower() != "token" or not value:
        return []
    decoded = _decoded(value)
    candidates = [value] if decoded is None else [value, decoded, decoded.rstrip()]
    return list(dict.fromkeys(candidates))


def _decoded(value: str) -> str | None:
    standard = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        text = raw.decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return text if text.rstrip().isprintable() and text.strip() else None


def _lookup(candidates: list[str]) -> tuple[IncomingToken, str] | None:
    """The one valid token among the candidates, in one query; none when they mean two different ones."""
    by_hash = {token_hash(candidate): candidate for candidate in candidates}
    if not by_hash:
        return None
    tokens = list(
        IncomingToken.objects.filter(token_hash__in=by_hash)
        .filter(Q(valid_until=None) | Q(valid_until__gt=timezone.now()))
        .select_related("connection").defer("connection__outgoing_token", "connection__tls_client_cert")
    )
    return (tokens[0], by_hash[tokens[0].token_hash]) if len(tokens) == 1 else None


def note_seen(connection_pk: int, last_ok_at: datetime | None) -> None:
    """Note that the peer is there, at most once a minute, so that a push stays one write."""
    now = timezone.now()
    if last_ok_at is None or now - last_ok_at > SEEN_EVERY:
        Connection.objects.filter(pk=connection_pk).update(last_ok_at=now)


def note_first_use(token_pk: int, first_used_at: datetime | None) -> None:
    """Note when the peer came with a token first."""
    if first_used_at is None:
        IncomingToken.objects.filter(pk=token_pk, first_used_at=None).update(first_used_at=timezone.now())
