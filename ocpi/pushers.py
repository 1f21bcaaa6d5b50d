"""Who pushes: what the quick path of a status must know of a peer and its CPO, in one look-up, remembered for a second.

Every other request looks its token up itself (ocpi.authentication).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from emsp.core.crypto import token_hash
from emsp.core.memory import Memory
from emsp.core.sql import in_one_trip
from ocpi.authentication import note_first_use, note_seen, token_candidates
from ocpi.models import Connection, IncomingToken, Party

# More than one row: the header means several tokens.
FIND = """
    select connection.id, connection.name, connection.check_last_updated, party.id, token.kind = 'LIVE',
        connection.feed_adapter = '', connection.last_ok_at, token.id, token.first_used_at
    from ocpi_incomingtoken token
    join ocpi_connection connection on connection.id = token.connection_id
    left join ocpi_party party on party.connection_id = connection.id and party.active
        and upper(party.country_code) = %(country_code)s and upper(party.party_id) = %(party_id)s
    where token.token_hash = any(%(hashes)s) and (token.valid_until is null or token.valid_until > statement_timestamp())
"""


@dataclass(frozen=True)
class Pusher:
    """A CPO whose pushes need no translation, on a registered connection. Primary keys, and the name for figures."""

    connection_pk: int
    connection_name: str
    check_last_updated: bool
    party_pk: int


# A token that another process revoked is good for this long, here and for a status only.
_known: Memory[Pusher] = Memory(ttl_s=1)


def pusher(meta: Mapping[str, Any], country_code: str, party_id: str) -> Pusher | None:
    """Who pushes an object of this CPO; None for strangers, and for those whom the long way must look at.

    meta: HttpRequest.META.
    """
    header, owner = meta.get("HTTP_AUTHORIZATION", ""), country_code + party_id
    if not (owner.isascii() and owner.isalnum()):
        return None
    key = (token_hash(header), country_code.upper(), party_id.upper())
    found = _known.get(key)
    if found is None:
        found = _look_up(header, key[1], key[2])
        if found is not None:
            _known.put(key, found)
    return found


def _look_up(header: str, country_code: str, party_id: str) -> Pusher | None:
    hashes = [token_hash(candidate) for candidate in token_candidates(header)]
    if not hashes:
        return None
    rows = in_one_trip(FIND, values={"hashes": hashes, "country_code": country_code, "party_id": party_id})
    if len(rows) != 1:
        return None
    connection_pk, name, check_order, party_pk, live, plain, last_ok_at, token_pk, first_used_at = rows[0]
    if party_pk is None or not (live and plain):
        return None
    note_seen(connection_pk, last_ok_at)
    note_first_use(token_pk, first_used_at)
    return Pusher(connection_pk, name, check_order, party_pk)


@receiver([post_save, post_delete], sender=IncomingToken, dispatch_uid="ocpi.pushers.token")
@receiver([post_save, post_delete], sender=Connection, dispatch_uid="ocpi.pushers.connection")
@receiver([post_save, post_delete], sender=Party, dispatch_uid="ocpi.pushers.party")
def forget(**kwargs: Any) -> None:
    """A changed row is read anew by this process at once; by others after a second at most."""
    _known.clear()
