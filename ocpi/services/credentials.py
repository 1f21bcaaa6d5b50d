"""Credentials that a peer brings to us: registration, rotation, end. Source: ocpi.md 2.4, 2.5, T16-T18.

The peer is called back before anything is written, outside any transaction: it may call us meanwhile.
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from emsp.core import circuits
from ocpi.models import Connection, ConnectionStatus, IncomingToken
from ocpi.services import handshake, token_copies, wanted
from ocpi.services.handshake import AlreadyRegistered, NotRegistered, admit, new_token, our_credentials

GRACE = timedelta(minutes=5)


def register_peer(presented: IncomingToken, given: Any) -> dict[str, Any]:
    """Finish a registration that a peer starts with a token A; gives our Credentials with its token C.

    Raises AlreadyRegistered, InvalidObject; Unusable, NoCommonVersion, NoEndpoints, and then token A still
    works.
    """
    if presented.kind != "A":
        raise AlreadyRegistered
    theirs = handshake.read_credentials(given)
    offered = handshake.discover(theirs.url, theirs.token, known=presented.connection)
    token = new_token()
    with transaction.atomic():
        connection = _locked(presented.connection)
        if not IncomingToken.objects.filter(pk=presented.pk, kind="A").exists():
            raise AlreadyRegistered  # a second POST with the same token A was faster
        connection.incoming_tokens.all().delete()
        admit(connection, token)
        handshake.establish(connection, theirs, offered)
        handshake.want_everything(connection)
        wanted.everything(connection)
        token_copies.push_earlier(connection)
    return our_credentials(token)


def rotate_peer(presented: IncomingToken, given: Any) -> dict[str, Any]:
    """Take a registered peer's new token, endpoints and roles; gives our Credentials with its new token.

    Its old token works a few minutes longer: calls may be under way (ocpi.md 2.5).
    Raises NotRegistered, InvalidObject, Unusable, NoCommonVersion, NoEndpoints; then nothing has changed.
    """
    if presented.kind == "A":
        raise NotRegistered
    theirs = handshake.read_credentials(given)
    offered = handshake.discover(theirs.url, theirs.token, known=presented.connection)
    token = new_token()
    with transaction.atomic():
        connection = _locked(presented.connection)
        if connection.status != ConnectionStatus.REGISTERED:
            raise NotRegistered
        retire(connection)
        admit(connection, token)
        handshake.establish(connection, theirs, offered)
    return our_credentials(token)


def unregister_peer(presented: IncomingToken) -> None:
    """End the registration at a peer's wish. Raises NotRegistered."""
    if presented.kind == "A":
        raise NotRegistered
    forget_tokens(presented.connection)


@transaction.atomic
def forget_tokens(connection: Connection) -> None:
    """Make all tokens of a connection void, theirs and ours; what it told us stays."""
    locked = _locked(connection)
    locked.incoming_tokens.all().delete()
    locked.status, locked.outgoing_token = ConnectionStatus.UNREGISTERED, ""
    locked.save(update_fields=["status", "outgoing_token"])
    circuits.close(locked.partner)


def retire(connection: Connection, *, but: IncomingToken | None = None) -> None:
    """Let the peer's present tokens end after the grace time; those that ended before are forgotten."""
    connection.incoming_tokens.filter(valid_until__lt=timezone.now()).delete()
    ending = connection.incoming_tokens.filter(kind="LIVE", valid_until=None)
    if but is not None:
        ending = ending.exclude(pk=but.pk)
    ending.update(valid_until=timezone.now() + GRACE)


def _locked(connection: Connection) -> Connection:
    return Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
