"""Values as OCPI writes them: objects, moments and numbers."""

import re
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]
"""An OCPI object as it stands on the wire; numbers with a fraction are Decimal."""

_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")


def moment(text: str) -> datetime:
    """An OCPI DateTime as aware UTC; without a zone it is UTC.

    Raises ValueError when text is no date and time.
    Source: OCPI 2.2.1, types, DateTime.
    """
    found = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", text.strip()))
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def number(value: Decimal, places: int = 4) -> Decimal:
    """value rounded half up to at most `places` decimals, without trailing zeros or exponent."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded.normalize()
