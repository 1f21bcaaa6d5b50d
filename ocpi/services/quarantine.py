"""Sessions and CDRs that are taken although something about them is strange, with a note for staff (T33)."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings

from ocpi.models import Cdr, Location, Party, Session, Token

FOREIGN_TOKEN = "the token is not one of ours"
UNKNOWN_LOCATION = "the location is not known"


class Known:
    """Which of our tokens, and of the party's locations, sessions or CDRs speak of; two queries for all."""

    def __init__(self, party: Party, token_uids: set[str], location_ids: set[str]) -> None:
        tokens = Token.objects.filter(uid__in={uid.upper() for uid in token_uids} | token_uids)
        self._tokens = {uid.upper() for uid in tokens.values_list("uid", flat=True)}
        keys = {location_id.casefold() for location_id in location_ids}
        locations = Location.objects.filter(party=party, key__in=keys) if keys else Location.objects.none()
        self._locations = set(locations.values_list("key", flat=True))

    @classmethod
    def of(cls, party: Party, rows: Iterable[Session]) -> Self:
        """What is known of these sessions."""
        listed = list(rows)
        return cls(party, {row.token_uid for row in listed}, {row.location_id for row in listed})

    def judge(self, row: Session) -> None:
        """Set the note of a session: empty when nothing is strange."""
        notes = [FOREIGN_TOKEN] if self.foreign(row) else []
        if row.location_id.casefold() not in self._locations:
            notes.append(UNKNOWN_LOCATION)
        row.quarantine = "; ".join(notes)

    def foreign(self, row: Session | Cdr) -> bool:
        """Whether the driver is not one of ours: another provider's token, or one that we never gave out."""
        token = row.raw.get("cdr_token") or {}
        owner = (str(token.get("country_code") or "").upper(), str(token.get("party_id") or "").upper())
        ours = (settings.OCPI_COUNTRY_CODE.upper(), settings.OCPI_PARTY_ID.upper())
        return (all(owner) and owner != ours) or row.token_uid.upper() not in self._tokens

    def unknown_locations(self, rows: Iterable[Session]) -> list[str]:
        """Ids of locations among these sessions that we do not have, each once."""
        missing = {row.location_id.casefold(): row.location_id for row in rows}
        return [location_id for key, location_id in missing.items() if key not in self._locations]
