"""Rows for the catalogue's tests: a CPO with stations and tariffs as ingest stores them, and their offers."""

from datetime import UTC, datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from catalog.models import Offer
from catalog.services import offers
from ocpi.models import Connection, Connector, Evse, Location, Party, Tariff, TariffVersion

STAMP = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class ConnectionFactory(DjangoModelFactory):
    class Meta:
        model = Connection

    name = factory.Sequence(lambda n: f"Platform {n}")
    status = "REGISTERED"


class PartyFactory(DjangoModelFactory):
    class Meta:
        model = Party

    connection = factory.SubFactory(ConnectionFactory)
    country_code = "IN"
    party_id = factory.Sequence(lambda n: f"{n % 1000:03d}")
    name = factory.Sequence(lambda n: f"Charging Company {n}")
    provider_id = factory.Sequence(lambda n: f"cpo{n}.example")


class LocationFactory(DjangoModelFactory):
    class Meta:
        model = Location

    party = factory.SubFactory(PartyFactory)
    ocpi_id = factory.Sequence(lambda n: f"LOC-{n:04d}")
    key = factory.LazyAttribute(lambda location: location.ocpi_id.casefold())
    name = factory.Sequence(lambda n: f"Station {n}")
    address = "1 Ring Road"
    city = "Delhi"
    postal_code = "110001"
    country = "IND"
    latitude = Decimal("28.5503906")
    longitude = Decimal("77.2584309")
    time_zone = "Asia/Kolkata"
    last_updated = STAMP
    seen_at = STAMP


class EvseFactory(DjangoModelFactory):
    class Meta:
        model = Evse

    location = factory.SubFactory(LocationFactory)
    uid = factory.Sequence(lambda n: f"EVSE-{n:05d}")
    key = factory.LazyAttribute(lambda evse: evse.uid.casefold())
    evse_id = factory.LazyAttribute(lambda evse: f"IN*TST*{evse.uid}")
    status = "AVAILABLE"
    physical_reference = "Bay 1"
    capabilities = factory.LazyFunction(lambda: ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"])
    last_updated = STAMP


class ConnectorFactory(DjangoModelFactory):
    """A CCS2 connector of 30 kW."""

    class Meta:
        model = Connector

    evse = factory.SubFactory(EvseFactory)
    ocpi_id = factory.Sequence(lambda n: str(n + 1))
    key = factory.LazyAttribute(lambda connector: connector.ocpi_id.casefold())
    standard = "IEC_62196_T2_COMBO"
    format = "CABLE"
    power_type = "DC"
    max_voltage_v = 500
    max_amperage_a = 60
    max_electric_power_w = 30000
    last_updated = STAMP


class TariffFactory(DjangoModelFactory):
    """A tariff and its first version: `energy` per kWh, or whatever OCPI members `content` holds."""

    class Meta:
        model = Tariff
        skip_postgeneration_save = True

    class Params:
        energy = "18"
        content = factory.LazyFunction(dict)

    party = factory.SubFactory(PartyFactory)
    ocpi_id = factory.Sequence(lambda n: f"T-{n}")
    key = factory.LazyAttribute(lambda tariff: tariff.ocpi_id.casefold())
    currency = "INR"
    raw = factory.LazyAttribute(
        lambda o: (
            {
                "id": o.ocpi_id,
                "currency": o.currency,
                "elements": [{"price_components": [component("ENERGY", o.energy)]}],
            }
            | o.content
        )
    )
    last_updated = STAMP
    received_at = STAMP

    @factory.post_generation
    def version(self, create, extracted, **kwargs):
        if create:
            TariffVersion.objects.create(
                tariff=self,
                number=1,
                raw=self.raw,
                last_updated=self.last_updated,
                received_at=self.received_at,
            )


def component(kind, price, *, vat=None, step_size=1):
    """A PriceComponent as it stands in Tariff.raw, numbers as Decimal."""
    made = {"type": kind, "price": Decimal(str(price)), "step_size": step_size}
    return made if vat is None else made | {"vat": Decimal(str(vat))}


def elements(*components, restrictions=None):
    """`content` for a TariffFactory with one element."""
    element = {"price_components": list(components)}
    return {"elements": [element if restrictions is None else element | {"restrictions": restrictions}]}


class OfferFactory(DjangoModelFactory):
    """An offer as it stands in the table, with the rows below it, without going through refresh."""

    class Meta:
        model = Offer

    connector = factory.SubFactory(ConnectorFactory)
    evse = factory.SelfAttribute("connector.evse")
    location = factory.SelfAttribute("evse.location")
    party = factory.SelfAttribute("location.party")
    fulfillment_id = factory.LazyAttribute(lambda offer: f"evse-{offer.evse.pk}")
    point = factory.LazyAttribute(lambda offer: (offer.location.latitude, offer.location.longitude))
    status = factory.SelfAttribute("evse.status")
    location_ocpi_id = factory.SelfAttribute("location.ocpi_id")
    location_name = factory.SelfAttribute("location.name")
    address = factory.SelfAttribute("location.address")
    city = factory.SelfAttribute("location.city")
    time_zone = factory.SelfAttribute("location.time_zone")
    name = "Bay 1"
    connector_ocpi_id = factory.SelfAttribute("connector.ocpi_id")
    connector_standard = factory.SelfAttribute("connector.standard")
    power_type = factory.SelfAttribute("connector.power_type")
    power_w = factory.SelfAttribute("connector.max_electric_power_w")
    search_text = factory.LazyAttribute(lambda o: f"{o.location_name} {o.address} {o.city}".casefold())


def refreshed(connector):
    """The offer of a connector after a refresh of its location."""
    offers.refresh([connector.evse.location_id])
    return Offer.objects.get(connector=connector)


def station(**over):
    """A connector with a tariff of 18 INR/kWh."""
    location = over.pop("location", None) or LocationFactory()
    tariff = TariffFactory(party=location.party, **over.pop("tariff", {}))
    evse = over.pop("evse", None) or EvseFactory(location=location)
    return ConnectorFactory(evse=evse, tariff_ids=[tariff.ocpi_id], **over)
