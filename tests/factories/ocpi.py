"""Peers with their tokens and CPOs, and OCPI objects as CPOs send them."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from emsp.core.crypto import token_hash
from ocpi.models import Connection, IncomingToken, Party, Token

BASE = "https://cpo.example/ocpi/cpo"
MODULES = (
    ("credentials", "SENDER"), ("locations", "SENDER"), ("tariffs", "SENDER"), ("sessions", "SENDER"),
    ("cdrs", "SENDER"), ("tokens", "RECEIVER"), ("commands", "RECEIVER"),
)


def endpoints(modules=MODULES) -> list[dict[str, str]]:
    """Endpoints of a CPO, as in version details."""
    return [{"identifier": name, "role": role, "url": f"{BASE}/2.2.1/{name}"} for name, role in modules]


class PeerFactory(DjangoModelFactory):
    """A registered connection."""

    class Meta:
        model = Connection

    name = factory.Sequence(lambda n: f"Peer {n}")
    status = "REGISTERED"
    versions_url = f"{BASE}/versions"
    endpoints = factory.LazyFunction(endpoints)
    outgoing_token = "token-that-we-send-0123456789"


class CpoFactory(DjangoModelFactory):
    """A CPO on a connection of its own."""

    class Meta:
        model = Party

    connection = factory.SubFactory(PeerFactory)
    country_code = "IN"
    party_id = "CPA"
    name = "Charging Company"
    provider_id = factory.Sequence(lambda n: f"company{n}.example")


class IncomingTokenFactory(DjangoModelFactory):
    """A token that peers may come with; `text` is the token itself."""

    class Meta:
        model = IncomingToken

    class Params:
        text = "token-that-they-send-0123456789"

    connection = factory.SubFactory(PeerFactory)
    kind = "LIVE"
    token_hash = factory.LazyAttribute(lambda token: token_hash(token.text))


class TokenFactory(DjangoModelFactory):
    """A driver's token."""

    class Meta:
        model = Token

    uid = factory.Sequence(lambda n: f"A1B2C3D4E5F6{n:08d}")
    contract_id = factory.Sequence(lambda n: f"IN-EMS-C{n:08d}")
    issuer = "Example eMSP"
    last_updated = datetime(2026, 3, 1, 9, tzinfo=UTC)


_CONNECTOR = {
    "id": "1", "standard": "IEC_62196_T2_COMBO", "format": "CABLE", "power_type": "DC", "max_voltage": 500,
    "max_amperage": 120, "max_electric_power": 60000, "tariff_ids": ["T-1"],
    "last_updated": "2026-03-01T08:00:00Z",
}
_EVSE = {
    "uid": "EVSE-1", "evse_id": "IN*CPA*E001", "status": "AVAILABLE",
    "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"], "physical_reference": "Bay 1",
    "last_updated": "2026-03-01T08:00:00Z",
}
_LOCATION = {
    "country_code": "IN", "party_id": "CPA", "id": "LOC-1", "publish": True, "name": "Connaught Place",
    "address": "1 Example Road", "city": "New Delhi", "postal_code": "110001", "state": "Delhi",
    "country": "IND", "coordinates": {"latitude": "28.630400", "longitude": "77.217700"},
    "time_zone": "Asia/Kolkata", "last_updated": "2026-03-01T08:00:00Z",
}
_TARIFF = {
    "country_code": "IN", "party_id": "CPA", "id": "T-1", "currency": "INR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 18, "vat": 18, "step_size": 1}]}],
    "last_updated": "2026-03-01T08:00:00Z",
}
_CDR_TOKEN = {
    "country_code": "IN", "party_id": "EMS", "uid": "A1B2C3D4E5F60718", "type": "APP_USER",
    "contract_id": "IN-EMS-C00000042",
}
_SESSION = {
    "country_code": "IN", "party_id": "CPA", "id": "S-1", "start_date_time": "2026-03-01T09:16:10Z", "kwh": 0,
    "cdr_token": _CDR_TOKEN, "auth_method": "COMMAND",
    "authorization_reference": "7b6f1e0c-9d1a-4f26-8f0e-0d2b1a3c4e5f", "location_id": "LOC-1",
    "evse_uid": "EVSE-1", "connector_id": "1", "currency": "INR", "status": "PENDING",
    "last_updated": "2026-03-01T09:16:10Z",
}
_CDR = {
    "country_code": "IN", "party_id": "CPA", "id": "CDR-1", "start_date_time": "2026-03-01T09:16:10Z",
    "end_date_time": "2026-03-01T10:01:10Z", "session_id": "S-1", "cdr_token": _CDR_TOKEN,
    "auth_method": "COMMAND", "authorization_reference": "7b6f1e0c-9d1a-4f26-8f0e-0d2b1a3c4e5f",
    "cdr_location": {
        "id": "LOC-1", "address": "1 Example Road", "city": "New Delhi", "country": "IND",
        "coordinates": {"latitude": "28.630400", "longitude": "77.217700"}, "evse_uid": "EVSE-1",
        "evse_id": "IN*CPA*E001", "connector_id": "1", "connector_standard": "IEC_62196_T2_COMBO",
        "connector_format": "CABLE", "connector_power_type": "DC",
    },
    "currency": "INR", "tariffs": [_TARIFF],
    "charging_periods": [{
        "start_date_time": "2026-03-01T09:16:10Z", "tariff_id": "T-1",
        "dimensions": [{"type": "ENERGY", "volume": 10.5}, {"type": "TIME", "volume": 0.75}],
    }],
    "total_cost": {"excl_vat": 189, "incl_vat": 223.02}, "total_energy": 10.5, "total_time": 0.75,
    "last_updated": "2026-03-01T10:05:00Z",
}


def _body(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of base with these members; None takes one out."""
    return {name: value for name, value in (deepcopy(base) | changes).items() if value is not None}


def connector_body(**changes: Any) -> dict[str, Any]:
    """An OCPI Connector."""
    return _body(_CONNECTOR, changes)


def evse_body(**changes: Any) -> dict[str, Any]:
    """An OCPI EVSE with one connector."""
    return _body(_EVSE | {"connectors": [connector_body()]}, changes)


def location_body(**changes: Any) -> dict[str, Any]:
    """An OCPI Location with one EVSE."""
    return _body(_LOCATION | {"evses": [evse_body()]}, changes)


def tariff_body(**changes: Any) -> dict[str, Any]:
    """An OCPI Tariff: 18 per kWh and 18 % VAT."""
    return _body(_TARIFF, changes)


def session_body(**changes: Any) -> dict[str, Any]:
    """An OCPI Session that has not started."""
    return _body(_SESSION, changes)


def cdr_body(**changes: Any) -> dict[str, Any]:
    """An OCPI CDR of 10.5 kWh."""
    return _body(_CDR, changes)
