"""Plugs in every spelling, power from whatever the CPO states, and names for people."""

from decimal import Decimal

import pytest

from catalog.mapping import connector_standards, offer_name, plausible, plug_name, power_w

COMBO_2 = frozenset({"IEC_62196_T2_COMBO"})


@pytest.mark.parametrize(
    "text", ["CCS2", "ccs-2", "Ccs 2", "IEC_62196_CCS2", "IEC_62196_T2_COMBO", "iec-62196-t2-combo"]
)
def test_every_spelling_of_ccs2_is_understood(text):
    assert connector_standards(text) == COMBO_2


@pytest.mark.parametrize(
    ("text", "standards"),
    [
        ("type 2", {"IEC_62196_T2"}),
        ("TYPE2", {"IEC_62196_T2"}),
        ("T2", {"IEC_62196_T2"}),
        ("Type-1", {"IEC_62196_T1"}),
        ("CHAdeMO", {"CHADEMO"}),
        ("chademo", {"CHADEMO"}),
        ("GBT", {"GBT_AC", "GBT_DC"}),
        ("GB/T DC", {"GBT_DC"}),
        ("CCS", {"IEC_62196_T1_COMBO", "IEC_62196_T2_COMBO"}),
        ("iec_60309_2_SINGLE_16", {"IEC_60309_2_single_16"}),
        ("domestic_d", {"DOMESTIC_D"}),
        ("CCS2, CHAdeMO", {"IEC_62196_T2_COMBO", "CHADEMO"}),
        ("CCS2;gizmo", COMBO_2),
    ],
)
def test_other_spellings(text, standards):
    assert connector_standards(text) == frozenset(standards)


@pytest.mark.parametrize("text", ["", "gizmo", "fast", "2", "--"])
def test_what_is_no_connector_type_means_nothing(text):
    assert connector_standards(text) == frozenset()


def test_plug_names():
    assert plug_name("GBT_AC") == "GB/T AC"
    assert plug_name("NEMA_5_20") == "NEMA_5_20"


@pytest.mark.parametrize(
    ("power_type", "volts", "amps", "stated", "watts"),
    [
        ("DC", 500, 60, 30000, 30000),
        ("DC", 500, 60, 30, 30000),  # kW
        ("DC", 500, 60, 30_000_000, 30000),  # mW
        ("DC", 920, 200, None, 184000),
        ("AC_1_PHASE", 230, 16, 0, 3680),
        ("AC_2_PHASE_SPLIT", 120, 40, None, 9600),
        ("AC_3_PHASE", 230, 32, None, 22080),
        ("AC_3_PHASE", 400, 32, None, 22170),
        ("AC_3_PHASE", 415, 16, 10000, 10000),
        ("AC_3_PHASE", 230, 0, None, None),
        ("AC_9_PHASE", 230, 16, None, None),
        ("DC", 1000, 500, 5_000_000_000, 500_000),  # stated: beyond repair
        ("DC", 0, 0, -5, None),
    ],
)
def test_power(power_type, volts, amps, stated, watts):
    found = power_w(
        power_type=power_type, max_voltage_v=volts, max_amperage_a=amps, max_electric_power_w=stated
    )

    assert found == watts


@pytest.mark.parametrize(
    ("latitude", "longitude", "answer"),
    [
        ("28.55", "77.25", True),
        ("0", "77.25", True),
        ("0.0000000", "0.0000000", False),
        ("90.5", "77", False),
        ("-90", "-180", True),
        ("12", "180.1", False),
    ],
)
def test_plausible_coordinates(latitude, longitude, answer):
    assert plausible(Decimal(latitude), Decimal(longitude)) is answer
    assert plausible(None, Decimal(longitude)) is False


@pytest.mark.parametrize(
    ("standard", "power_type", "watts", "name"),
    [
        ("IEC_62196_T2_COMBO", "DC", 30000, "Bay 1 · CCS2 30 kW DC"),
        ("IEC_62196_T2", "AC_3_PHASE", 22080, "Bay 1 · Type 2 22.1 kW AC"),
        ("CHADEMO", "DC", None, "Bay 1 · CHAdeMO"),
        ("NEMA_5_20", "UNKNOWN", 3000, "Bay 1 · NEMA_5_20 3 kW"),
    ],
)
def test_a_name_says_where_which_plug_and_how_fast(standard, power_type, watts, name):
    found = offer_name(
        physical_reference="Bay 1",
        evse_id="IN*X*E1",
        number=1,
        standard=standard,
        power_type=power_type,
        power_w=watts,
    )

    assert found == name


@pytest.mark.parametrize(("evse_id", "start"), [("IN*X*E1", "IN*X*E1 · "), ("", "EV Charger #4 · ")])
def test_without_a_physical_reference_the_evse_is_named_by_its_id_or_number(evse_id, start):
    found = offer_name(
        physical_reference=" ",
        evse_id=evse_id,
        number=4,
        standard="GBT_AC",
        power_type="AC_1_PHASE",
        power_w=3300,
    )

    assert found == f"{start}GB/T AC 3.3 kW AC"
