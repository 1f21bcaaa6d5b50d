"""What holds for every tariff and session."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.pricing import TariffError, price_case, price_facts, price_periods
from tests.catalog.pricing import at, component, element, facts, period, segment, tariff

bounded = settings(max_examples=200, derandomize=True, deadline=None, database=None)


def amounts(low, high):
    return st.integers(low * 10000, high * 10000).map(lambda units: Decimal(units) / 10000)


PRICES = amounts(0, 5)
VATS = st.none() | amounts(0, 30)
STEPS = st.sampled_from([0, 1, 25, 300, 1000])
CLOCKS = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
RESTRICTIONS = st.fixed_dictionaries(
    {},
    optional={
        "start_time": CLOCKS,
        "end_time": CLOCKS,
        "max_kwh": amounts(0, 40),
        "min_kwh": amounts(0, 40),
        "min_duration": st.integers(0, 20000),
        "max_duration": st.integers(0, 20000),
        "max_power": amounts(0, 50),
        "day_of_week": st.lists(st.sampled_from(["MONDAY", "TUESDAY", "SUNDAY"]), max_size=2),
    },
)
COMPONENTS = st.builds(
    component, st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]), PRICES, STEPS, vat=VATS
)
ELEMENTS = st.builds(
    lambda listed, restrictions: element(*listed, **restrictions),
    st.lists(COMPONENTS, min_size=1, max_size=4),
    RESTRICTIONS,
)
TARIFFS = st.lists(ELEMENTS, min_size=1, max_size=4).map(lambda listed: tariff(*listed))
SESSIONS = st.tuples(st.integers(0, 2000), st.integers(1, 600), amounts(0, 60), st.integers(0, 300))


def happened(session):
    start, charging, kwh, parking = session
    charged = segment(at(start), at(start + charging), kwh, min_power=11, max_power=11)
    return facts(charged, segment(at(start + charging), at(start + charging + parking)))


@bounded
@given(TARIFFS, SESSIONS)
def test_items_and_adjustment_add_up_to_the_total_and_to_their_groups(of, session):
    of = {**of, "min_price": {"excl_vat": 3, "incl_vat": 4}, "max_price": {"excl_vat": 40, "incl_vat": 50}}
    priced = price_facts(of, happened(session))
    for side in ("excl_vat", "incl_vat"):
        total, added = getattr(priced.total, side), getattr(priced.adjustment, side)
        assert sum((getattr(item.amount, side) for item in priced.items), Decimal(0)) + added == total
        groups = (priced.energy, priced.time, priced.parking, priced.reservation, priced.fixed)
        assert sum(getattr(group, side) for group in groups) + added == total


@bounded
@given(TARIFFS, SESSIONS, amounts(0, 20), amounts(0, 20))
def test_the_total_lies_between_min_price_and_max_price(of, session, low, more):
    free = price_facts(of, happened(session)).total
    for side, other in (("excl_vat", "incl_vat"), ("incl_vat", "excl_vat")):
        limits = {"min_price": {side: low}, "max_price": {side: low + more}}
        total = price_facts({**of, **limits}, happened(session)).total
        assert getattr(total, side) == min(max(getattr(free, side), low), low + more)
        assert getattr(total, other) == getattr(free, other)


@bounded
@given(
    st.lists(COMPONENTS, min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 90), amounts(0, 20)), min_size=1, max_size=5),
    st.integers(0, 4),
    st.integers(1, 89),
)
def test_splitting_a_period_changes_no_unrestricted_price(components, charged, which, cut):
    of = tariff(element(*components))
    periods, split, minute = [], [], 0
    for place, (minutes, kwh) in enumerate(charged):
        whole = period(minute, ENERGY=kwh, TIME=Decimal(minutes) / 60)
        periods.append(whole)
        if place == which and cut < minutes:
            part = (kwh / 3).quantize(Decimal("0.0001"))
            split.append(period(minute, ENERGY=part, TIME=Decimal(cut) / 60))
            split.append(period(minute + cut, ENERGY=kwh - part, TIME=Decimal(minutes - cut) / 60))
        else:
            split.append(whole)
        minute += minutes
    one, other = (price_periods(of, each, time_zone="UTC", end=at(minute)) for each in (periods, split))
    assert one.total == other.total
    assert one.billed == other.billed


@bounded
@given(st.lists(COMPONENTS, min_size=1, max_size=4), amounts(0, 50), amounts(0, 50))
def test_more_energy_never_costs_less(components, kwh, more):
    of = tariff(element(*components))
    less, greater = (
        price_periods(of, [period(0, ENERGY=energy, TIME=1)], time_zone="UTC") for energy in (kwh, kwh + more)
    )
    assert less.total.excl_vat <= greater.total.excl_vat
    assert less.total.incl_vat <= greater.total.incl_vat


@bounded
@given(TARIFFS, SESSIONS)
def test_billed_is_never_less_than_used_and_less_than_a_step_more(of, session):
    priced = price_facts(of, happened(session))
    used = {"ENERGY": Decimal(0), "TIME": Decimal(0), "PARKING_TIME": Decimal(0)}
    for item in priced.items:
        if item.dimension in used:
            used[item.dimension] += item.quantity
    energy_more = priced.billed["energy_kwh"] - used["ENERGY"]
    assert Decimal("-1e-9") <= energy_more < 1
    for name, dimension in (("time_s", "TIME"), ("parking_s", "PARKING_TIME")):
        assert Decimal("-1e-9") <= priced.billed[name] - used[dimension] * 3600 < 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(bounded, max_examples=500)
@given(TARIFFS, SESSIONS, JSON, st.data())
def test_whatever_a_partner_sends_is_priced_or_refused(of, session, junk, data):
    case = {"tariff": of, "facts": happened(session), "ocpi_version": "2.2.1"}
    if data.draw(st.booleans()):
        case["charging_periods"] = [period(0, ENERGY=1, TIME=1)]
    holder, key = data.draw(st.sampled_from(list(_places(case))))
    holder[key] = junk
    try:
        price_case(case).as_dict()
    except TariffError as refusal:
        assert refusal.field
        assert "\n" not in str(refusal)


def _places(node):
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in entries:
        yield node, key
        if isinstance(value, (dict, list)):
            yield from _places(value)
