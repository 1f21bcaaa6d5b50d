"""Reads the body of a message: one JSON object without ambiguity, in which every text can be stored.

Pure: neither Django nor a database. Source: beckn.md a.9 (1).
"""

import json
import re
from codecs import BOM_UTF8
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from emsp.core.wire import DECODED_LIMIT, WireError, nested_deeper

DEPTH_LIMIT = 50
NUMBER_LIMIT = 64  # characters
EXPONENT_LIMIT = 300  # beyond it PostgreSQL's jsonb refuses, and arithmetic takes for ever

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read(raw: bytes) -> dict[str, Any]:
    """The JSON object in raw as plain Python values; fractions become Decimal. A byte order mark is skipped.

    Raises WireError: not UTF-8 or JSON, a member given twice, a NUL or half a surrogate pair in a text,
    a number or a nesting out of bounds.
    """
    if nested_deeper(raw, DECODED_LIMIT):
        raise WireError(f"nested deeper than {DEPTH_LIMIT} levels", malformed=True)
    try:
        value = _decoder.decode(raw.removeprefix(BOM_UTF8).decode())
    except WireError:
        raise
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError too
        raise WireError(f"not JSON ({type(error).__name__})", malformed=True) from None
    if not isinstance(value, dict):
        raise WireError("not a JSON object", malformed=True)
    flaw = _flaw(value, 0) if _may_be_flawed(raw) else None
    if flaw is not None:
        raise WireError(flaw[0], path=flaw[1])
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise WireError(f"member {twice[:60]!r} is given twice in one object", malformed=True)
    return found


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
        small = len(text) <= NUMBER_LIMIT and abs(number.adjusted()) <= EXPONENT_LIMIT
    except InvalidOperation:
        small = False
    if not small:
        raise WireError("a number is out of bounds", malformed=True)
    return number


def _integer(text: str) -> int:
    if len(text) > NUMBER_LIMIT:
        raise WireError("a number is out of bounds", malformed=True)
    return int(text)


def _constant(text: str) -> NoReturn:
    raise WireError(f"{text} is not JSON", malformed=True)


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_decimal, parse_int=_integer, parse_constant=_constant
)


def _may_be_flawed(raw: bytes) -> bool:
    """Whether JSON that was decoded may have a flaw: only an escape spells such a character, and depth takes brackets."""
    return b"\\u" in raw or raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT


def _flaw(value: Any, depth: int) -> tuple[str, str] | None:
    """Reason and path of the first text that cannot be stored, or of a nesting that is too deep."""
    if isinstance(value, str):
        return ("a text holds a character that cannot be stored", "") if _UNSTORABLE.search(value) else None
    if not isinstance(value, dict | list):
        return None
    if depth >= DEPTH_LIMIT:
        return f"nested deeper than {DEPTH_LIMIT} levels", ""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(name, str) and _UNSTORABLE.search(name):
            return "a name holds a character that cannot be stored", ""
        found = _flaw(inner, depth + 1)
        if found is not None:
            step = f"[{name}]" if isinstance(name, int) else name
            return found[0], f"{step}{'' if found[1].startswith('[') or not found[1] else '.'}{found[1]}"
    return None
