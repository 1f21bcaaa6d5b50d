"""Exact arithmetic: the context in which the engine computes, and the Decimals it gives out.

Source: ocpi.md 4.4 step 1 (Decimal with high precision, never float, no intermediate rounding).
"""

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction

# Numbers read have at most 60 digits. Sums and products of them are exact here; a quotient that does not
# end (an hour has 3600 seconds) is off by less than 10**-80.
PRECISE = Context(prec=100, traps=[InvalidOperation, DivisionByZero, Overflow])

# Digits after the point of every Decimal given out. With the 28 digits of Python's default context,
# amounts below 10**12 add up without rounding.
UNIT = Decimal(1).scaleb(-16)
_HALF = UNIT / 2
_CENT = Decimal("0.01")
ZERO = Decimal(0)


def given_out(value: Decimal) -> Decimal:
    """value to 16 decimals, without needless zeros but with at least two decimals."""
    units = PRECISE.add(value, _HALF).quantize(UNIT, ROUND_FLOOR, PRECISE)
    cents = units.quantize(_CENT, ROUND_FLOOR, PRECISE)
    return cents if cents == units else units.normalize(PRECISE)


def from_fraction(value: Fraction) -> Decimal:
    """The Decimal of a Fraction, exact when it has an end within the precision."""
    return PRECISE.divide(Decimal(value.numerator), Decimal(value.denominator))


def total_of(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, in the current context; None when one part is not known."""
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total


class Ledger:
    """Gives out amounts one by one so that what is given out adds up.

    Each Decimal is the growth of the rounded running sum. So the parts add up to the total, and an amount
    that has no more than 16 decimals comes out as it is, whatever was added before it.
    """

    def __init__(self) -> None:
        self._sum = ZERO
        self.given = ZERO

    def add(self, amount: Decimal) -> Decimal:
        """The Decimal of the next amount. given: the sum of all of them."""
        self._sum += amount
        if amount == amount.quantize(UNIT, ROUND_FLOOR, PRECISE):
            self.given += amount
            return amount
        before, self.given = self.given, given_out(self._sum)
        return self.given - before
