"""The one table from refusals to Beckn error codes. Source: beckn.md a.7."""

from typing import Any

from catalog.errors import AmountTooSmall, PriceUnknown
from emsp.core.errors import DomainError
from emsp.core.wire import WireError
from sessions import outcomes
from sessions.errors import (
    CancelNotPossible,
    CpoRefused,
    EvseUnavailable,
    NotAgreed,
    OrderError,
    PaymentRequired,
    QuantityUnavailable,
    QuoteExpired,
    UpdateNotPossible,
)

INVALID_REQUEST = "30000"
BUSINESS_ERROR = "40000"


class Refusal(DomainError):
    """A refusal with its Beckn code, raised by actions; path names the member as message.order.items[0].id."""

    def __init__(self, code: str, text: str, *, path: str = "") -> None:
        self.code, self.text, self.path = code, text, path
        super().__init__(text)


_CODES: dict[type[DomainError], str] = {
    EvseUnavailable: "40002",
    QuantityUnavailable: "40002",
    PriceUnknown: "40002",
    AmountTooSmall: "40002",
    QuoteExpired: "40003",
    NotAgreed: "40000",
    PaymentRequired: "40004",
    CancelNotPossible: "50001",
    UpdateNotPossible: "50002",
}
_SYMBOL_CODES = {
    outcomes.EVSE_UNAVAILABLE: "40002",
    outcomes.ACTION_NOT_SUPPORTED: "40001",
}


def error_of(refusal: Exception) -> dict[str, Any]:
    """The `error` member for a refusal: string code, a text that leads with the RFC's symbol, the JSON path."""
    if isinstance(refusal, Refusal):
        return error(refusal.code, refusal.text, path=refusal.path)
    if isinstance(refusal, WireError):
        return error(INVALID_REQUEST, refusal.reason, path=refusal.path)
    if isinstance(refusal, CpoRefused):
        return symbol_error(refusal.symbol, str(refusal))
    code = next((code for kind, code in _CODES.items() if isinstance(refusal, kind)), BUSINESS_ERROR)
    symbol = refusal.symbol if isinstance(refusal, OrderError) else ""
    return error(code, f"{symbol}: {refusal}" if symbol else str(refusal))


def symbol_error(symbol: str, text: str = "") -> dict[str, Any]:
    """The `error` member for what a CPO or charge point answered."""
    return error(_SYMBOL_CODES.get(symbol, BUSINESS_ERROR), f"{symbol}: {text or outcomes.text_of(symbol)}")


def internal_error() -> dict[str, Any]:
    """What is said when our own code failed: no detail leaks."""
    return symbol_error(outcomes.INTERNAL)


def error(code: str, text: str, *, path: str = "") -> dict[str, Any]:
    """An Error object of core 1.1.0."""
    return {"code": code, "message": text} | ({"paths": path} if path else {})
