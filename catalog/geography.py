"""Circles on the globe as boxes of degrees, and what order in degrees says about order in metres. Pure."""

from dataclasses import dataclass
from math import asin, cos, degrees, inf, nextafter, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8
HALF_CIRCUMFERENCE_M = 20_015_115
# Degrees added to each side, so that rounding of floats never leaves out a point on the edge.
MARGIN = 1e-9


@dataclass(frozen=True)
class Window:
    """A box in degrees, and the longitude to measure from: beyond ±180 for what lies behind that line."""

    centre_longitude: float
    south: float
    north: float
    west: float
    east: float


def windows(latitude: float, longitude: float, radius_m: float) -> list[Window]:
    """The boxes that hold every point within radius_m of a place, without overlap.

    One box; two where the circle crosses the 180th meridian, two halves of the globe where it holds a pole.
    In its window no point is more than 180 degrees of longitude from the centre.
    """
    angle = min(max(radius_m, 0.0), HALF_CIRCUMFERENCE_M) / EARTH_RADIUS_M
    south = max(latitude - degrees(angle) - MARGIN, -90.0)
    north = min(latitude + degrees(angle) + MARGIN, 90.0)
    half_width = 180.0
    if south > -90 and north < 90:
        half_width = degrees(asin(min(sin(angle) / cos(radians(latitude)), 1.0))) + MARGIN
    west, east = longitude - half_width, longitude + half_width
    if west < -180:
        return [
            Window(longitude, south, north, -180.0, east),
            Window(longitude + 360, south, north, nextafter(west + 360, inf), 180.0),
        ]
    if east > 180:
        return [
            Window(longitude, south, north, west, 180.0),
            Window(longitude - 360, south, north, -180.0, nextafter(east - 360, -inf)),
        ]
    return [Window(longitude, south, north, west, east)]


def least_distance_m(latitude: float, distance_degrees: float) -> float:
    """A lower bound in metres for every place at least distance_degrees from one at this latitude.

    distance_degrees is that of plane geometry over (longitude, latitude), in which the index orders.
    The way to such a place crosses the circle of any smaller radius r in degrees. On that circle
    hav(d) = hav(Δφ) + cos φ cos φ' hav(Δλ) ≥ cos φ cos φ' (hav(Δφ) + hav(Δλ)), where |φ'| ≤ |φ| + r and
    sin(x) ≥ x · sin(r/2) / (r/2) for x up to r/2; the best r is looked for in sixteen steps.
    """
    reach = min(distance_degrees, 90.0 - abs(latitude))
    return max(_bound_m(abs(latitude), reach * step / 16) for step in range(1, 17)) if reach > 0 else 0.0


def _bound_m(latitude: float, radius_degrees: float) -> float:
    radius = radians(radius_degrees)
    shrink = sqrt(cos(radians(latitude)) * max(cos(radians(latitude) + radius), 0.0))
    bend = sin(radius / 2) / (radius / 2) if radius > MARGIN else 1.0
    return 2 * EARTH_RADIUS_M * asin(min(shrink * bend * radius / 2, 1.0))
