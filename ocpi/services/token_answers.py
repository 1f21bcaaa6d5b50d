"""What we tell CPOs of our tokens: the paged list, and whether a driver may charge. Source: ocpi.md 1.8, 3.5.

An authorization is answered from what is stored; nobody is called (T73).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from emsp.core.errors import DomainError
from ocpi.models import Authorization, Connection, Location, Party, Token
from ocpi.services.refusals import InvalidObject
from ocpi.services.tokens import token_wire
from ocpi.wire import scalars
from ocpi.wire.v2_2_1.common import DisplayText
from ocpi.wire.v2_2_1.tokens import AuthorizationInfo, LocationReferences
from ocpi.wire.v2_2_1.tokens import Token as TokenObject

MOST_PER_PAGE = 1000
MOST_OFFSET = 10**9
AUTHORIZED_FOR = timedelta(days=1)
RFID_LENGTHS = (8, 14, 20)  # hexadecimal digits of uids of 4, 7 and 10 bytes


class UnknownToken(DomainError):
    """No token of ours has this uid and type."""

    def __init__(self) -> None:
        super().__init__("unknown token")


@dataclass(frozen=True)
class PageWish:
    """Which tokens a CPO wants to see. date_from inclusive, date_to exclusive, on last_updated."""

    date_from: datetime | None
    date_to: datetime | None
    offset: int
    limit: int

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "PageWish":
        """From query parameters. A limit above MOST_PER_PAGE is lowered. Raises InvalidObject naming one."""
        return cls(
            date_from=_moment(parameters, "date_from"),
            date_to=_moment(parameters, "date_to"),
            offset=min(_count(parameters, "offset", default=0, least=0), MOST_OFFSET),
            limit=min(_count(parameters, "limit", default=MOST_PER_PAGE, least=1), MOST_PER_PAGE),
        )


@dataclass(frozen=True)
class TokenPage:
    """A page, and how many tokens match on all pages together."""

    tokens: list[TokenObject]
    total: int


def token_page(wish: PageWish) -> TokenPage:
    """Our tokens, oldest first, so that new ones come on the last page."""
    rows = Token.objects.order_by("created_at", "id")
    if wish.date_from is not None:
        rows = rows.filter(last_updated__gte=wish.date_from)
    if wish.date_to is not None:
        rows = rows.filter(last_updated__lt=wish.date_to)
    page = rows[wish.offset:wish.offset + wish.limit]
    return TokenPage([token_wire(token) for token in page], rows.count())


def authorize(
    connection: Connection, uid: str, token_type: str, place: LocationReferences | None
) -> AuthorizationInfo:
    """Whether the driver with this token may charge at a CPO of this connection.

    place: where; it comes back as it is, since our copy of the CPO's stations may be late. An ALLOWED answer
    carries a reference that is kept for a day.
    Raises UnknownToken.
    """
    token = _found(uid, token_type or "RFID")
    if token is None:
        raise UnknownToken
    party = _party(connection, place)
    if not token.valid:
        return _refused(token, place, "BLOCKED", "This contract is blocked.")
    if party is not None and not party.active:
        return _refused(token, place, "NOT_ALLOWED", "Charging at this operator is not covered.")
    authorization = Authorization.objects.create(
        token=token, party=party, reference=str(uuid4()), location_id=place.location_id if place else "",
        expires_at=timezone.now() + AUTHORIZED_FOR,
    )
    return AuthorizationInfo(
        allowed="ALLOWED", token=token_wire(token), location=place,
        authorization_reference=authorization.reference,
    )


def _refused(token: Token, place: LocationReferences | None, allowed: str, why: str) -> AuthorizationInfo:
    return AuthorizationInfo(
        allowed=allowed, token=token_wire(token), location=place, info=DisplayText(language="en", text=why)
    )


def _found(uid: str, token_type: str) -> Token | None:
    """The token, whatever the case; an RFID uid also with leading zeros added or left out (T71)."""
    kind, written = token_type.strip().upper(), uid.strip()
    spellings = [written, written.upper(), written.lower()]
    bare = written.upper().lstrip("0")
    if kind == "RFID" and bare:
        spellings += [bare, *(bare.zfill(length) for length in RFID_LENGTHS)]
    found = {token.uid: token for token in Token.objects.filter(type=kind, uid__in=spellings)}
    return next((found[spelling] for spelling in spellings if spelling in found), None)


def _party(connection: Connection, place: LocationReferences | None) -> Party | None:
    """The CPO that asks: the one whose station it is, else the connection's only one."""
    if place is not None:
        at = Location.objects.filter(party__connection=connection, key=place.location_id.casefold())
        location = at.select_related("party").first()
        if location is not None:
            return location.party
    parties = list(connection.parties.all()[:2])
    return parties[0] if len(parties) == 1 else None


def _moment(parameters: Mapping[str, str], name: str) -> datetime | None:
    given = parameters.get(name, "")
    try:
        return scalars.moment(given) if given else None
    except ValueError as error:
        raise InvalidObject(str(error), name) from None


def _count(parameters: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    given = parameters.get(name, "")
    if not given:
        return default
    if not (given.isascii() and given.isdigit()) or int(given[:20]) < least:
        raise InvalidObject(f"a whole number from {least} is expected", name)
    return int(given[:20])
