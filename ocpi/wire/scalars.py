"""Single values as partners write them. Pure. Source: ocpi.md 1.10, T22-T24, T43.

Every function raises ValueError that says what is expected.
"""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from emsp.core.wire import encode, exact_number

ID_LIMIT = 255
MOST = Decimal("9999999999.9999")  # what our columns take; rounded to their four places it stays below 10^10
WHOLE_LIMIT = 2**31 - 1
FIRST, LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)  # two days from where no clock goes on

_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?:[.,](?P<fraction>\d+))?"
    r" ?(?P<zone>[Zz]|[+-]?\d{2}:?\d{2})?"
)
_USUAL_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_EPOCH = re.compile(r"\d{10}(\d{3})?")


def kind(value: Any) -> str:
    """What a JSON value is, for an error text."""
    names = {dict: "an object", list: "a list", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def text(value: Any) -> str:
    """Text without NUL, which no database column takes; numbers count as text (T24)."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"text is expected, got {kind(value)}")
    return format(Decimal(str(value)), "f")


def is_text(value: Any) -> bool:
    """Whether text() gives value itself."""
    return type(value) is str and "\x00" not in value


def identifier(value: Any) -> str:
    """An id as received, without blanks around it. Its key may be longer than itself: ß is folded to ss."""
    found = text(value).strip()
    if not found:
        raise ValueError("must not be empty")
    if max(len(found), len(found.casefold())) > ID_LIMIT:
        raise ValueError(f"longer than {ID_LIMIT} characters")
    return found


def is_identifier(value: Any) -> bool:
    """Whether identifier() surely gives value itself; folding makes three characters of one at most."""
    return type(value) is str and 0 < len(value) <= ID_LIMIT // 3 and value.strip() == value and "\x00" not in value


def number(value: Any) -> Decimal:
    """A number, also written as text, as an exact Decimal."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"a number is expected, got {kind(value)}")
    found = value if isinstance(value, Decimal) else exact_number(str(value).strip())
    if isinstance(found, str):
        raise ValueError("out of range" if _NUMBER.fullmatch(found) else "a number is expected, got text")
    if abs(found) > MOST:
        raise ValueError("out of range")
    return found


def whole(value: Any) -> int:
    """A whole number; a fraction is rounded half up."""
    found = int(number(value).to_integral_value(ROUND_HALF_UP))
    if abs(found) > WHOLE_LIMIT:
        raise ValueError("out of range")
    return found


def is_whole(value: Any) -> bool:
    """Whether whole() gives value itself."""
    return type(value) is int and -WHOLE_LIMIT <= value <= WHOLE_LIMIT


def flag(value: Any) -> bool:
    """A boolean; 0, 1 and the words true and false count too."""
    if isinstance(value, bool):
        return value
    found = {"true": True, "false": False, "1": True, "0": False}.get(str(value).strip().lower())
    if found is None:
        raise ValueError(f"true or false is expected, got {kind(value)}")
    return found


def is_flag(value: Any) -> bool:
    """Whether flag() gives value itself."""
    return type(value) is bool


def moment(value: Any) -> datetime:
    """A date and time as aware UTC.

    Without a zone it is UTC; fractions are read to the microsecond; other offsets, a blank for T or for the
    `+` of the zone (a query string loses it), and seconds or milliseconds since 1970 are understood. What is
    before FIRST or after LAST (9999-12-31 for «always») becomes these: any time zone and any span of hours can be
    added to it.
    """
    return min(max(_moment(value), FIRST), LAST)


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    written = value.strip() if isinstance(value, str) else text(value)
    try:
        if _USUAL_MOMENT.fullmatch(written):
            return datetime.fromisoformat(written)
        if epoch := _EPOCH.fullmatch(written):
            return datetime.fromtimestamp(int(written) / (1000 if epoch[1] else 1), UTC)
        if found := _MOMENT.fullmatch(written):
            return _zoned(found)
    except (ValueError, OverflowError):
        pass
    raise ValueError("a date and time like 2026-03-01T09:15:00Z is expected")


def _zoned(found: re.Match[str]) -> datetime:
    clock = found["time"] if found["time"].count(":") == 2 else f"{found['time']}:00"
    fraction = (found["fraction"] or "0")[:6].ljust(6, "0")
    zone = found["zone"] or "+00:00"
    zone = "+00:00" if zone in "Zz" else zone if zone[0] in "+-" else f"+{zone}"
    return datetime.fromisoformat(f"{found['date']}T{clock}.{fraction}{zone}").astimezone(UTC)


_UNSTORABLE = re.compile(rb"\\u0000|\d[eE]\+?\d{3,}")


def storable(value: Any) -> Any:
    """A JSON value that PostgreSQL's jsonb takes: without NUL, and without numbers of thousands of digits.

    Returns value itself when there is nothing to change, which is nearly always.
    """
    return _without(value) if _UNSTORABLE.search(encode(value)) else value


def _without(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value.adjusted()) < 400 else str(value)
    if isinstance(value, dict):
        return {name.replace("\x00", ""): _without(inner) for name, inner in value.items()}
    return [_without(inner) for inner in value] if isinstance(value, list) else value
