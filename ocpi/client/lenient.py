"""Reading JSON of a peer whose writer is careless: a slip in one text must not cost the whole page.

Half a surrogate pair (a text cut inside an emoji), bytes that are not UTF-8, a byte order mark, a line break inside
a text, NaN, a number or a nesting without end. Source: ocpi.md 1.11, T43; design.md §5, one bad object never loses the page.
"""

import json
import re
from typing import Any

from emsp.core.wire import (
    DECODED_LIMIT,
    DEPTH_LIMIT,
    HOLDER_LIMIT,
    NUMBER_LIMIT,
    WireError,
    exact_number,
    holders_in,
    load_json,
    nested_deeper,
)

REPLACEMENT = "\ufffd"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def load_leniently(raw: bytes) -> Any:
    """JSON as plain Python values; fractions become Decimal, NaN, Infinity and numbers out of bounds text, unreadable
    characters and what is nested too deep U+FFFD.

    Raises WireError(malformed=True) when raw is no JSON even so, or has more than HOLDER_LIMIT objects and lists, or
    DECODED_LIMIT levels of them.
    """
    try:
        return load_json(raw)
    except WireError as error:
        if holders_in(raw) > HOLDER_LIMIT or nested_deeper(raw, DECODED_LIMIT):
            raise
        strict = error
    try:
        return _whole(_careless.decode(raw.decode("utf-8-sig", "replace")))
    except ValueError:
        raise strict from None


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= NUMBER_LIMIT else text


_careless = json.JSONDecoder(
    strict=False, parse_float=exact_number, parse_int=_integer, parse_constant=str
)


def _whole(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        return _HALF_PAIR.sub(REPLACEMENT, value)
    if not isinstance(value, list | dict):
        return value
    if depth >= DEPTH_LIMIT:
        return REPLACEMENT
    if isinstance(value, list):
        return [_whole(inner, depth + 1) for inner in value]
    return {_whole(name): _whole(inner, depth + 1) for name, inner in value.items()}
