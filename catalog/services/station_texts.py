"""The texts of stations: void when an offer changes, written again by whoever needs one first, or in the background."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from django.db import connection
from django.db.models import Q

from catalog import books
from catalog.models import StationText
from catalog.search import offers_of
from catalog.search_types import FoundOffer, SearchWish
from catalog.stations import Station, Wording, made
from emsp.core.sql import binary_cursor

CHUNK = 200
TOO_MANY = SearchWish.limit_per_location  # with so many offers, which of them are told depends on which are free

_WANTED = """
    select location_id, point::text as place, min(party_id) as party_id, (array_agg(point))[1] as point,
        array_agg(distinct evse_id order by evse_id) as evse_ids
    from catalog_offer where listed and {which} group by location_id, point::text
"""
VOID = f"""
    with wanted as ({_WANTED.format(which="location_id = any(%(ids)s)")}), gone as (
        delete from catalog_stationtext t where t.location_id = any(%(ids)s)
            and not exists (select from wanted w where w.location_id = t.location_id and w.place = t.place)
    )
    insert into catalog_stationtext (location_id, place, party_id, point, evse_ids)
    select * from wanted order by location_id, place
    on conflict (location_id, place) do update set
        party_id = excluded.party_id, evse_ids = excluded.evse_ids, stamp = null, version = catalog_stationtext.version + 1
"""
# A row that somebody has in hand, or made void meanwhile, stays as it is.
KEEP = """
    with still as (
        select t.id, given.text from catalog_stationtext t
        join unnest(%(ids)s::bigint[], %(versions)s::bigint[], %(texts)s::text[]) as given (id, version, text)
            on given.id = t.id and given.version = t.version
        order by t.id for update of t skip locked
    )
    update catalog_stationtext t set text = still.text, stamp = %(stamp)s from still where t.id = still.id
"""
ASTRAY = f"""
    with wanted as ({_WANTED.format(which="true")})
    select coalesce(w.location_id, t.location_id) from wanted w
    full join catalog_stationtext t on t.location_id = w.location_id and t.place = w.place
    where w.evse_ids is distinct from t.evse_ids
"""


class Void(Protocol):
    """A row whose text must be written, as it was read."""

    @property
    def id(self) -> int | None: ...
    @property
    def location_id(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...
    @property
    def evse_ids(self) -> list[int]: ...


def void(location_ids: Iterable[int]) -> None:
    """Offers of these locations have changed, otherwise than in their status: their texts must be written again.

    Call it in the transaction of the change, after it. Makes the rows that are missing, removes what is not listed.
    """
    ids = sorted(set(location_ids))
    if ids:
        with binary_cursor() as cursor:
            cursor.execute(VOID, {"ids": ids})


def write(rows: Sequence[Void], wording: Wording) -> dict[int | None, Station]:
    """Write the texts of these rows, and keep those that may be kept; gives the stations by the row's id.

    The rows were read before the offers are read here: who changes an offer meanwhile raises the version of its row, and
    what is written from the offers before is not kept.
    """
    groups, book = _offers_of(rows)
    stations = {pk: made(group, wording) for pk, group in groups.items()}
    kept: list[tuple[int | None, int, str]] = []
    for row in rows:
        group = groups.get(row.id, [])
        if len(group) >= TOO_MANY:
            kept.append((row.id, row.version, ""))
        elif sorted({offer.evse_id for offer in group}) == row.evse_ids:
            kept.append((row.id, row.version, stations[row.id].text))
    _keep(kept, wording.stamp(book.number))
    return stations


def tell(rows: Sequence[Void], wording: Wording) -> dict[int | None, Station]:
    """As write, of stations whose texts are not kept because they have too many offers."""
    groups, _ = _offers_of(rows)
    return {pk: made(group, wording) for pk, group in groups.items()}


def _offers_of(rows: Sequence[Void]) -> tuple[dict[int | None, list[FoundOffer]], books.Book]:
    """The offers of each row that has some, by its id, and the price book in force."""
    offers, book = offers_of(row.location_id for row in rows)
    by_place: dict[tuple[int, float, float], list[FoundOffer]] = {}
    for offer in offers:
        by_place.setdefault((offer.location_id, *offer.point), []).append(offer)
    found = ((row.id, by_place.get((row.location_id, row.latitude, row.longitude))) for row in rows)
    return {pk: group for pk, group in found if group}, book


def _keep(rows: list[tuple[int | None, int, str]], stamp: int) -> None:
    if rows:
        ids, versions, texts = map(list, zip(*rows, strict=True))
        with binary_cursor() as cursor:
            cursor.execute(KEEP, {"ids": ids, "versions": versions, "texts": texts, "stamp": stamp})


def write_due(wording: Wording, *, anew: bool = False) -> Iterator[int]:
    """Write the texts that are void, of another wording or of another price book; gives how many are done after each chunk.

    anew: all of them. Safe in several processes at once, and to be cut off at any time.
    """
    done, after = 0, 0
    while rows := _due(wording, after, anew=anew):
        write(rows, wording)
        done, after = done + len(rows), rows[-1].id
        yield done


def count_due(wording: Wording, *, anew: bool = False) -> int:
    """How many texts write_due would write."""
    return StationText.objects.filter(Q() if anew else _not_of(wording)).count()


def mend() -> int:
    """Make void what does not have the EVSEs of its offers, as a release leaves it that knew no texts; gives how many."""
    with connection.cursor() as cursor:
        cursor.execute(ASTRAY)
        astray = sorted({pk for (pk,) in cursor.fetchall()})
    for start in range(0, len(astray), CHUNK):
        void(astray[start : start + CHUNK])
    return len(astray)


def _not_of(wording: Wording) -> Q:
    stamp = wording.stamp(books.in_force().number)
    return Q(stamp=None) | Q(stamp__lt=stamp) | Q(stamp__gt=stamp)


def _due(wording: Wording, after: int, *, anew: bool) -> list[StationText]:
    chosen = StationText.objects.filter(Q() if anew else _not_of(wording), pk__gt=after)
    return list(chosen.defer("text", "place").order_by("pk")[:CHUNK])
