"""Reading JSON of a peer whose writer is careless: a slip in one text must not cost the whole page.

Half a surrogate pair (a text cut inside an emoji), bytes that are not UTF-8, a byte order mark, a line break inside
a text, NaN. Source: ocpi.md 1.11, T43; design.md §5, one bad object never loses the page.
"""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from emsp.core.wire import WireError, load_json

REPLACEMENT = "\ufffd"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def load_leniently(raw: bytes) -> Any:
    """JSON as plain Python values; fractions become Decimal, NaN and Infinity text, unreadable characters U+FFFD.

    Raises WireError(malformed=True) when raw is no JSON even so.
    """
    try:
        return load_json(raw)
    except WireError as error:
        strict = error
    try:
        return _whole(_careless.decode(raw.decode("utf-8-sig", "replace")))
    except (ValueError, InvalidOperation, RecursionError):
        raise strict from None


_careless = json.JSONDecoder(strict=False, parse_float=Decimal, parse_constant=str)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF_PAIR.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(inner) for name, inner in value.items()}
    return value
