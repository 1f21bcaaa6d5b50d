"""Rounding of money. Amounts are Decimal and go with an ISO 4217 currency."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    """amount rounded half up to two decimals, the form in which quotes and bills state it."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """value without exponent and without trailing zeros: 18, 4.5, 0.25."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
