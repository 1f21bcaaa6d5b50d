"""Numbers and texts as peers really write them: JSON numbers for text, text with a unit or a percent sign."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from emsp.core.wire import WireError

DECIMAL = re.compile(r"^\s*([+-]?(?:\d{1,15}(?:\.\d{0,12})?|\.\d{1,12}))\s*%?\s*$")


def decimal_of(value: Any, path: str) -> Decimal:
    """value as an exact decimal; a trailing percent sign is dropped.

    Raises WireError naming path when it is not a plain finite decimal. Source: beckn.md a.4, DecimalValue.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise WireError("is not a decimal", path=path)
    found = DECIMAL.match(format(value, "f") if isinstance(value, Decimal) else str(value))
    if not found:
        raise WireError("is not a decimal", path=path)
    try:
        return Decimal(found[1])
    except InvalidOperation:
        raise WireError("is not a decimal", path=path) from None


def text_of(value: Any) -> str:
    """A member as text; empty for null, objects and lists."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return ""
    return str(value).strip()
