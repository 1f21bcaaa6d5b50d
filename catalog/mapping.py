"""What OCPI's words and figures mean to a driver, and the other way: plugs, power, places, names."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from emsp.core.money import plain

COMBO_2 = "IEC_62196_T2_COMBO"
COMBO_1 = "IEC_62196_T1_COMBO"
GBT = frozenset({"GBT_AC", "GBT_DC"})
IEC_60309 = frozenset(
    {
        "IEC_60309_2_single_16",
        "IEC_60309_2_three_16",
        "IEC_60309_2_three_32",
        "IEC_60309_2_three_64",
    }
)
DOMESTIC = frozenset(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO")
TESLA = frozenset({"TESLA_R", "TESLA_S"})

# OCPI 2.2.1, mod_locations, ConnectorType; MCS and SAE_J3400 are of 2.3.0.
STANDARDS = (
    GBT
    | IEC_60309
    | DOMESTIC
    | TESLA
    | frozenset(
        {
            "CHADEMO",
            "CHAOJI",
            "IEC_62196_T1",
            COMBO_1,
            "IEC_62196_T2",
            COMBO_2,
            "IEC_62196_T3A",
            "IEC_62196_T3C",
            "NEMA_5_20",
            "NEMA_6_30",
            "NEMA_6_50",
            "NEMA_10_30",
            "NEMA_10_50",
            "NEMA_14_30",
            "NEMA_14_50",
            "PANTOGRAPH_BOTTOM_UP",
            "PANTOGRAPH_TOP_DOWN",
            "MCS",
            "SAE_J3400",
        }
    )
)

PLUG_NAMES = {
    COMBO_2: "CCS2",
    COMBO_1: "CCS1",
    "CHADEMO": "CHAdeMO",
    "IEC_62196_T2": "Type 2",
    "IEC_62196_T1": "Type 1",
    "GBT_AC": "GB/T AC",
    "GBT_DC": "GB/T DC",
}

# Spellings without case, blanks and punctuation. The Bharat specifications of 2017: AC001 has IEC 60309
# sockets, DC001 a GB/T plug.
_SPELLINGS: list[tuple[frozenset[str], str]] = [
    (frozenset({COMBO_1, COMBO_2}), "ccs combo"),
    (frozenset({COMBO_2}), "ccs2 ccscombo2 combo2 ccstype2 type2ccs iec62196ccs2 type2combo"),
    (frozenset({COMBO_1}), "ccs1 ccscombo1 combo1 ccstype1 type1ccs iec62196ccs1 type1combo"),
    (frozenset({"IEC_62196_T2"}), "type2 t2 mennekes iec62196type2 type2ac actype2"),
    (frozenset({"IEC_62196_T1"}), "type1 t1 j1772 saej1772 iec62196type1 type1ac actype1"),
    (GBT, "gbt gbt20234"),
    (frozenset({"GBT_DC"}), "bharatdc001 dc001"),
    (IEC_60309, "iec60309 iec603092 bharatac001 ac001"),
    (DOMESTIC, "domestic"),
    (frozenset({"DOMESTIC_F"}), "schuko"),
    (TESLA, "tesla"),
    (frozenset({"SAE_J3400", "TESLA_S"}), "nacs"),
    (frozenset({"SAE_J3400"}), "j3400"),
    (frozenset({"PANTOGRAPH_BOTTOM_UP", "PANTOGRAPH_TOP_DOWN"}), "pantograph"),
]

_SQUEEZE = re.compile(r"[^a-z0-9]+")
_LIST = re.compile(r"[,;|]")

PHASES = {"AC_1_PHASE": 1, "AC_2_PHASE": 2, "AC_2_PHASE_SPLIT": 2, "AC_3_PHASE": 3, "DC": 1}
LEAST_POWER_W, MOST_POWER_W = 1_000, 1_000_000
# Above every line-to-neutral voltage in use (277 V), below every line-to-line one of three phases (380 V).
LINE_TO_LINE_FROM_V = 300
SQRT_3 = Decimal(3).sqrt()


def _squeezed(text: str) -> str:
    return _SQUEEZE.sub("", text.casefold())


_BY_SPELLING = {_squeezed(standard): frozenset({standard}) for standard in STANDARDS} | {
    spelling: standards for standards, spellings in _SPELLINGS for spelling in spellings.split()
}


def connector_standards(text: str) -> frozenset[str]:
    """The OCPI standards meant by a connector type in any spelling: `CCS2`, `ccs-2`, `type 2`, `GBT`.

    A list separated by commas means any of them. Empty when nothing of it is known: the caller then
    ignores the filter, since unknown filters never empty a result.
    Source: beckn.md e.3 (connector types), a.3 (request details).
    """
    found: frozenset[str] = frozenset()
    for part in _LIST.split(text):
        found |= _BY_SPELLING.get(_squeezed(part), frozenset())
    return found


def plug_name(standard: str) -> str:
    """A connector standard as drivers call it; OCPI's own word where there is no other."""
    return PLUG_NAMES.get(standard, standard)


