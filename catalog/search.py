"""Search: what is on offer around a place, nearest first, from one indexed query."""

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from catalog import books, replica
from catalog.apart import priced_for
from catalog.geography import least_distance_m
from catalog.search_statement import HEAD, LOCATION, PARTY, PLACE_M, conditions, statement, text_words
from catalog.search_types import FoundOffer, SearchWish
from ocpi.models import Party

# Offers the index is asked for at first, per wanted location, and the most it is ever asked for.
OFFERS_PER_LOCATION = 4
MOST_CANDIDATES = 50_000


def offers_near(wish: SearchWish) -> list[FoundOffer]:
    """The offers that fit, all of a location together, nearest location first.

    Inside a location the order is that of the CPO's list.
    Nothing found is an empty list.
    Source: design.md §5 (search), §6; beckn.md a.3 (strict on area, connector and provider, soft on text).
    """
    found, book = replica.reading(partial(_fitting, wish))
    return priced_for(wish.sold_through, found, book)


def _fitting(wish: SearchWish, database: str) -> tuple[list[FoundOffer], books.Book]:
    """What fits, in this database; without the free text where nothing fits that."""
    found, book = _found(wish, database)
    if not found and text_words(wish.text):
        found, book = _found(replace(wish, text=None), database)
    return found, book


def offers_of(location_ids: Iterable[int]) -> tuple[list[FoundOffer], books.Book]:
    """All that is listed at these locations, as offers_near gives it, with the price book in force."""
    wanted = frozenset(location_ids)
    return _found(SearchWish(location_ids=wanted, limit_locations=len(wanted)), DEFAULT_DB_ALIAS)


def is_bare(wish: SearchWish) -> bool:
    """Whether it names a place and nothing else, so that all offers of a station fit or none does."""
    return wish.latitude is not None and not conditions(wish)[1]


def _found(wish: SearchWish, database: str) -> tuple[list[FoundOffer], books.Book]:
    """Ask for more candidates until the nearest locations are certain; with the price book they are sold by.

    The index orders by degrees. What it did not hand out is at least `reach_degrees` away, so every location
    nearer than that in metres is certain; the others may miss a neighbour and are dropped.
    """
    candidates = wish.limit_locations * OFFERS_PER_LOCATION
    while True:
        with connections[database].cursor() as cursor:
            cursor.execute(*statement(wish, candidates))
            rows = cursor.fetchall()
        reach_degrees, *book = rows[0][:3]
        current = books.book(*book) if book[1] else books.NO_BOOK
        rows = [row for row in rows if row[HEAD] is not None]
        if reach_degrees is None or wish.latitude is None or candidates >= MOST_CANDIDATES:
            return _offers(rows), current
        certain_m = least_distance_m(float(wish.latitude), reach_degrees)
        certain = [row for row in rows if row[PLACE_M] < certain_m]
        if certain_m > wish.radius_m or len({row[LOCATION] for row in certain}) >= wish.limit_locations:
            return _offers(certain), current
        candidates *= 8


def _offers(rows: list[tuple[Any, ...]]) -> list[FoundOffer]:
    """The rows as offers, with one Party object per CPO, from the columns that came with the row.

    What is asked of a Party later is read on the primary, wherever it came from.
    """
    parties: dict[int, Party] = {}
    found = []
    for row in rows:
        party_id = row[PARTY]
        if party_id not in parties:
            name, provider_id, details = row[PLACE_M + 1 :]
            known = {
                "id": party_id, "name": name, "provider_id": provider_id, "business_details": json.loads(details)
            }  # fmt: skip
            names = [field.attname for field in Party._meta.concrete_fields if field.attname in known]
            parties[party_id] = Party.from_db(DEFAULT_DB_ALIAS, names, [known[name] for name in names])
        found.append(FoundOffer(*(*row[HEAD:PLACE_M], parties[party_id])))
    return found
