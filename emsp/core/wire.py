"""Base of all wire types: decode and validate in one step, exact decimals, absent and null apart.

Pure: neither Django nor a database. A wire type spells its fields as the protocol does.
"""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import accumulate
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
    "moment_text",
    "nested_deeper",
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
DECODED_LIMIT = 500  # levels; where more than DEPTH_LIMIT are told apart, a decoder gets no more than these
HOLDER_LIMIT = 500_000  # objects and lists of one document; `[],` is three bytes, in memory it is sixty
NUMBER_LIMIT = 400  # characters
EXPONENT_LIMIT = 300  # beyond it PostgreSQL's jsonb refuses, and arithmetic takes for ever
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(set(range(256)) - set(_STEPS))
# One without an end too; it never turns back, so that hostile bytes are not looked at twice.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.?[^"\\]*+)*+(?:"|\Z)', re.DOTALL)


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


def holders_in(raw: bytes) -> int:
    """How many objects and lists JSON has at most; a bracket in a text counts as well."""
    return raw.count(b"[") + raw.count(b"{")


def nested_deeper(raw: bytes, levels: int) -> bool:
    """Whether JSON has more objects and lists within each other than this many.

    Asked before a decoder gets it: that calls itself for each level, and on the stack of a thread of the web server
    Python 3.12 and 3.13 let it go so deep that the process ends.
    """
    if holders_in(raw) <= levels:
        return False
    brackets = _TEXT.sub(b"", raw).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > levels


_exact = msgspec.json.Decoder(float_hook=exact_number)
_encoder = msgspec.json.Encoder(decimal_format="number")


def load_json(raw: bytes) -> Any:
    """JSON as plain Python values; numbers with a fraction become Decimal, never float (see exact_number).

    Raises WireError(malformed=True) when raw is not JSON, is nested too deep, or has more than HOLDER_LIMIT objects
    and lists.
    """
    if holders_in(raw) > HOLDER_LIMIT:
        raise WireError(f"more than {HOLDER_LIMIT} objects and lists", malformed=True)
    _check_depth(raw)
    try:
        return _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise WireError(f"not JSON ({error})", malformed=True) from None


def decode(raw: bytes, wanted: type[T]) -> T:
    """Decode JSON bytes into a wire type, in one step.

    Raises WireError with the JSON path of the first member that is wrong or missing.
    """
    _check_depth(raw)
    try:
        return msgspec.json.decode(raw, type=wanted)
    except msgspec.ValidationError as error:
        raise _located(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WireError(f"not JSON ({error})", malformed=True) from None


def _check_depth(raw: bytes) -> None:
    if nested_deeper(raw, DEPTH_LIMIT):
        raise WireError(f"nested deeper than {DEPTH_LIMIT} levels", malformed=True)


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