@lru_cache(maxsize=4096)
def power_w(
    *, power_type: str, max_voltage_v: int, max_amperage_a: int, max_electric_power_w: int | None
) -> int | None:
    """Power of a connector in W, from 1 to 1000 kW; None when the CPO's figures give nothing plausible.

    max_electric_power_w wins; below 1000 it is read as kW, above a million as mW (peers send both).
    Otherwise voltage × amperage × phases, with √3 where three phases come with a line-to-line voltage.
    Source: ocpi.md 3.1 (power shown to users), T41.
    """
    stated = _stated_power(max_electric_power_w or 0)
    if stated is not None:
        return stated
    phases = Decimal(PHASES.get(power_type, 0))
    if phases == 3 and max_voltage_v > LINE_TO_LINE_FROM_V:
        phases = SQRT_3
    computed = int((phases * max_voltage_v * max_amperage_a).to_integral_value())
    return computed if LEAST_POWER_W <= computed <= MOST_POWER_W else None


def _stated_power(stated_w: int) -> int | None:
    for candidate in (stated_w, stated_w * 1000 if stated_w < LEAST_POWER_W else stated_w // 1000):
        if LEAST_POWER_W <= candidate <= MOST_POWER_W:
            return candidate
    return None


def plausible(latitude: Decimal | None, longitude: Decimal | None) -> bool:
    """Whether a pair of coordinates can be a charging station: on the globe and not 0,0 (ocpi.md T38)."""
    if latitude is None or longitude is None:
        return False
    return abs(latitude) <= 90 and abs(longitude) <= 180 and not latitude == longitude == 0


def offer_name(
    *, physical_reference: str, evse_id: str, number: int, standard: str, power_type: str, power_w: int | None
) -> str:
    """What a driver reads: `Bay 1 · CCS2 30 kW DC`. number: place of the EVSE at its station, from 1."""
    place = physical_reference.strip() or evse_id.strip() or f"EV Charger #{number}"
    plug = _plug(standard, power_type, power_w)
    return f"{place} · {plug}" if plug else place


@lru_cache(maxsize=1024)
def _plug(standard: str, power_type: str, power_w: int | None) -> str:
    """`CCS2 30 kW DC`; whole networks have a few of them."""
    power_kw = (Decimal(power_w or 0) / 1000).quantize(Decimal("0.1"), ROUND_HALF_UP)
    speed = f"{plain(power_kw)} kW" if power_kw else ""
    current = power_type.partition("_")[0] if speed and power_type in PHASES else ""
    return " ".join(part for part in (plug_name(standard), speed, current) if part)


def facilities(location: dict[str, Any]) -> list[str]:
    """The facilities of an OCPI Location (HOTEL, WIFI …), each once, in its order."""
    listed = location.get("facilities")
    return (
        list(dict.fromkeys(f for f in listed if isinstance(f, str) and f)) if isinstance(listed, list) else []
    )


def search_text(*parts: str) -> str:
    """What free text is looked for in: names and address of a station, casefolded."""
    return " ".join(part for part in parts if part).casefold()
