"""Connectors whose max_electric_power is in kW, where OCPI has W. Pure. Source: ocpi.md 3.1, T41."""

from decimal import Decimal, InvalidOperation
from typing import Any

MEMBER = "max_electric_power"
MOST_KW = 1000  # no connector has less than 1 kW, none more than 1000: what is below is kW, what is above was W


def power_in_w(module: str, value: Any) -> Any:
    """A Location, an EVSE, a Connector, a part of one, or a list of them, with the power of each connector in W."""
    if module != "locations":
        return value
    return _walked(value)


def _walked(value: Any) -> Any:
    if isinstance(value, list):
        return [_walked(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _watts(inner) if name == MEMBER else _walked(inner) for name, inner in value.items()}
    return value


def _watts(value: Any) -> Any:
    try:
        power = Decimal(str(value))
        in_kw = 0 < power < MOST_KW
    except InvalidOperation:  # no number, or NaN, which is neither more nor less than any
        return value  # the reader says what is wrong with it
    return int(power * 1000) if in_kw else value
