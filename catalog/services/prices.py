"""The price per kWh of offers, now and until when; and bringing it up to date for many offers at once."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Offer
from catalog.pricing import TariffError, energy_price_at, energy_price_changes_at
from catalog.selectors import TariffBook, choose
from ocpi.models import Tariff

log = logging.getLogger(__name__)

FOUR_PLACES = Decimal("0.0001")
MOST = Decimal(100_000_000)  # what is not below it, in any currency, is a mistake
CHUNK = 2_000


@dataclass(frozen=True)
class OfferPrice:
    """What an offer says about its price. energy_price: per kWh incl. VAT, None when it is not known."""

    tariff_id: int | None = None
    energy_price: Decimal | None = None
    currency: str = ""
    valid_until: datetime | None = None
    green: bool = False


class PriceKey(NamedTuple):
    """Connectors that agree in this have the same price."""

    connection_id: int
    version: str
    party_id: int
    tariff_ids: tuple[str, ...]
    time_zone: str
    power_w: int | None


class PriceList:
    """Prices at one moment; each combination of tariffs, time zone and power is worked out once."""

    def __init__(self, keys: Iterable[PriceKey], at: datetime) -> None:
        wanted = set(keys)
        self._at = at
        self._prices: dict[PriceKey, OfferPrice] = {}
        self._book = TariffBook.load(
            {key.connection_id for key in wanted}, {each for key in wanted for each in key.tariff_ids}
        )

    def of(self, key: PriceKey) -> OfferPrice:
        """The price for connectors with this key."""
        if key not in self._prices:
            tariffs = self._book.named(key.tariff_ids, party_id=key.party_id, connection_id=key.connection_id)
            self._prices[key] = price_at(
                tariffs, self._at, time_zone=key.time_zone, version=key.version, power_w=key.power_w
            )
        return self._prices[key]


def price_at(
    tariffs: list[Tariff], at: datetime, *, time_zone: str, version: str, power_w: int | None
) -> OfferPrice:
    """The price per kWh by the tariff in force, out of those that a connector names, at the connector's power.

    valid_until: when to look again: the price's own end, the tariff's, or the start of the next one.
    A tariff that cannot be read, has no energy price now or an impossible one leaves the price unknown.
    Source: ocpi.md 4.5, 4.8; beckn.md f 31b (energy component only).
    """
    choice = choose(tariffs, at)
    if choice.tariff is None:
        return OfferPrice(valid_until=choice.changes_at)
    tariff = choice.tariff
    price, changes_at = None, None
    power_kw = Decimal(power_w) / 1000 if power_w else None
    where: dict[str, Any] = {"time_zone": time_zone, "ocpi_version": version, "power_kw": power_kw}
    try:
        found = energy_price_at(tariff.raw, at, **where)
        changes_at = energy_price_changes_at(tariff.raw, at, **where)
        if found is not None:
            # Where VAT is not known (2.1.1), the price without it is all there is.
            price = found.price_incl_vat if found.price_incl_vat is not None else found.price_excl_vat
    except TariffError as error:
        log.warning("tariff %s of party %s cannot be priced: %s", tariff.ocpi_id, tariff.party_id, error)
    moments = [moment for moment in (changes_at, choice.changes_at) if moment is not None and moment > at]
    return OfferPrice(
        tariff_id=tariff.pk,
        energy_price=_storable(price),
        currency=tariff.currency.upper(),
        valid_until=min(moments, default=None),
        green=_is_green(tariff.raw),
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


def _price_rows(offers: QuerySet[Offer], *, skip_locked: bool = False) -> Any:
    """What decides the prices of these offers, and what they are now, as plain rows: there may be very many."""
    return (
        offers.order_by("pk")
        .select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
        .values_list(
            "pk",
            "tariff_id",
            "energy_price",
            "currency",
            "price_valid_until",
            "is_green_energy",
            "time_zone",
            "power_w",
            "party_id",
            "connector__tariff_ids",
            "location__is_green_energy",
            "party__connection_id",
            "party__connection__version",
            named=True,
        )
    )


def _write(rows: list[Any], at: datetime) -> None:
    keys = {row.pk: _price_key(row) for row in rows}
    prices = PriceList(keys.values(), at)
    groups: dict[tuple[OfferPrice, bool], list[int]] = defaultdict(list)
    for row in rows:
        price = prices.of(keys[row.pk])
        green = row.location__is_green_energy or price.green
        wanted = (price.tariff_id, price.energy_price, price.currency, price.valid_until, green)
        if wanted != (
            row.tariff_id,
            row.energy_price,
            row.currency,
            row.price_valid_until,
            row.is_green_energy,
        ):
            groups[price, green].append(row.pk)
    for (price, green), pks in groups.items():
        Offer.objects.filter(pk__in=pks).update(
            tariff_id=price.tariff_id,
            energy_price=price.energy_price,
            currency=price.currency,
            price_valid_until=price.valid_until,
            is_green_energy=green,
            updated_at=timezone.now(),
        )


def _price_key(row: Any) -> PriceKey:
    return PriceKey(
        row.party__connection_id,
        row.party__connection__version,
        row.party_id,
        tuple(row.connector__tariff_ids),
        row.time_zone,
        row.power_w,
    )


def _storable(price: Decimal | None) -> Decimal | None:
    return price.quantize(FOUR_PLACES, ROUND_HALF_UP) if price is not None and abs(price) < MOST else None


def _is_green(tariff: dict[str, Any]) -> bool:
    mix = tariff.get("energy_mix")
    return isinstance(mix, dict) and mix.get("is_green_energy") is True
