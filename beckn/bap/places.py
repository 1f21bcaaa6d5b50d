"""Places to start a search from, and distances. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0088


@dataclass(frozen=True)
class Point:
    """A position in decimal degrees, WGS 84."""

    latitude: Decimal
    longitude: Decimal

    @property
    def gps(self) -> str:
        """As Beckn writes it: six decimals, a comma, no blank. Source: beckn.md a.4."""
        return f"{self.latitude:.6f},{self.longitude:.6f}"


@dataclass(frozen=True)
class Place:
    """A named point. city_code is the telephone code Beckn's context uses for a city."""

    key: str
    name: str
    city: str
    city_code: str
    point: Point


def _place(key: str, name: str, city: str, city_code: str, latitude: str, longitude: str) -> Place:
    return Place(key, name, city, city_code, Point(Decimal(latitude), Decimal(longitude)))


PLACES = (
    _place("connaught-place", "Connaught Place", "Delhi", "std:011", "28.630400", "77.217700"),
    _place("saket", "Saket", "Delhi", "std:011", "28.524400", "77.206600"),
    _place("dwarka", "Dwarka", "Delhi", "std:011", "28.582300", "77.050000"),
    _place("nehru-place", "Nehru Place", "Delhi", "std:011", "28.549500", "77.250400"),
    _place("aerocity", "Aerocity", "Delhi", "std:011", "28.548900", "77.121200"),
    _place("mg-road", "MG Road", "Bengaluru", "std:080", "12.975600", "77.606800"),
    _place("indiranagar", "Indiranagar", "Bengaluru", "std:080", "12.978400", "77.640800"),
    _place("whitefield", "Whitefield", "Bengaluru", "std:080", "12.969800", "77.750000"),
    _place("koramangala", "Koramangala", "Bengaluru", "std:080", "12.935200", "77.624500"),
    _place("electronic-city", "Electronic City", "Bengaluru", "std:080", "12.845200", "77.660200"),
)
BY_KEY = {place.key: place for place in PLACES}


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance in km."""
    lat1, lat2 = radians(one.latitude), radians(other.latitude)
    north = lat2 - lat1
    east = radians(other.longitude) - radians(one.longitude)
    half = sin(north / 2) ** 2 + cos(lat1) * cos(lat2) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def nearest(point: Point) -> Place:
    """The named place closest to point: gives a free position its city code."""
    return min(PLACES, key=lambda place: distance_km(place.point, point))


def point_of(gps: object) -> Point | None:
    """A Beckn gps text as a point; None when it is not one, or not on Earth."""
    if not isinstance(gps, str):
        return None
    try:
        latitude, longitude = (Decimal(part.strip()) for part in gps.split(","))
        on_earth = abs(latitude) <= 90 and abs(longitude) <= 180
    except (ValueError, ArithmeticError):  # ArithmeticError: not a number, or NaN compared
        return None
    return Point(latitude, longitude) if on_earth else None
