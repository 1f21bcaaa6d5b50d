"""Whether two JSON objects say the same: a digest that does not depend on how they are written. Pure."""

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="sorted")


def content_digest(given: dict[str, Any], *, without: frozenset[str] = frozenset()) -> str:
    """SHA-256 of an object; order of members, null members and the spelling of numbers make no difference.

    without: members at the top that do not count.
    """
    counted = {name: value for name, value in given.items() if name not in without}
    return hashlib.sha256(_encoder.encode(_canonical(counted))).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_canonical(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    number = Decimal(str(value))
    return ["number", str(number.normalize() if number else 0)]
