"""The CPOs that a platform speaks for: finding one, and taking over those of its credentials.

Source: ocpi.md 1.4 (which party acts), 2.5 (roles can change), 2.6.
"""

import itertools
import logging
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from django.db import transaction
from django.utils.text import slugify

from ocpi.models import Connection, Party
from ocpi.services.refusals import UnknownParty
from ocpi.wire.v2_2_1.credentials import CredentialsRole

log = logging.getLogger(__name__)

NAME_LIMIT = 100
PROVIDER_ID_LIMIT = 100
_COUNTRY, _PARTY_ID = re.compile(r"[A-Za-z]{2}"), re.compile(r"[A-Za-z0-9]{3}")


def party_of(connection: Connection, country_code: str, party_id: str, *, pushed: bool = False) -> Party:
    """The active party of a connection with this country code and party id, whatever their case.

    pushed: an object of it is being put; a hub may bring the objects of any party, which is then made.
    Raises UnknownParty.
    """
    if not (_COUNTRY.fullmatch(country_code) and _PARTY_ID.fullmatch(party_id)):
        raise UnknownParty
    party = connection.parties.filter(country_code__iexact=country_code, party_id__iexact=party_id).first()
    if party is None and pushed and connection.is_hub:
        party = _hub_member(connection, country_code, party_id)
    if party is None or not party.active:
        raise UnknownParty
    party.connection = connection
    return party


def take_over_roles(connection: Connection, roles: Iterable[CredentialsRole]) -> None:
    """Make the connection's parties those CPOs that its credentials name. Inside the caller's transaction.

    A party that is no longer named is switched off; what it told us stays. One that is known keeps its
    provider id, and whether staff have switched it off.
    """
    named: set[int] = set()
    for role in roles:
        if role.role.upper() == "CPO":
            named.add(_take_over(connection, role).pk)
    for party in connection.parties.filter(active=True).exclude(pk__in=named):
        if not connection.is_hub:
            log.warning("%s is no longer named by %s and was switched off", party, connection)
            party.active = False
            party.save(update_fields=["active"])  # as signals tell the catalogue


def _take_over(connection: Connection, role: CredentialsRole) -> Party:
    details = role.business_details
    values = {
        "name": details.name.strip()[:NAME_LIMIT] or f"{role.country_code}-{role.party_id}",
        "business_details": msgspec.to_builtins(details),
    }
    known = connection.parties.filter(
        country_code__iexact=role.country_code, party_id__iexact=role.party_id
    ).first()
    if known is None:
        return Party.objects.create(
            connection=connection, country_code=role.country_code, party_id=role.party_id,
            provider_id=_free_provider_id(role), **values,
        )
    Party.objects.filter(pk=known.pk).update(
        **values, country_code=role.country_code, party_id=role.party_id  # spelled as they spell it now (T8)
    )
    return known


def _free_provider_id(role: CredentialsRole) -> str:
    """Id of a CPO in Beckn catalogues: the host of its website, else its name; made unique."""
    host = _host(role.business_details.website or "")
    own = f"{role.country_code}-{role.party_id}".lower()
    base = (host.removeprefix("www.") or slugify(role.business_details.name) or own)[:PROVIDER_ID_LIMIT]
    taken = set(Party.objects.filter(provider_id__startswith=base).values_list("provider_id", flat=True))
    numbered = (f"{base}-{own}-{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([base, f"{base}-{own}"], numbered) if free not in taken)


def _host(website: str) -> str:
    try:
        return urlsplit(website).hostname or ""
    except ValueError:
        return ""


def _hub_member(connection: Connection, country_code: str, party_id: str) -> Party:
    own = f"{country_code}-{party_id}".upper()
    with transaction.atomic():
        party, _ = Party.objects.get_or_create(
            connection=connection, country_code=country_code.upper(), party_id=party_id.upper(),
            defaults={"name": own, "provider_id": f"{own.lower()}-{connection.pk}"},
        )
    return party
