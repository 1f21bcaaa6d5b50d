"""Offers follow the CPO's data: one per connector, mapped when news arrives and never when somebody searches."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, TextField
from django.db.models.functions import Cast, Lower
from django.utils import timezone

from catalog.models import Offer
from catalog.selectors import priced_by
from catalog.services import station_texts
from catalog.services.listing import LISTED
from catalog.services.offer_rows import offer_row, power_of
from catalog.services.prices import PriceKey, PriceList, reprice
from emsp.core.sql import upsert
from ocpi.models import Connector, Evse, Location, Tariff

PAGE = 200
# What refresh writes; offer_id and fulfillment_id stay as they were given at first.
MAPPED = [
    "party",
    "location",
    "evse",
    "listed",
    "point",
    "status",
    "location_ocpi_id",
    "location_name",
    "address",
    "city",
    "postal_code",
    "country",
    "time_zone",
    "is_green_energy",
    "name",
    "connector_ocpi_id",
    "connector_standard",
    "power_type",
    "power_w",
    "facilities",
    "opening_hours",
    "search_text",
    "tariff",
    "cost_price",
    "energy_price",
    "energy_price_odd",
    "price_words",
    "price_words_odd",
    "currency",
    "price_valid_until",
    "mapped_by",
    "updated_at",
]
# The status of a push, carried over by the statement that stores it: ocpi.services.evse_status.follow.
CARRY_STATUS = """
    carried as (
        update catalog_offer offer set status = changed.status, updated_at = statement_timestamp()
        from changed where offer.evse_id = changed.id and offer.status <> changed.status
        returning offer.location_id
    )
"""
_COMPARED = [field.attname for field in Offer._meta.concrete_fields if field.name in MAPPED[:-1]]
_TOLD = [name for name in _COMPARED if name != "status"]


def refresh(location_ids: Iterable[int]) -> None:
    """Bring the offers of these locations in line with their EVSEs, connectors and tariffs.

    New connectors get an offer, what cannot be bought any more is no longer listed, nothing is deleted.
    Takes nine queries per 200 locations; rows that would stay the same are not written.
    """
    wanted = sorted(set(location_ids))
    for start in range(0, len(wanted), PAGE):
        with transaction.atomic():
            _refresh_page(wanted[start : start + PAGE], timezone.now())


def relist(party_id: int) -> None:
    """Say of each offer of a party anew whether search may show it; for a party switched on or off."""
    offers = Offer.objects.filter(party_id=party_id)
    with transaction.atomic():
        offers.exclude(Q(listed=_listed())).update(listed=_listed(), updated_at=timezone.now())
        station_texts.void(offers.values_list("location_id", flat=True).distinct())


def refresh_for_tariffs(tariff_ids: Iterable[int]) -> int:
    """Price anew the offers whose connectors name one of these tariffs; gives how many there are."""
    tariffs = Tariff.objects.filter(pk__in=list(tariff_ids)).values_list("party__connection_id", "key")
    keys: dict[int, set[str]] = defaultdict(set)
    for connection_id, key in tariffs:
        keys[connection_id].add(key.strip())  # for a contract tariff those that it stands for
    priced = 0
    with transaction.atomic():
        for connection_id, wanted in sorted(keys.items()):
            priced += reprice(_offers_naming(connection_id, wanted), timezone.now())
    return priced


def _offers_naming(connection_id: int, keys: set[str]) -> Any:
    """Offers of a platform whose connectors name a tariff; ids are compared without case (ocpi.md T46)."""
    offers = Offer.objects.filter(party__connection_id=connection_id).alias(
        named=Lower(Cast("connector__tariff_ids", TextField()))
    )
    mentioned = Q()
    for key in keys:
        mentioned |= Q(named__contains=key)
    return offers.filter(mentioned)


def _listed() -> Exists:
    return Exists(Connector.objects.filter(LISTED, pk=OuterRef("connector_id")))


def _refresh_page(location_ids: list[int], at: datetime) -> None:
    page = _Page.load(location_ids)
    keys = {row.pk: page.price_key(row) for row in page.connectors}
    prices = PriceList(keys.values(), at)
    fulfillments = {offer.evse_id: offer.fulfillment_id for offer in page.offers.values()}
    changed: list[Offer] = []
    void: set[int] = set()
    for connector in page.connectors:
        known = page.offers.get(connector.pk)
        if known is None and connector.removed:
            continue
        evse, location = page.above(connector)
        price = prices.of(
            keys[connector.pk],
            location_id=location.pk,
            standard=connector.standard,
        )
        wanted = offer_row(connector, evse, location, price, listed=connector.listed)
        if known is None or any(getattr(known, name) != getattr(wanted, name) for name in _COMPARED):
            wanted.fulfillment_id = fulfillments.setdefault(evse.pk, wanted.fulfillment_id)
            changed.append(wanted)
            if known is None or any(getattr(known, name) != getattr(wanted, name) for name in _TOLD):
                void.add(location.pk)
    upsert(Offer, changed, ["connector"], MAPPED)
    station_texts.void(void)


@dataclass(frozen=True)
class _Page:
    """Some locations with all below them and the offers there are. Connectors have `listed`."""

    locations: dict[int, Location]
    evses: dict[int, Evse]
    connectors: list[Any]
    offers: dict[int, Offer]

    @classmethod
    def load(cls, location_ids: list[int]) -> "_Page":
        """The lock on the locations, which ingest takes first too, keeps two refreshes of one station apart."""
        locations = (
            Location.objects.filter(pk__in=location_ids)
            .order_by("pk")
            .select_for_update(no_key=True, of=("self",))
            .select_related("party__connection")
        )
        evses = Evse.objects.filter(location_id__in=location_ids).defer("raw")
        connectors = (
            Connector.objects.filter(evse__location_id__in=location_ids)
            .defer("raw")
            .order_by("pk")
            .annotate(listed=ExpressionWrapper(LISTED, output_field=BooleanField()))
        )
        offers = (
            Offer.objects.filter(location_id__in=location_ids).order_by("pk").select_for_update(no_key=True)
        )
        return cls(
            {row.pk: row for row in locations},
            {row.pk: row for row in evses},
            list(connectors),
            {row.connector_id: row for row in offers},
        )

    def above(self, connector: Connector) -> tuple[Evse, Location]:
        evse = self.evses[connector.evse_id]
        return evse, self.locations[evse.location_id]

    def price_key(self, connector: Connector) -> PriceKey:
        _, location = self.above(connector)
        connection = location.party.connection
        return PriceKey(
            connection.pk,
            connection.version,
            location.party_id,
            priced_by(connection.price_source, connector.tariff_ids),
            location.time_zone,
            power_of(connector),
        )
