"""Offers follow the CPO's data: one per connector, mapped when news arrives and never when somebody searches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, TextField
from django.db.models.functions import Cast, Lower
from django.utils import timezone

from catalog.models import Offer
from catalog.selectors import priced_by
from catalog.services import station_texts
from catalog.services.listing import ALONE, LISTED, shared_names
from catalog.services.offer_rows import location_columns, offer_row, power_of
from catalog.services.prices import PriceKey, PriceList, reprice
from emsp.core.sql import copy_in, upsert
from ocpi.models import Connector, Evse, Location, Party, Tariff
from ocpi.services.location_inserts import NewLocations

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
    )
"""
_COMPARED = [field.attname for field in Offer._meta.concrete_fields if field.name in MAPPED[:-1]]
_compared, _told = attrgetter(*_COMPARED), attrgetter(*(name for name in _COMPARED if name != "status"))
_new_offer_id, _new_evse_id = (Offer._meta.get_field(name).get_default for name in ("offer_id", "fulfillment_id"))  # type: ignore[union-attr]


def refresh(location_ids: Iterable[int]) -> None:
    """Bring the offers of these locations in line with their EVSEs, connectors and tariffs.

    New connectors get an offer, what cannot be bought any more is no longer listed, nothing is deleted.
    Takes ten queries per 200 locations; rows that would stay the same are not written. Offers of other
    locations follow after the commit, where an EVSE has moved from there or back.
    """
    wanted = sorted(set(location_ids))
    _follow(_refresh_pages(wanted) - set(wanted))


def _refresh_pages(wanted: list[int]) -> set[int]:
    """Gives other locations with an evse_id of these: which of them is the newest may be another now (ocpi.md T32)."""
    twins = set[int]()
    for start in range(0, len(wanted), PAGE):
        with transaction.atomic():
            twins |= _refresh_page(wanted[start : start + PAGE], timezone.now())
    return twins


def _follow(twins: set[int]) -> None:
    """Without the locks of those that changed: two operators' threads may change twins in either order."""
    if twins:
        transaction.on_commit(partial(_refresh_pages, sorted(twins)), robust=True)


def add(new: NewLocations) -> None:
    """Make the offers of locations that were not there before, of the rows themselves: nothing but prices is read.

    Call it in the transaction that put them in, as nobody else knows of them before its end.
    """
    with transaction.atomic():
        page = _Page.of(new)
        copy_in(Offer, [row for _, row in page.wanted(timezone.now())])
        station_texts.void(page.locations)
        _follow(page.twins())


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


def _refresh_page(location_ids: list[int], at: datetime) -> set[int]:
    page = _Page.load(location_ids)
    pairs = [(known, row) for known, row in page.wanted(at) if known is None or _compared(known) != _compared(row)]
    upsert(Offer, [Offer(**row._asdict()) for _, row in pairs], ["connector"], MAPPED)
    station_texts.void(row.location_id for known, row in pairs if known is None or _told(known) != _told(row))
    return page.twins()


@dataclass(frozen=True)
class _Page:
    """Some locations with all below them and the offers there are, by connector.

    Locations, EVSEs and connectors are instances of the models, or rows as they were put in. hidden: connectors that
    search must not show. shared: evse_ids that more than one EVSE has.
    """

    parties: dict[int, Party]
    locations: dict[int, Any]
    evses: dict[int, Any]
    connectors: list[Any]
    hidden: set[int]
    offers: dict[int, Offer]
    shared: set[str]

    @classmethod
    def load(cls, location_ids: list[int]) -> "_Page":
        """The lock on the locations, which ingest takes first too, keeps two refreshes of one station apart."""
        locations = (
            Location.objects.filter(pk__in=location_ids)
            .order_by("pk")
            .select_for_update(no_key=True, of=("self",))
            .select_related("party__connection")
        )
        offers = (
            Offer.objects.filter(location_id__in=location_ids).order_by("pk").select_for_update(no_key=True)
        )
        rows = {row.pk: row for row in locations}
        parties = {row.party_id: row.party for row in rows.values()}
        evses = list(Evse.objects.filter(location_id__in=location_ids).defer("raw"))
        shared = shared_names(evses)
        connectors = list(_connectors(location_ids, LISTED if shared else ALONE).defer("raw").order_by("pk"))
        return cls(
            parties,
            rows,
            {row.pk: row for row in evses},
            connectors,
            {row.pk for row in connectors if not row.listed},
            {row.connector_id: row for row in offers},
            shared,
        )

    @classmethod
    def of(cls, new: NewLocations) -> "_Page":
        parties = Party.objects.select_related("connection").in_bulk({row.party_id for row in new.locations})
        locations = {row.id: row for row in new.locations}
        evses = {row.id: row for row in new.evses}
        shared = shared_names(new.evses)
        shown = _connectors(locations, LISTED if shared else ALONE)
        hidden = shown.filter(listed=False).order_by().values_list("pk", flat=True)
        return cls(parties, locations, evses, new.connectors, set(hidden), {}, shared)

    def twins(self) -> set[int]:
        """Other locations of these parties with a shared evse_id; at most PAGE, since one that more have names no EVSE."""
        if not self.shared:
            return set()
        named = Evse.objects.filter(evse_id__in=self.shared, location__party__in=self.parties)
        others = named.exclude(location__in=self.locations).values_list("location_id", flat=True)
        return set(others.distinct()[:PAGE])

    def wanted(self, at: datetime) -> Iterator[tuple[Offer | None, Any]]:
        """The offer that there is for a connector, if any, and the row as it should be."""
        keys = {row.id: self._price_key(row) for row in self.connectors}
        prices = PriceList(keys.values(), at)
        places = {pk: location_columns(row, self.parties[row.party_id]) for pk, row in self.locations.items()}
        fulfillments = {offer.evse_id: offer.fulfillment_id for offer in self.offers.values()}
        for connector in self.connectors:
            known = self.offers.get(connector.id)
            if known is None and connector.removed:
                continue
            evse = self.evses[connector.evse_id]
            price = prices.of(
                keys[connector.id], location_id=evse.location_id, standard=connector.standard
            )
            yield known, offer_row(
                connector, evse, self.locations[evse.location_id], places[evse.location_id], price,
                listed=connector.id not in self.hidden,
                offer_id=known.offer_id if known else _new_offer_id(),
                fulfillment_id=fulfillments.get(evse.id) or fulfillments.setdefault(evse.id, _new_evse_id()),
                at=at,
            )  # fmt: skip

    def _price_key(self, connector: Any) -> PriceKey:
        location = self.locations[self.evses[connector.evse_id].location_id]
        connection = self.parties[location.party_id].connection
        return PriceKey(
            connection.pk,
            connection.version,
            location.party_id,
            priced_by(connection.price_source, connector.tariff_ids),
            location.time_zone,
            power_of(connector),
        )


def _connectors(location_ids: Iterable[int], rule: Any) -> Any:
    """The connectors of some locations, each with `listed`: whether search may show it, by this rule of listing."""
    rows = Connector.objects.filter(evse__location_id__in=location_ids)
    return rows.annotate(listed=ExpressionWrapper(rule, output_field=BooleanField()))
