"""Closed word lists of OCPI, the misspellings met in practice, and country codes. Pure.

Source: OCPI 2.2.1, mod_locations, mod_sessions; ocpi.md 3.1, 3.3, traps T39, T40.
"""

from collections.abc import Iterable
from functools import lru_cache

STATUSES = (
    "AVAILABLE", "BLOCKED", "CHARGING", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED", "RESERVED",
    "UNKNOWN",
)
CAPABILITIES = (
    "CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE", "CHIP_CARD_SUPPORT",
    "CONTACTLESS_CARD_SUPPORT", "CREDIT_CARD_PAYABLE", "DEBIT_CARD_PAYABLE", "PED_TERMINAL",
    "REMOTE_START_STOP_CAPABLE", "RESERVABLE", "RFID_READER",
    "START_SESSION_CONNECTOR_REQUIRED", "TOKEN_GROUP_CAPABLE", "UNLOCK_CAPABLE",
)
CONNECTOR_TYPES = (
    "CHADEMO", "CHAOJI", *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO"), "GBT_AC", "GBT_DC",
    "IEC_60309_2_single_16", "IEC_60309_2_three_16", "IEC_60309_2_three_32", "IEC_60309_2_three_64",
    "IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2", "IEC_62196_T2_COMBO", "IEC_62196_T3A",
    "IEC_62196_T3C", "MCS", "NEMA_5_20", "NEMA_6_30", "NEMA_6_50", "NEMA_10_30", "NEMA_10_50",
    "NEMA_14_30", "NEMA_14_50", "PANTOGRAPH_BOTTOM_UP",
    "PANTOGRAPH_TOP_DOWN", "SAE_J3400", "TESLA_R", "TESLA_S",
)
CONNECTOR_FORMATS = ("SOCKET", "CABLE")
POWER_TYPES = ("AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC")
SESSION_STATUSES = ("ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION", "UNKNOWN")

_ALIASES = {
    "CCS": "IEC_62196_T2_COMBO", "CCS2": "IEC_62196_T2_COMBO", "COMBO2": "IEC_62196_T2_COMBO",
    "CCS1": "IEC_62196_T1_COMBO", "TYPE2": "IEC_62196_T2", "TYPE1": "IEC_62196_T1",
    "AC1PHASE": "AC_1_PHASE", "AC3PHASE": "AC_3_PHASE",
}
# The running text of mod_sessions writes RESERVED where the enum says RESERVATION.
_SESSION_ALIASES = {"RESERVED": "RESERVATION"}

# ISO 3166: OCPI wants three letters, two are often sent.
_ALPHA_3 = {
    "AE": "ARE", "AR": "ARG", "AT": "AUT", "AU": "AUS", "BD": "BGD", "BE": "BEL", "BG": "BGR", "BR": "BRA",
    "BT": "BTN", "CA": "CAN", "CH": "CHE", "CL": "CHL", "CN": "CHN", "CO": "COL", "CY": "CYP", "CZ": "CZE",
    "DE": "DEU", "DK": "DNK", "EE": "EST", "ES": "ESP", "FI": "FIN", "FR": "FRA", "GB": "GBR", "GR": "GRC",
    "HR": "HRV", "HU": "HUN", "ID": "IDN", "IE": "IRL", "IL": "ISR", "IN": "IND", "IS": "ISL", "IT": "ITA",
    "JP": "JPN", "KE": "KEN", "KR": "KOR", "LK": "LKA", "LT": "LTU", "LU": "LUX", "LV": "LVA", "MT": "MLT",
    "MX": "MEX", "MY": "MYS", "NL": "NLD", "NO": "NOR", "NP": "NPL", "NZ": "NZL", "PH": "PHL", "PK": "PAK",
    "PL": "POL", "PT": "PRT", "RO": "ROU", "RS": "SRB", "SA": "SAU", "SE": "SWE", "SG": "SGP", "SI": "SVN",
    "SK": "SVK", "TH": "THA", "TR": "TUR", "UA": "UKR", "US": "USA", "VN": "VNM", "ZA": "ZAF",
    "INDIA": "IND", "GERMANY": "DEU", "NETHERLANDS": "NLD", "UNITED KINGDOM": "GBR", "UNITED STATES": "USA",
}


@lru_cache(maxsize=4096)
def _squeezed(word: str) -> str:
    return "".join(letter for letter in word.upper() if letter.isalnum())


def _table(words: Iterable[str]) -> dict[str, str]:
    return {_squeezed(word): word for word in words}


_STATUS, _CAPABILITY, _STANDARD = _table(STATUSES), _table(CAPABILITIES), _table(CONNECTOR_TYPES)
_FORMAT, _POWER, _SESSION = _table(CONNECTOR_FORMATS), _table(POWER_TYPES), _table(SESSION_STATUSES)
_ALIAS = {_squeezed(word): meant for word, meant in _ALIASES.items()}


def evse_status(word: str) -> str:
    """An EVSE status in OCPI's spelling; UNKNOWN for words of the sender's own."""
    return _STATUS.get(_squeezed(word), "UNKNOWN")


def capabilities(words: Iterable[str]) -> list[str]:
    """The known capabilities among words, each once, in order; others are left out."""
    return list(dict.fromkeys(known for word in words if (known := _CAPABILITY.get(_squeezed(word)))))


def connector_standard(word: str) -> str:
    """A connector's standard in OCPI's spelling; as written when it is not a known one."""
    return _STANDARD.get(_squeezed(word)) or _ALIAS.get(_squeezed(word)) or word


def connector_format(word: str) -> str:
    """SOCKET or CABLE; UNKNOWN for anything else."""
    return _FORMAT.get(_squeezed(word), "UNKNOWN")


def power_type(word: str) -> str:
    """A PowerType; UNKNOWN for anything else."""
    return _POWER.get(_squeezed(word)) or _ALIAS.get(_squeezed(word)) or "UNKNOWN"


def session_status(word: str) -> str:
    """A SessionStatus; RESERVED counts as RESERVATION, words of the sender's own as UNKNOWN."""
    found = _SESSION_ALIASES.get(_squeezed(word)) or _SESSION.get(_squeezed(word))
    return found or "UNKNOWN"


def country_alpha_3(word: str) -> str:
    """A country as three letters (ISO 3166-1 alpha-3); as written when it is none of the known forms."""
    found = word.strip().upper()
    return found if len(found) == 3 else _ALPHA_3.get(found, word.strip())
