"""Quotes: priced, stored and binding from `select` on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from catalog.errors import PriceUnknown
from catalog.models import Offer
from catalog.services import quoting as prices
from catalog.services.priced_lines import PricedLines
from emsp.core.money import CENT
from ocpi.models import Party
from ocpi.services import silent_peers
from sessions import outcomes
from sessions.errors import CpoRefused, EvseUnavailable, QuantityUnavailable, QuoteExpired
from sessions.models import Order, Quote, QuoteKind
from sessions.services import release
from sessions.services.binding import check_whole, digest_of
from sessions.services.moves import lock, move
from sessions.states import DRAFTS, OrderState

MAX_ENERGY_KWH = Decimal(1000)
MAX_AMOUNT = Decimal("999999999999.99")  # what a row can hold
USABLE = frozenset({"AVAILABLE", "UNKNOWN"})  # UNKNOWN may work; the charge point has the last word


@dataclass(frozen=True)
class Wish:
    """How much the driver wants: energy in kWh, or what a sum of money buys (incl. VAT), or nothing said.

    estimated_kwh: what fits into the time slot that the app named; it counts when nothing else was said.
    """

    energy_kwh: Decimal | None = None
    amount: Decimal | None = None
    start_at: datetime | None = None
    estimated_kwh: Decimal | None = None


@transaction.atomic
def select(
    *, order: Order | None, sold_through: str, offer: Offer, wish: Wish, driver_hash: str = ""
) -> Order:
    """Quote an offer; the draft order of the conversation is used again, else a new one is made.

    Another offer than before gives up what the draft had reserved.
    Raises EvseUnavailable, QuantityUnavailable, PriceUnknown, CpoRefused. Source: beckn.md e.2 select, e.4 Quantity.
    """
    order = lock(order.pk) if order and order.state in DRAFTS else None
    check_available(offer, order)
    if order is None:
        order = Order.objects.create(sold_through=sold_through, offer=offer, party=offer.party)
        order = lock(order.pk)
    elif order.offer_id != offer.pk:
        release.give_up_draft(order, reason="another charger was selected")
        order.offer, order.party = offer, offer.party
    if driver_hash:
        order.driver_hash = driver_hash
    order.quote = make_quote(order, wish)
    if order.state == OrderState.AGREED:
        move(order, OrderState.QUOTED, reason="quoted again")
    else:
        order.save()
    return order


def check_available(offer: Offer, order: Order | None) -> None:
    """Raises EvseUnavailable unless the charger is free, or reserved for this very order; CpoRefused as check_reachable."""
    if not offer.listed:
        raise EvseUnavailable("this charger is no longer offered")
    check_reachable(offer.party)
    ours = order is not None and order.state == OrderState.RESERVED and order.offer_id == offer.pk
    if offer.status in USABLE or (ours and offer.status == "RESERVED"):
        return
    raise EvseUnavailable(f"this charger is not available now (status {offer.status})")


def check_reachable(party: Party) -> None:
    """Raises CpoRefused while the operator is left alone because it does not answer; the order stays as it is.

    Source: beckn.md a.7, circuit open.
    """
    if silent_peers.is_left_alone(party):
        raise CpoRefused(outcomes.CPO_UNAVAILABLE, outcomes.text_of(outcomes.CPO_UNAVAILABLE))


def make_quote(order: Order, wish: Wish) -> Quote:
    """Price the wish for the order's offer and store it with its ttl; the quote is not yet set on the order."""
    now = timezone.now()
    if wish.start_at and wish.start_at > now + timedelta(seconds=settings.RESERVATION_S):
        raise QuantityUnavailable(
            f"slots cannot be booked ahead; the nearest start is now, {now:%Y-%m-%dT%H:%M:%SZ}"
        )
    energy_kwh = _energy_wanted(order, wish, now)
    priced = prices.quote(order.offer, energy_kwh=energy_kwh, at=now, sold_through=order.sold_through)
    quote = Quote(
        order=order,
        offer=order.offer,
        kind=QuoteKind.QUOTE,
        energy_kwh=energy_kwh,
        energy_estimated=wish.energy_kwh is None and wish.amount is None,
        amount_ordered=amount_of(wish),
        unit_price=priced.unit_price,
        currency=priced.currency,
        total=priced.total,
        lines=stored_lines(priced),
        tariff=priced.tariff,
        tariff_version_id=priced.tariff_version,
        rule=priced.rule,
        cost_total=priced.at_cost.total,
        explanation=priced.explanation,
        expires_at=now + timedelta(seconds=settings.BECKN_QUOTE_TTL_S),
    )
    quote.digest = digest_of(quote)
    quote.save()
    return quote


def amount_of(wish: Wish) -> Decimal | None:
    """The most that the driver wants to spend, in whole cents; None when the app named no amount of money."""
    return None if wish.amount is None else min(wish.amount, MAX_AMOUNT).quantize(CENT, ROUND_FLOOR)


def stored_lines(priced: PricedLines) -> list[dict[str, str | None]]:
    """Lines in the form in which a Quote keeps them; decimals as text."""
    return [
        {
            "code": line.code,
            "quantity": str(line.quantity),
            "unit": line.unit,
            "unit_price": str(line.unit_price_incl_vat),
            "amount": str(line.amount),
            "vat": None if line.vat is None else str(line.vat),
        }
        for line in priced.lines
    ]


def _energy_wanted(order: Order, wish: Wish, now: datetime) -> Decimal:
    if wish.amount is not None:
        return prices.energy_for_amount(
            order.offer, amount=wish.amount, at=now, sold_through=order.sold_through
        )
    said_kwh = (wish.energy_kwh, wish.estimated_kwh, Decimal(settings.BECKN_DEFAULT_ENERGY_KWH))
    energy_kwh = next(kwh for kwh in said_kwh if kwh is not None)
    if energy_kwh <= 0:
        raise QuantityUnavailable(f"the energy must be above 0 kWh, not {energy_kwh}")
    if energy_kwh > MAX_ENERGY_KWH:
        raise QuantityUnavailable(f"at most {MAX_ENERGY_KWH} kWh can be ordered at once")
    return energy_kwh


def check_binding(order: Order, *, offer: Offer | None, total: Decimal | None, currency: str = "") -> None:
    """Raises QuoteExpired unless the app means the quote we gave: same offer, same total, still valid, unchanged.

    total: what the app says the order costs, incl. VAT; None when it says nothing. Our stored total is what counts.
    Source: design.md §5, a quote binds; beckn.md a.7, 40003.
    """
    quote = order.quote
    if quote is None or is_over(quote):
        raise QuoteExpired("the quote is over; select again for a new one")
    check_whole(quote)
    if offer is not None and offer.pk != order.offer_id:
        raise QuoteExpired("the quote is for another charger")
    if total is not None and total != quote.total:
        raise QuoteExpired(f"the quote is {quote.total} {quote.currency}, not {total}")
    if currency and currency.upper().split("/")[0].strip() != quote.currency:
        raise QuoteExpired(f"the quote is in {quote.currency}")


def is_over(quote: Quote) -> bool:
    """Whether the time of a quote is up."""
    return bool(quote.expires_at and quote.expires_at <= timezone.now())


__all__ = [
    "PriceUnknown",
    "Wish",
    "amount_of",
    "check_available",
    "check_binding",
    "check_reachable",
    "is_over",
    "make_quote",
    "select",
    "stored_lines",
]
