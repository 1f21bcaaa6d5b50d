"""What cancelling costs."""

from decimal import Decimal

from django.conf import settings

from emsp.core.money import to_cents
from sessions.models import Order, Quote, QuoteKind
from sessions.services.following import follow_quote, own_line
from sessions.states import OrderState

HUNDRED = Decimal(100)


def fee_now(order: Order) -> Decimal:
    """What cancelling costs at this moment, incl. VAT: a share of the quote once the car charges, else nothing."""
    if order.state != OrderState.CHARGING or order.quote is None:
        return Decimal("0.00")
    fee = order.quote.total * Decimal(settings.CANCELLATION_FEE_PERCENT) / HUNDRED
    return to_cents(fee, order.quote.currency)


def cancellation_lines(quote: Quote, fee: Decimal) -> list[dict[str, str | None]]:
    """The quote's lines and a negative `refund` line, so that the sum is the fee (beckn.md e.4, Cancellation)."""
    return [*quote.lines, own_line("refund", fee - quote.total)]


def quote_of_fee(order: Order) -> Quote:
    """What cancelling would cost now, not stored: the answer to a soft cancel."""
    quote, fee = order.quote, fee_now(order)
    assert quote is not None  # asked for orders that were quoted
    return Quote(
        offer=order.offer,
        kind=QuoteKind.CANCELLATION,
        energy_kwh=quote.energy_kwh,
        currency=quote.currency,
        total=fee,
        lines=cancellation_lines(quote, fee),
        unit_price=quote.unit_price,
    )


def store_cancellation_quote(order: Order) -> Quote | None:
    """Keep what is owed for a cancelled or failed order: order.fee. None when it was never quoted."""
    quote = order.quote
    if quote is None:
        return None
    return follow_quote(
        order,
        kind=QuoteKind.CANCELLATION,
        energy_kwh=quote.energy_kwh,
        unit_price=quote.unit_price,
        total=order.fee,
        lines=cancellation_lines(quote, order.fee),
    )
