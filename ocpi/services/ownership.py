"""Whose an object is: its body must not contradict the party, nor the ids, of its URL (ocpi.md 1.9)."""

from typing import Any

from emsp.core.wire import WireError
from ocpi.models import Party
from ocpi.services.refusals import InvalidObject
from ocpi.wire import scalars


def check_owner(party: Party, given: Any) -> None:
    """Raises WireError when an object names another country code or party id than its owner's."""
    if not isinstance(given, dict):
        raise WireError(f"an object is expected, got {scalars.kind(given)}")
    for name, expected in (("country_code", party.country_code), ("party_id", party.party_id)):
        stated = given.get(name)
        if stated is not None and str(stated).strip().casefold() != expected.casefold():
            raise WireError(f"differs from the owner's, {expected}", path=name)


def same_id(name: str, stated: str, in_url: str) -> None:
    """Raises InvalidObject when an id in the body is not the one in the URL. Case makes no difference."""
    if stated.casefold() != in_url.casefold():
        raise InvalidObject("differs from the id in the URL", name)


def id_of(given: Any, name: str = "id") -> str:
    """The id of an object that perhaps cannot be read; empty when it has none."""
    value = given.get(name) if isinstance(given, dict) else None
    try:
        return scalars.identifier(value)
    except ValueError:
        return ""


def currency_of(stated: str) -> str:
    """A currency in capitals; some peers write it small (T69). Raises WireError when it is none."""
    found = stated.strip().upper()
    if len(found) != 3 or not found.isalpha():
        raise WireError("not a currency of ISO 4217, like INR", path="currency")
    return found
