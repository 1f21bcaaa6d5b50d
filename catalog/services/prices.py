"""The price per kWh that offers show, brought up to date for many offers at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog import books
from catalog.models import Offer
from catalog.selectors import priced_by
from catalog.services import station_texts
from catalog.services.cost_prices import MOST, CostList, OfferPrice, PriceKey
from catalog.services.retail_prices import RetailPrices

__all__ = ["CHUNK", "MOST", "OfferPrice", "PriceKey", "PriceList", "reprice", "reprice_due", "reprice_next"]

CHUNK = 2_000
# Column of an offer → field of its OfferPrice
PRICE_COLUMNS = {
    "tariff_id": "tariff_id",
    "cost_price": "cost_price",
    "energy_price": "energy_price",
    "energy_price_odd": "energy_price_odd",
    "price_words": "price_words",
    "price_words_odd": "price_words_odd",
    "currency": "currency",
    "price_valid_until": "valid_until",
}

UNREAD = {False: ("energy_price_odd", "price_words_odd"), True: ("energy_price", "price_words")}  # by "is odd"


class PriceList:
    """What offers show at one moment, by all price books that count. Make it inside the transaction that writes.

    unread: the columns that nobody reads while the book in force is the one it is.
    """

    def __init__(self, keys: Iterable[PriceKey], at: datetime) -> None:
        current, *coming = books.to_write()
        self._retail = RetailPrices([current, *coming], at)
        self.unread = UNREAD[current.is_odd]
        self._costs = CostList(keys, at)

    def of(self, key: PriceKey, *, location_id: int, standard: str) -> OfferPrice:
        """The price of an offer; `key` decides what the operator takes, the rest which rule applies."""
        return self._retail.of(
            self._costs.of(key), key, location_id=location_id, standard=standard, power_w=key.power_w
        )


def reprice(offers: QuerySet[Offer], at: datetime) -> int:
    """Work out the prices of these offers anew and write those that changed; gives how many rows it looked at.

    Rows stream by in the order of their pk, and are locked in it: run it inside a transaction.
    """
    looked_at = 0
    rows = _price_rows(offers).iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        _write(chunk, at)
        looked_at += len(chunk)
    return looked_at


def reprice_due() -> int:
    """Work out the prices whose time is over; gives how many there were.

    One transaction per CHUNK rows, and what is done is no longer due: a run that is cut off loses nothing, and
    two runs at once share the work. Rows that somebody else is changing wait for the next run.
    """
    done = 0
    while True:
        with transaction.atomic():
            at = timezone.now()
            rows = list(
                _price_rows(Offer.objects.filter(price_valid_until__lte=at), skip_locked=True)[:CHUNK]
            )
            if not rows:
                return done
            _write(rows, at)
            done += len(rows)


def reprice_next(after_pk: int, at: datetime) -> tuple[int, int]:
    """Work out the prices of the next CHUNK offers beyond a pk; gives the last pk and how many they were.

    Run it inside a transaction.
    """
    rows = list(_price_rows(Offer.objects.filter(pk__gt=after_pk))[:CHUNK])
    if rows:
        _write(rows, at)
    return (rows[-1].pk if rows else after_pk), len(rows)


def _price_rows(offers: QuerySet[Offer], *, skip_locked: bool = False) -> Any:
    """What decides the prices of these offers, and what they are now, as plain rows: there may be very many."""
    return (
        offers.order_by("pk")
        .select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
        .values_list(
            "pk",
            *PRICE_COLUMNS,
            "is_green_energy",
            "location_id",
            "connector_standard",
            "power_w",
            "time_zone",
            "party_id",
            "connector__tariff_ids",
            "location__is_green_energy",
            "party__connection_id",
            "party__connection__version",
            "party__connection__price_source",
            named=True,
        )
    )


def _write(rows: list[Any], at: datetime) -> None:
    keys = {row.pk: _price_key(row) for row in rows}
    prices = PriceList(keys.values(), at)
    groups: dict[tuple[OfferPrice, bool], list[int]] = defaultdict(list)
    told = [name for name in (*PRICE_COLUMNS, "is_green_energy") if name not in prices.unread]
    void: set[int] = set()
    for row in rows:
        price = prices.of(keys[row.pk], location_id=row.location_id, standard=row.connector_standard)
        green = row.location__is_green_energy or price.green
        wanted = tuple(getattr(price, name) for name in PRICE_COLUMNS.values())
        if (*wanted, green) != (*(getattr(row, name) for name in PRICE_COLUMNS), row.is_green_energy):
            groups[price, green].append(row.pk)
            after = dict(zip(PRICE_COLUMNS, wanted, strict=True), is_green_energy=green)
            if any(getattr(row, name) != after[name] for name in told):
                void.add(row.location_id)
    for (price, green), pks in groups.items():
        columns = {column: getattr(price, name) for column, name in PRICE_COLUMNS.items()}
        Offer.objects.filter(pk__in=pks).update(**columns, is_green_energy=green, updated_at=timezone.now())
    station_texts.void(void)


def _price_key(row: Any) -> PriceKey:
    return PriceKey(
        row.party__connection_id,
        row.party__connection__version,
        row.party_id,
        priced_by(row.party__connection__price_source, row.connector__tariff_ids),
        row.time_zone,
        row.power_w,
    )
