"""Offers follow the CPO's data: one per connector, mapped when news arrives and never when somebody searches."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast, Lower
from django.utils import timezone

from catalog import mapping
from catalog.models import Offer
from catalog.services.listing import LISTED
from catalog.services.prices import OfferPrice, PriceKey, PriceList, reprice
from ocpi.models import Connector, Evse, Location, Tariff

PAGE = 200
BATCH = 1_000
# What refresh writes; offer_id and fulfillment_id stay as they were given at first.
MAPPED = [
    "party", "location", "evse", "listed", "point", "status", "location_ocpi_id", "location_name", "address",
    "city", "postal_code", "country", "time_zone", "is_green_energy", "name", "connector_ocpi_id",
    "connector_standard", "power_type", "power_w", "facilities", "search_text", "tariff", "energy_price",
    "currency", "price_valid_until", "updated_at",
]
_COMPARED = [field.attname for field in Offer._meta.concrete_fields if field.name in MAPPED[:-1]]


def refresh(location_ids: Iterable[int]) -> None:
    """Bring the offers of these locations in line with their EVSEs, connectors and tariffs.

    New connectors get an offer, what cannot be bought any more is no longer listed, nothing is deleted.
    Takes six queries per 200 locations; rows that would stay the same are not written.
    """
    wanted = sorted(set(location_ids))
    for start in range(0, len(wanted), PAGE):
        with transaction.atomic():
            _refresh_page(wanted[start : start + PAGE], timezone.now())


def set_status(evse_ids: Iterable[int]) -> None:
    """Carry the status of these EVSEs over to their offers, in one statement: the path of a status push."""
    Offer.objects.filter(evse_id__in=list(evse_ids)).update(
        status=Subquery(Evse.objects.filter(pk=OuterRef("evse_id")).values("status")[:1]),
        listed=_listed(),
        updated_at=timezone.now(),
    )


def relist(party_id: int) -> None:
    """Say of each offer of a party anew whether search may show it; for a party switched on or off."""
    offers = Offer.objects.filter(party_id=party_id)
    offers.exclude(Q(listed=_listed())).update(listed=_listed(), updated_at=timezone.now())


def refresh_for_tariffs(tariff_ids: Iterable[int]) -> int:
    """Price anew the offers whose connectors name one of these tariffs; gives how many there are."""
    tariffs = Tariff.objects.filter(pk__in=list(tariff_ids)).values_list("party__connection_id", "key")
    keys: dict[int, set[str]] = defaultdict(set)
    for connection_id, key in tariffs:
        keys[connection_id].add(key)
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
    """The lock on the locations, which ingest takes first too, keeps two refreshes of one station apart."""
    locations = {
        row.pk: row
        for row in Location.objects.filter(pk__in=location_ids).order_by("pk")
        .select_for_update(no_key=True, of=("self",)).select_related("party__connection")
    }
    evses = {row.pk: row for row in Evse.objects.filter(location_id__in=locations).defer("raw")}
    connectors = list(
        Connector.objects.filter(evse_id__in=evses).defer("raw").order_by("pk")
        .annotate(listed=ExpressionWrapper(LISTED, output_field=BooleanField()))
    )
    offers = {
        row.connector_id: row
        for row in Offer.objects.filter(location_id__in=locations).order_by("pk").select_for_update(no_key=True)
    }
    fulfillments = {offer.evse_id: offer.fulfillment_id for offer in offers.values()}
    keys = {row.pk: _price_key(row, locations[evses[row.evse_id].location_id]) for row in connectors}
    prices = PriceList(keys.values(), at)
    changed: list[Offer] = []
    for connector in connectors:
        known = offers.get(connector.pk)
        if known is None and connector.removed:
            continue
        evse = evses[connector.evse_id]
        location = locations[evse.location_id]
        mapped = _mapped(connector, evse, location, prices.of(keys[connector.pk]))
        if known is None or any(getattr(known, name) != getattr(mapped, name) for name in _COMPARED):
            mapped.fulfillment_id = fulfillments.setdefault(evse.pk, mapped.fulfillment_id)
            changed.append(mapped)
    Offer.objects.bulk_create(
        changed, BATCH, update_conflicts=True, unique_fields=["connector"], update_fields=MAPPED
    )


def _price_key(connector: Connector, location: Location) -> PriceKey:
    connection = location.party.connection
    return PriceKey(
        connection.pk, connection.version, location.party_id, tuple(connector.tariff_ids), location.time_zone
    )


def _mapped(connector: Any, evse: Evse, location: Location, price: OfferPrice) -> Offer:
    """The offer for a connector as it should be, with fresh ids."""
    at_evse = mapping.plausible(evse.latitude, evse.longitude)
    power_w = mapping.power_w(
        power_type=connector.power_type,
        max_voltage_v=connector.max_voltage_v,
        max_amperage_a=connector.max_amperage_a,
        max_electric_power_w=connector.max_electric_power_w,
    )
    return Offer(
        party_id=location.party_id,
        location_id=location.pk,
        evse_id=evse.pk,
        connector_id=connector.pk,
        listed=connector.listed,
        point=(evse.latitude, evse.longitude) if at_evse else (location.latitude, location.longitude),
        status=evse.status,
        location_ocpi_id=location.ocpi_id,
        location_name=location.name,
        address=location.address,
        city=location.city,
        postal_code=location.postal_code,
        country=location.country,
        time_zone=location.time_zone,
        is_green_energy=location.is_green_energy or price.green,
        name=mapping.offer_name(
            physical_reference=evse.physical_reference, evse_id=evse.evse_id, number=evse.position + 1,
            standard=connector.standard, power_type=connector.power_type, power_w=power_w,
        ),
        connector_ocpi_id=connector.ocpi_id,
        connector_standard=connector.standard,
        power_type=connector.power_type,
        power_w=power_w,
        facilities=mapping.facilities(location.raw),
        search_text=mapping.search_text(location.name, location.address, location.city, _operator(location)),
        tariff_id=price.tariff_id,
        energy_price=price.energy_price,
        currency=price.currency,
        price_valid_until=price.valid_until,
    )


def _operator(location: Location) -> str:
    operator = location.raw.get("operator")
    name = operator.get("name") if isinstance(operator, dict) else None
    return f"{name} {location.party.name}" if isinstance(name, str) else location.party.name
