"""`init`: the terms are agreed, the charger is checked at the CPO and reserved."""

from decimal import Decimal

from django.db import transaction

from catalog.models import Offer
from sessions.models import Order
from sessions.services import quoting, reserving
from sessions.services.binding import check_own
from sessions.services.moves import lock, move
from sessions.services.quoting import Wish
from sessions.states import DRAFTS, OrderState


@transaction.atomic
def agree(
    *,
    order: Order | None,
    sold_through: str,
    offer: Offer,
    wish: Wish,
    driver_hash: str,
    stated_total: Decimal | None = None,
    stated_currency: str = "",
    stated_quote_id: str = "",
) -> Order:
    """Make sure there is a binding quote for this offer, then ask the CPO for the charger.

    The quote of an earlier select binds when the app names the same offer and no other amount of energy;
    without one (RFC §9.2 has no select) it is made now. One that is over is made anew where the app stated no
    amount: on_init tells the new one. An order that is reserved already stays as it is.
    Raises EvseUnavailable, QuoteExpired, QuantityUnavailable, PriceUnknown, TokenBlocked, CpoRefused.
    """
    check_own(order, stated_quote_id)
    draft = lock(order.pk) if order and order.state in DRAFTS else None
    if draft is None or draft.offer_id != offer.pk or _other_wish(draft, wish, stated_total):
        draft = quoting.select(
            order=draft, sold_through=sold_through, offer=offer, wish=wish, driver_hash=driver_hash
        )
    quoting.check_binding(draft, offer=offer, total=stated_total, currency=stated_currency)
    _keep_amount(draft, wish)
    draft.driver_hash = driver_hash or draft.driver_hash
    if draft.state in (OrderState.RESERVED, OrderState.RESERVING):
        draft.save()
        return draft
    quoting.check_available(offer, draft)
    reserving.give_token(draft)
    reserving.ask_for_charger(draft, reserve=reserving.wanted_at("init", draft))
    move(draft, OrderState.RESERVING, reason="the charge point is asked")
    return draft


def _other_wish(order: Order, wish: Wish, stated_total: Decimal | None) -> bool:
    """Whether the app now wants another amount than it was quoted, or holds to no amount when the quote is over."""
    if order.quote is None or (stated_total is None and quoting.is_over(order.quote)):
        return True
    if wish.energy_kwh is not None:
        return wish.energy_kwh != order.quote.energy_kwh
    return wish.amount is not None and wish.amount < order.quote.total


def _keep_amount(draft: Order, wish: Wish) -> None:
    """An amount of money that covers the quote changes no price; it is the most that the driver wants to spend."""
    amount = quoting.amount_of(wish)
    if draft.quote is not None and amount not in (None, draft.quote.amount_ordered):
        draft.quote.amount_ordered = amount
        draft.quote.save(update_fields=["amount_ordered"])
