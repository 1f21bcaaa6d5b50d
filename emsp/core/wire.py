"""Base of all wire types: decode and validate in one step, exact decimals, absent and null apart.

Pure: neither Django nor a database. A wire type spells its fields as the protocol does.
"""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

__all__ = [
    "UNSET",
    "UnsetType",
    "Wire",
    "WireError",
    "convert",
    "decode",
    "encode",
    "exact_number",
    "holders_in",
    "load_json",
    "nested_too_deep",
    "moment_text",
]

T = TypeVar("T")


class Wire(Struct, kw_only=True, omit_defaults=True):
    """A message or a part of one. Unknown members are ignored; members at their default are not emitted."""


class WireError(ValueError):
    """Bytes from outside do not have the form they should have.

    path: where, as `message.order.items[0].id`; empty for the document itself.
    malformed: True when the bytes are not JSON at all.
    """

    def __init__(self, reason: str, *, path: str = "", malformed: bool = False) -> None:
        self.reason, self.path, self.malformed = reason, path, malformed
        super().__init__(f"{path}: {reason}" if path else reason)


_WHERE = re.compile(r"^(?P<reason>.*?)(?: - at `(?P<where>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")
DEPTH_LIMIT = 64  # levels; whoever walks a value calls itself for each of them
HOLDER_LIMIT = 500_000  # objects and lists of one document; `[],` is three bytes, in memory it is sixty
NUMBER_LIMIT = 400  # characters
EXPONENT_LIMIT = 300  # beyond it PostgreSQL's jsonb refuses, and arithmetic takes for ever


def exact_number(text: str) -> Decimal | str:
    """A number in all its digits; its text, where it is none that can be stored or computed with.

    Nine characters like 1e999999999 would otherwise become gigabytes where they are written out.
    """
    try:
        found = Decimal(text) if len(text) <= NUMBER_LIMIT else None
    except InvalidOperation:
        return text
    storable = found is not None and found.is_finite() and abs(found.adjusted()) <= EXPONENT_LIMIT
    return found if found is not None and storable else text


def nested_too_deep(value: Any) -> bool:
    """Whether a JSON value has more than DEPTH_LIMIT objects and lists within each other."""
    level = [value]
    for _ in range(DEPTH_LIMIT + 1):
        holders = [each for each in level if isinstance(each, (dict, list))]
        if not holders:
            return False
        level = [inner for each in holders for inner in (each.values() if isinstance(each, dict) else each)]
    return True


def holders_in(raw: bytes) -> int:
    """How many objects and lists JSON has at most; a bracket in a text counts as well."""
    return raw.count(b"[") + raw.count(b"{")


_exact = msgspec.json.Decoder(float_hook=exact_number)
_encoder = msgspec.json.Encoder(decimal_format="number")


def load_json(raw: bytes) -> Any:
    """JSON as plain Python values; numbers with a fraction become Decimal, never float (see exact_number).

    Raises WireError(malformed=True) when raw is not JSON, is nested too deep, or has more than HOLDER_LIMIT objects
    and lists.
    """
    count = holders_in(raw)
    if count > HOLDER_LIMIT:
        raise WireError(f"more than {HOLDER_LIMIT} objects and lists", malformed=True)
    try:
        value = _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise WireError(f"not JSON ({error})", malformed=True) from None
    if count > DEPTH_LIMIT and nested_too_deep(value):
        raise WireError(f"nested deeper than {DEPTH_LIMIT} levels", malformed=True)
    return value


def decode(raw: bytes, wanted: type[T]) -> T:
    """Decode JSON bytes into a wire type, in one step.

    Raises WireError with the JSON path of the first member that is wrong or missing.
    """
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        raise _located(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"not JSON ({error})", malformed=True) from None


def convert(value: Any, wanted: type[T], *, strict: bool = True) -> T:
    """Turn plain Python values (from load_json) into a wire type.

    strict: False also reads numbers written as text.
    Raises WireError with the JSON path of the first member that is wrong or missing.
    """
    try:
        return msgspec.convert(value, type=wanted, strict=strict)
    except msgspec.ValidationError as error:
        raise _located(error) from None


def encode(value: Any) -> bytes:
    """JSON bytes, compact, UTF-8; Decimal as a JSON number with all its digits."""
    return _encoder.encode(value)


def moment_text(moment: datetime, *, milliseconds: bool = False) -> str:
    """RFC 3339 in UTC with Z, to the second or to the millisecond. moment must be aware."""
    from datetime import UTC

    text = moment.astimezone(UTC).isoformat(timespec="milliseconds" if milliseconds else "seconds")
    return text.replace("+00:00", "Z")


def _located(error: msgspec.ValidationError) -> WireError:
    found = _WHERE.match(str(error))
    reason, where = (found["reason"], found["where"] or "") if found else (str(error), "")
    path = where.removeprefix("$").removeprefix(".").replace("[...]", "[]")
    missing = _MISSING.search(reason)
    if missing:
        path = f"{path}.{missing['name']}" if path else missing["name"]
        reason = "required, but missing"
    return WireError(reason, path=path)
