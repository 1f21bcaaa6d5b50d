"""Boxes hold their circles, and the bound in metres never promises too much."""

from math import asin, cos, hypot, radians, sin, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalog.geography import EARTH_RADIUS_M, least_distance_m, windows

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def metres(latitude, longitude, other_latitude, other_longitude):
    north, east = radians(other_latitude - latitude), radians(other_longitude - longitude)
    half = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def boxes_with(found, latitude, longitude):
    return [w for w in found if w.south <= latitude <= w.north and w.west <= longitude <= w.east]


@given(latitudes, longitudes, latitudes, longitudes, st.floats(0, 21_000_000))
def test_every_place_in_the_circle_is_in_exactly_one_box(latitude, longitude, north, east, radius_m):
    assume(metres(latitude, longitude, north, east) < radius_m * 0.999999)

    (box,) = boxes_with(windows(latitude, longitude, radius_m), north, east)

    assert abs(east - box.centre_longitude) <= 180.000001


@given(latitudes, longitudes, st.floats(0, 6.28), st.floats(0, 0.5), st.floats(1, 50_000))
def test_places_near_the_centre_too(latitude, longitude, angle, share, radius_m):
    other_latitude = latitude + share * radius_m / 111_320 * sin(angle)
    other_longitude = longitude + share * radius_m / 111_320 * cos(angle)
    assume(abs(other_latitude) <= 90 and abs(other_longitude) <= 180)

    assert len(boxes_with(windows(latitude, longitude, radius_m), other_latitude, other_longitude)) == 1


@given(latitudes, latitudes, st.floats(-180, 180), st.floats(0, 1))
def test_nothing_that_far_in_degrees_is_nearer_than_the_bound(latitude, other_latitude, east, share):
    degrees_away = hypot(other_latitude - latitude, east) * share

    distance_m = metres(latitude, 0, other_latitude, east)

    assert distance_m >= least_distance_m(latitude, degrees_away) * 0.999999 - 0.001


@pytest.mark.parametrize(
    ("latitude", "degrees_away", "lowest", "highest"),
    [
        (0, 0.1, 11_100, 11_120),
        (28.6, 0.1, 9_700, 9_770),
        (60, 0.1, 5_500, 5_560),
        (90, 5, 0, 0),
        (28.6, 0, 0, 0),
    ],
)
def test_the_bound_is_close_to_the_true_distance(latitude, degrees_away, lowest, highest):
    assert lowest <= least_distance_m(latitude, degrees_away) <= highest
