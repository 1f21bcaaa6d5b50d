"""Rounding of money. Amounts are Decimal and go with an ISO 4217 currency."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
# ISO 4217: currencies that have no part smaller than their unit.
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
WHOLE = frozenset(_WHOLE.split())


def to_cents(amount: Decimal, currency: str = "") -> Decimal:
    """amount rounded half up, with two decimals, the form in which quotes and bills state it.

    currency: of an amount that somebody is to pay; a yen has no cents (ocpi.md 4.4 step 11).
    """
    whole = amount.quantize(Decimal(1), ROUND_HALF_UP) if currency.upper() in WHOLE else amount
    return whole.quantize(CENT, ROUND_HALF_UP)


def plain(value: Decimal) -> str:
    """value without exponent and without trailing zeros: 18, 4.5, 0.25."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
