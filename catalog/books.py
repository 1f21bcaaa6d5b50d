"""The price books that count now: the one in force, and the one that is being published.

Rules of those two never change any more, so that they are read once per process.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import connection

from catalog.models import BookState, Offer, PriceBookVersion, PriceRule
from catalog.retail import Chosen, Match, Rule, Sale, Terms, choose
from catalog.retail.rule import DAYS
from catalog.search_types import AnyOffer

# Number of the advisory lock between those who write prices (shared) and a change of the books (exclusive).
WRITERS_LOCK = 7_301_001


@dataclass(frozen=True)
class Book:
    """A version that is published or being published. number: 0 is the book without rules before the first one."""

    pk: int
    number: int
    rules: tuple[Rule, ...]

    @property
    def is_odd(self) -> bool:
        """Whether its prices stand in the odd column of an offer."""
        return self.number % 2 == 1

    def sells_apart(self, sold_through: str) -> bool:
        """Whether an app has rules of its own, so that what others see does not hold for it."""
        return any(rule.match.sold_through == sold_through for rule in self.rules)


NO_BOOK = Book(0, 0, ())


def in_force() -> Book:
    """The book by which is sold now; NO_BOOK before the first publication."""
    return _newest([BookState.PUBLISHED])[0]


def to_write() -> list[Book]:
    """The books whose prices a writer of offers must write: the one in force and the one being published.

    Call it inside the transaction that writes. Until that ends, no publication begins or ends, so that no row
    is written with one book left out.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [WRITERS_LOCK])
    return _newest([BookState.PUBLISHED, BookState.PUBLISHING])


def _newest(states: list[BookState]) -> list[Book]:
    """The newest published book (NO_BOOK when there is none), then the one being published, if asked for."""
    rows = PriceBookVersion.objects.filter(state__in=states).order_by("-number")
    found = list(rows.values_list("pk", "number", "state")[:2])
    published = [book(pk, number) for pk, number, state in found if state == BookState.PUBLISHED]
    coming = [book(pk, number) for pk, number, state in found if state == BookState.PUBLISHING]
    return [published[0] if published else NO_BOOK, *coming]


@lru_cache(maxsize=16)
def book(pk: int, number: int | None) -> Book:
    """A book with its rules. Only for versions that cannot be changed any more."""
    return Book(pk, number or 0, rules_of(pk))


def rules_of(version_pk: int) -> tuple[Rule, ...]:
    """The rules of a version as the engine takes them."""
    return tuple(_rule(row) for row in PriceRule.objects.filter(version=version_pk).order_by("pk"))


def sale_of(offer: AnyOffer, *, at: datetime, sold_through: str = "", currency: str | None = None) -> Sale:
    """A sale of this offer at `at` (aware). currency: of the tariff; that of the offer when it is not given."""
    return Sale(
        party_id=offer.party_id,
        location_id=offer.location_id,
        connector_standard=offer.connector_standard,
        power_w=offer.power_w,
        currency=offer.currency if currency is None else currency,
        local=at.astimezone(zone_of(offer.time_zone)),
        sold_through=sold_through,
    )


def rule_for(offer: Offer, *, at: datetime, sold_through: str, currency: str) -> tuple[Book, Chosen]:
    """The book in force and its rule for a sale; what the quote then keeps."""
    current = in_force()
    return current, choose(current.rules, sale_of(offer, at=at, sold_through=sold_through, currency=currency))


def snapshot(current: Book, chosen: Chosen) -> dict[str, object] | None:
    """A chosen rule as quotes keep it; None without a published book."""
    if not current.number:
        return None
    rule = chosen.rule
    return {
        "version": current.number,
        "rule_id": rule.id if rule else None,
        "name": rule.name if rule else "",
        "why": list(chosen.why),
        "terms": (rule.terms if rule else Terms()).as_snapshot(),
    }


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a location; UTC when it is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _rule(row: PriceRule) -> Rule:
    match = Match(
        party_id=row.party_id,
        location_id=row.location_id,
        sold_through=row.sold_through,
        connector_standard=row.connector_standard,
        min_power_w=row.min_power_w,
        max_power_w=row.max_power_w,
        weekdays=tuple(DAYS.index(day) for day in row.weekdays),
        start_time=_clock(row.start_time),
        end_time=_clock(row.end_time),
        effective_from=row.effective_from and row.effective_from.astimezone(UTC),
        effective_until=row.effective_until and row.effective_until.astimezone(UTC),
    )
    terms = Terms(
        kind=row.kind,
        currency=row.currency,
        vat_percent=row.vat_percent,
        markup_percent=row.markup_percent,
        markup_per_kwh=row.markup_per_kwh,
        energy_price=row.energy_price,
        floor_per_kwh=row.floor_per_kwh,
        cap_per_kwh=row.cap_per_kwh,
        service_fee=row.service_fee,
    )
    return Rule(row.pk, row.name, match, terms, row.priority)


def _clock(value: time | None) -> time | None:
    return value.replace(microsecond=0) if value else None
