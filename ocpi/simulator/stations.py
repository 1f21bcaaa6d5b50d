"""The stations of the simulated operator, from the table of places; the same at every start."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from emsp.core.wire import moment_text
from ocpi.simulator.places import BENGALURU, DELHI, Place
from ocpi.simulator.values import Json

FIRST_UPDATED_AT = datetime(2026, 1, 10, 6, 0, tzinfo=UTC)


class Plug(NamedTuple):
    """A kind of connector: voltage in V (line to neutral for AC), current in A, power_w it can deliver."""

    standard: str
    format: str
    power_type: str
    voltage: int
    current: int
    power_w: int


AC_7 = Plug("IEC_62196_T2", "SOCKET", "AC_1_PHASE", 230, 32, 7_400)
AC_22 = Plug("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 32, 22_000)
CCS_30 = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 500, 75, 30_000)
CCS_60 = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 750, 150, 60_000)
CCS_120 = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 1000, 250, 120_000)
CCS_150 = Plug("IEC_62196_T2_COMBO", "CABLE", "DC", 1000, 300, 150_000)
CHADEMO_50 = Plug("CHADEMO", "CABLE", "DC", 500, 125, 50_000)
BHARAT_AC = Plug("IEC_60309_2_single_16", "SOCKET", "AC_1_PHASE", 230, 15, 3_300)
BHARAT_DC = Plug("GBT_DC", "CABLE", "DC", 100, 150, 15_000)

EQUIPMENT: dict[str, tuple[tuple[tuple[Plug, ...], str], ...]] = {
    # kind of place: per EVSE its connectors and its tariff
    "street": (((AC_7,), "AC-FLAT"), ((AC_7,), "AC-FLAT"), ((CCS_30,), "START-FEE")),
    "metro": (
        ((BHARAT_AC,), "PER-HOUR"),
        ((BHARAT_AC,), "PER-HOUR"),
        ((BHARAT_DC,), "DC-FLAT"),
        ((CCS_30,), "DC-FLAT"),
    ),
    "office": (((AC_7,), "AC-FLAT"), ((AC_7,), "AC-FLAT"), ((AC_22,), "AC-FLAT"), ((CCS_60,), "DAY-NIGHT")),
    "mall": (((AC_22,), "PARKING"), ((AC_22,), "PARKING"), ((CCS_60,), "PARKING")),
    "hub": (
        ((CCS_60, CHADEMO_50), "DAY-NIGHT"),
        ((CCS_60, CHADEMO_50), "DAY-NIGHT"),
        ((CCS_120,), "DC-FLAT"),
    ),
    "highway": (((CCS_120,), "RESERVATION"), ((CCS_150,), "RESERVATION"), ((CCS_150,), "DC-FLAT")),
    "depot": (((CCS_60,), "DAY-NIGHT"), ((CCS_60,), "DAY-NIGHT"), ((BHARAT_DC,), "DC-FLAT")),
    "fleet": (((AC_7,), "AC-FLAT"), ((CCS_30,), "DC-FLAT")),
}
PARKING_TYPE = {"street": "ON_STREET", "mall": "UNDERGROUND_GARAGE", "highway": "ALONG_MOTORWAY"}
GREEN_KINDS = ("office", "hub")
WORN = {  # what is out of order or in the way, as in every real network
    ("DEL", 5, 2): "OUTOFORDER",
    ("DEL", 18, 1): "INOPERATIVE",
    ("DEL", 23, 3): "BLOCKED",
    ("BLR", 11, 1): "OUTOFORDER",
    ("BLR", 24, 2): "INOPERATIVE",
    ("BLR", 30, 3): "PLANNED",
}
RFID_ONLY_KINDS = ("depot",)


class Site(NamedTuple):
    """A place with the numbers its ids are made of."""

    country_code: str
    party_id: str
    code: str
    number: int
    place: Place
    updated: str


def generated(country_code: str, party_id: str, operator: str) -> list[Json]:
    """All locations, in a fixed order with fixed ids. Source: OCPI 2.2.1, mod_locations, Location object."""
    made: list[Json] = []
    for code, city, state, places in (
        ("DEL", "Delhi", "Delhi", DELHI),
        ("BLR", "Bengaluru", "Karnataka", BENGALURU),
    ):
        for number, place in enumerate(places, start=1):
            updated = moment_text(FIRST_UPDATED_AT + timedelta(hours=len(made)))
            site = Site(country_code, party_id, code, number, place, updated)
            made.append({**_location(site), "city": city, "state": state, "operator": {"name": operator}})
    return made


def _location(site: Site) -> Json:
    place = site.place
    location: Json = {
        "country_code": site.country_code,
        "party_id": site.party_id,
        "id": f"{site.party_id}-{site.code}-{site.number:03}",
        "publish": place.kind != "fleet",
        "name": f"{place.name} {_TITLES[place.kind]}",
        "address": place.address,
        "postal_code": place.postal_code,
        "country": "IND",
        "coordinates": {"latitude": place.latitude, "longitude": place.longitude},
        "parking_type": PARKING_TYPE.get(place.kind, "PARKING_LOT"),
        "facilities": ["PARKING_LOT", *place.facilities.split()],
        "time_zone": "Asia/Kolkata",
        "opening_times": _opening_times(place.kind),
        "evses": [
            _evse(site, index, plugs, tariff_id)
            for index, (plugs, tariff_id) in enumerate(EQUIPMENT[place.kind], start=1)
        ],
        "last_updated": site.updated,
    }
    if place.kind in GREEN_KINDS:
        sources = [{"source": "SOLAR", "percentage": 70}, {"source": "WIND", "percentage": 30}]
        location["energy_mix"] = {"is_green_energy": True, "energy_sources": sources}
    return location


_TITLES = {
    "street": "Kerbside",
    "metro": "Park and Charge",
    "office": "Business Park",
    "mall": "Mall Parking",
    "hub": "Fast Charging Hub",
    "highway": "Highway Plaza",
    "depot": "Depot",
    "fleet": "Fleet Yard",
}


def _opening_times(kind: str) -> Json:
    if kind != "mall":
        return {"twentyfourseven": True}
    hours = [{"weekday": day, "period_begin": "09:00", "period_end": "23:00"} for day in range(1, 8)]
    return {"twentyfourseven": False, "regular_hours": hours}


def _evse(site: Site, index: int, plugs: tuple[Plug, ...], tariff_id: str) -> Json:
    evse: Json = {
        "uid": f"{site.party_id}-{site.code}-{site.number:03}-{index}",
        "evse_id": f"{site.country_code}*{site.party_id}*E{site.code}{site.number:03}*{index}",
        "status": WORN.get((site.code, site.number, index), "AVAILABLE"),
        "capabilities": _capabilities(site.place.kind, plugs),
        "physical_reference": f"Bay {index}",
        "connectors": [
            _connector(position, plug, tariff_id, site.updated)
            for position, plug in enumerate(plugs, start=1)
        ],
        "last_updated": site.updated,
    }
    return {**evse, "floor_level": "-1"} if site.place.kind == "mall" else evse


def _capabilities(kind: str, plugs: tuple[Plug, ...]) -> list[str]:
    if kind in RFID_ONLY_KINDS:
        return ["RFID_READER"]
    remote = ["REMOTE_START_STOP_CAPABLE", "RFID_READER", "UNLOCK_CAPABLE"]
    return remote if plugs == (BHARAT_AC,) else ["RESERVABLE", *remote]


def _connector(position: int, plug: Plug, tariff_id: str, updated: str) -> Json:
    return {
        "id": str(position),
        "standard": plug.standard,
        "format": plug.format,
        "power_type": plug.power_type,
        "max_voltage": plug.voltage,
        "max_amperage": plug.current,
        "max_electric_power": plug.power_w,
        "tariff_ids": [tariff_id],
        "last_updated": updated,
    }
