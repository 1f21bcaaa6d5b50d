"""Why an order cannot be quoted, agreed, started, stopped or cancelled. Texts may be shown to the driver."""

from emsp.core.errors import DomainError


class OrderError(DomainError):
    """Base of all refusals of orders; symbol names the kind for apps (RFC §11.2)."""

    symbol = ""


class EvseUnavailable(OrderError):
    """The charge point cannot serve this driver now."""

    symbol = "EVSE_UNAVAILABLE"


class QuantityUnavailable(OrderError):
    """The amount of energy, money or the time slot that was asked for cannot be provided."""

    symbol = "QUANTITY_UNAVAILABLE"


class QuoteExpired(OrderError):
    """The quote is over, or is not the one the app means."""

    symbol = "QUOTE_EXPIRED"


class NotAgreed(OrderError):
    """Confirm without an init: no terms were agreed."""


class CancelNotPossible(OrderError):
    """The session ended: nothing is left to cancel."""


class UpdateNotPossible(OrderError):
    """Stop when not charging, start when ended."""


class CpoRefused(OrderError):
    """What the CPO or its charge point answered, as one of our symbols."""

    def __init__(self, symbol: str, text: str) -> None:
        self.symbol = symbol
        super().__init__(text)


class TokenBlocked(OrderError):
    """The driver's token is blocked: no charge may start with it."""

    symbol = "INVALID_TOKEN"


class PaymentRequired(OrderError):
    """The terms want the money first, and it is not there, not enough, or not proved."""


class BillCredited(OrderError):
    """A held bill whose CDR the operator took back cannot be released."""


class DecisionRefused(OrderError):
    """A decision about a CDR that cannot be taken: without a reason, or with nothing to decide."""
