"""Base of all wire types: decode and validate in one step, exact decimals, absent and null apart.

Pure: neither Django nor a database. A wire type spells its fields as the protocol does.
"""

import re
from datetime import datetime
from decimal import Decimal
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
    "load_json",
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
_exact = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def load_json(raw: bytes) -> Any:
    """JSON as plain Python values; numbers with a fraction become Decimal, never float.

    Raises WireError(malformed=True) when raw is not JSON.
    """
    try:
        return _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise WireError(f"not JSON ({error})", malformed=True) from None


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
