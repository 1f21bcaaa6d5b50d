"""Reservations: used, expired, and known to have expired only from what is missing."""

import pytest

from catalog.pricing import price_facts, price_periods
from tests.catalog.pricing import at, component, element, facts, money, period, segment, sides, tariff

RESERVED = period(0, RESERVATION_TIME="0.3667")  # 22 min
CHARGED = period(22, ENERGY=20, TIME=1)
LIMITS = {"min_price": {"excl_vat": 50, "incl_vat": 60}}


def of(*expiry, **members):
    return tariff(
        element(*expiry, reservation="RESERVATION_EXPIRES"),
        element(component("FLAT", 2, vat=20), component("TIME", 3, 600, vat=20), reservation="RESERVATION"),
        element(component("FLAT", 0.5, vat=20), component("ENERGY", 0.25, vat=10), component("TIME", 0)),
        **members,
    )


EXPIRY_TIME = of(component("TIME", 6, 600, vat=20))
EXPIRY_FEE = of(component("FLAT", 4, vat=20))


def price(tariff_, *periods, end, **options):
    return price_periods(tariff_, periods, time_zone="UTC", end=at(end), **options)


@pytest.mark.parametrize("expired", [None, False])
def test_a_used_reservation(expired):
    """22 min become 30 at 3/h, and the fee of the reservation; the rest is the session."""
    priced = price(EXPIRY_FEE, RESERVED, CHARGED, end=82, reservation_expired=expired)
    assert sides(priced.reservation) == money("3.5", "4.2")
    assert sides(priced.fixed) == money("0.5", "0.6")
    assert sides(priced.total) == money("9", "10.3")
    assert priced.billed["reservation_s"] == 1800
    assert [item.dimension for item in priced.items] == [
        "RESERVATION_FLAT",
        "RESERVATION_TIME",
        "FLAT",
        "ENERGY",
        "TIME",
    ]


@pytest.mark.parametrize("expired", [None, True])
def test_an_expired_reservation_with_a_fee_on_top(expired):
    priced = price(EXPIRY_FEE, RESERVED, end=22, reservation_expired=expired)
    assert sides(priced.total) == sides(priced.reservation) == money("7.5", "9")
    assert sides(priced.fixed) == money("0", "0")


def test_the_time_of_an_expired_reservation_replaces_that_of_the_reservation():
    priced = price(EXPIRY_TIME, RESERVED, end=22)
    assert sides(priced.total) == money("5", "6")
    assert [(item.dimension, item.element) for item in priced.items] == [
        ("RESERVATION_FLAT", 1),
        ("RESERVATION_TIME", 0),
    ]


def test_a_reservation_cancelled_in_time_is_not_expired():
    priced = price(EXPIRY_TIME, RESERVED, end=22, reservation_expired=False)
    assert sides(priced.total) == money("3.5", "4.2")


def test_min_price_does_not_apply_to_an_expired_reservation():
    priced = price(of(component("FLAT", 4, vat=20), **LIMITS), RESERVED, end=22)
    assert sides(priced.total) == money("7.5", "9")
    sentence = "min_price and max_price do not apply to a reservation that expired without charging."
    assert sentence in priced.explanation
    used = price(of(component("FLAT", 4, vat=20), **LIMITS), RESERVED, CHARGED, end=82)
    assert sides(used.total) == money("50", "60")


def test_elements_of_reservations_never_price_charging_and_the_reverse():
    only = tariff(element(component("TIME", 5), reservation="RESERVATION"))
    assert sides(price(only, CHARGED, end=82).total) == money("0", "0")
    charging = tariff(element(component("TIME", 5), component("FLAT", 1)))
    assert sides(price(charging, RESERVED, end=22).total) == money("0", "0")


def test_the_session_begins_after_the_reservation():
    """max_duration counts from the start of charging; for the reservation, from its own start."""
    limited = tariff(
        element(component("TIME", 0, 0), reservation="RESERVATION", max_duration=600),
        element(component("TIME", 60, 0), reservation="RESERVATION"),
        element(component("ENERGY", 1), max_duration=1200),
        element(component("ENERGY", 9)),
    )
    reserved = {"start": at(0).isoformat(), "end": at(22).isoformat(), "expired": False}
    cut = [
        period(0, RESERVATION_TIME="0.1667"),
        period(10, RESERVATION_TIME="0.2"),
        period(22, ENERGY=2, TIME="0.3333"),
        period(42, ENERGY=1, TIME="0.1667"),
    ]
    for priced in (
        price_facts(limited, facts(segment(at(22), at(52), 3), reservation=reserved)),
        price(limited, *cut, end=52),
    ):
        assert sides(priced.reservation) == money("12", "12")
        assert sides(priced.energy) == money("11", "11")


def test_a_reservation_of_facts_expires_when_nothing_followed():
    reserved = {"start": at(0).isoformat(), "end": at(30).isoformat()}
    assert sides(price_facts(EXPIRY_TIME, facts(reservation=reserved)).total) == money("5", "6")


def test_a_zero_reservation_time_beside_charging_is_no_reservation():
    priced = price(EXPIRY_FEE, period(0, ENERGY=20, TIME=1, RESERVATION_TIME=0), end=60)
    assert sides(priced.reservation) == money("0", "0")
    assert sides(priced.total) == money("5.5", "6.1")
    idle = price(EXPIRY_FEE, period(0, ENERGY=0, TIME=0, RESERVATION_TIME=0), end=60)
    assert sides(idle.total) == sides(idle.fixed) == money("0.5", "0.6")


def test_a_reservation_used_at_once_has_its_fee():
    priced = price(EXPIRY_FEE, period(0, RESERVATION_TIME=0), period(0, ENERGY=20), end=60)
    assert sides(priced.reservation) == money("2", "2.4")
    assert sides(priced.total) == money("7.5", "8.5")


def test_what_a_reservation_cannot_have_is_not_used():
    odd = tariff(
        element(component("ENERGY", 5), component("TIME", 6, 0), reservation="RESERVATION"),
        element(component("TIME", 9), reservation="RESERVATION_MOVED"),
    )
    priced = price(odd, period(0, RESERVATION_TIME=1), end=60)
    assert sides(priced.total) == money("6", "6")
    assert priced.explanation[:2] == [
        "elements[0].price_components[0]: ENERGY cannot price a reservation, it is not used.",
        "elements[1].price_components[0]: reservation 'RESERVATION_MOVED' is unknown, the element is not used.",
    ]
