"""Reads numbers, moments and time zones out of OCPI JSON: exactly, and within bounds.

Source: ocpi.md 1.10 (data types), OCPI 2.2.1 types.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from catalog.pricing.errors import TariffError

# Beyond these a number is a mistake or an attack: its exact arithmetic would only cost time and memory.
LARGEST = 10**12
MOST_DIGITS = 60
YEARS = range(1970, 2200)

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,30}))?\s*"
    r"(?:[Zz]|([+-])(\d\d):?(\d\d)?)?",
    re.ASCII,
)


def read_number(value: Any, field: str) -> Decimal:
    """The exact value of a JSON number or of a number written as text.

    Raises TariffError for anything else, for NaN and infinities, and beyond LARGEST.
    """
    if type(value) is Decimal:
        return value if _is_plain(value) else _bounded(value, field)
    if type(value) is float:
        number = Decimal(repr(value))
        return number if _is_plain(number) else _bounded(number, field)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise TariffError(field, f"a number is needed, not {shown(value)}")
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise TariffError(field, "the number is too large")
        return Decimal(value)
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value.strip()):
            raise TariffError(field, f"a number is needed, not {shown(value)}")
        value = value.strip()
    return _bounded(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), field)


def _is_plain(number: Decimal) -> bool:
    """Whether it is within bounds at first sight: not 0, few digits, not far from 1. `_bounded` looks closer."""
    return bool(number.is_finite() and number and -20 < number.adjusted() <= 12 and len(str(number)) <= 40)


def read_optional_number(value: Any, field: str) -> Decimal | None:
    """Like read_number; null and blank text are absent."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return read_number(value, field)


def _bounded(number: Decimal, field: str) -> Decimal:
    if not number.is_finite():
        raise TariffError(field, "the number is not finite")
    if not number:
        return Decimal(0)
    _, digits, exponent = number.as_tuple()
    if number.adjusted() > 12 or len(digits) > MOST_DIGITS or int(exponent) < -MOST_DIGITS:
        raise TariffError(field, "the number is too large or has too many digits")
    return number


def read_moment(value: Any, field: str) -> datetime:
    """An OCPI DateTime as aware UTC; without a zone it is UTC. Fractions are kept to the microsecond."""
    try:
        moment = value if isinstance(value, datetime) else _parsed(value)
        if moment is not None and moment.year in YEARS:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise TariffError(field, f"a date-time as 2026-03-01T09:15:00Z is needed, not {shown(value)}")


def _parsed(value: Any) -> datetime | None:
    if isinstance(value, str) and len(value) == 20 and value[7:11:3] == "-T" and value[19] == "Z":
        return datetime.fromisoformat(value)  # as OCPI writes it: four times as fast
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 80 else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, offset_h, offset_min = found.groups()
    zone = UTC
    if sign:
        offset = timedelta(hours=int(offset_h), minutes=int(offset_min or 0))
        zone = timezone(-offset if sign == "-" else offset)
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    return datetime(
        int(year), int(month), int(day), int(hour), int(minute), int(second), microsecond, tzinfo=zone
    )


def read_zone(value: Any, field: str = "time_zone", *, needed: bool) -> ZoneInfo:
    """The time zone of the location. Absent is UTC, unless a restriction in local time needs it."""
    if value is None or value == "":
        if needed:
            raise TariffError(field, "missing, but the tariff has restrictions in local time")
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError, AttributeError):
        raise TariffError(field, f"an IANA time zone is needed, not {shown(value)}") from None


def read_list(value: Any, field: str) -> Sequence[Any]:
    """A JSON array; null is empty, and one object alone is an array of one."""
    if type(value) is list:
        return value
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return (value,)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return value
    raise TariffError(field, f"a list is needed, not {shown(value)}")


def read_object(value: Any, field: str) -> Mapping[str, Any]:
    """A JSON object, or TariffError."""
    if type(value) is dict or isinstance(value, Mapping):
        return value
    raise TariffError(field, f"an object is needed, not {shown(value)}")


def read_word(value: Any) -> str:
    """An enum value in upper case without blanks around; empty for anything that is not text."""
    return value.strip().upper() if isinstance(value, str) else ""


def shown(value: Any) -> str:
    """A value as an error text may show it: short, one line."""
    if value is None:
        return "null"
    if isinstance(value, (Mapping, list, tuple)):
        return "an object" if isinstance(value, Mapping) else "a list"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
