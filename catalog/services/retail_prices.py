"""What offers show per kWh: the operator's price as the books that count make it, and until when."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from catalog.books import Book, zone_of
from catalog.retail import Rule, Sale, changes_at, choose, energy_price
from catalog.services.cost_prices import OfferPrice, PriceKey, storable


class RetailPrices:
    """Retail prices at one moment for every app alike; what many offers share is worked out once."""

    def __init__(self, books: list[Book], at: datetime) -> None:
        self._books = books
        self._at = at
        self._locations = {rule.match.location_id for book in books for rule in book.rules}
        self._known: dict[object, OfferPrice] = {}

    def of(
        self, cost: OfferPrice, key: PriceKey, *, location_id: int, standard: str, power_w: int | None
    ) -> OfferPrice:
        """The price of an offer, from that of the operator (`key` is what decides the latter)."""
        named = location_id if location_id in self._locations else 0
        place = (key, cost.currency, named, standard, power_w)
        if place not in self._known:
            zone = zone_of(key.time_zone)
            sale = Sale(key.party_id, named, standard, power_w, cost.currency, self._at.astimezone(zone))
            self._known[place] = self._priced(cost, sale)
        return self._known[place]

    def _priced(self, cost: OfferPrice, sale: Sale) -> OfferPrice:
        even, odd = (self._in_column(cost, sale, is_odd=is_odd) for is_odd in (False, True))
        zone = sale.local.tzinfo
        rules: list[Rule] = [rule for book in self._books for rule in book.rules]
        change = changes_at(rules, sale, self._at, zone)  # type: ignore[arg-type]
        moments = [moment for moment in (cost.valid_until, change) if moment is not None]
        return replace(cost, energy_price=even, energy_price_odd=odd, valid_until=min(moments, default=None))

    def _in_column(self, cost: OfferPrice, sale: Sale, *, is_odd: bool) -> Decimal | None:
        """The price by the book of that column; None where no book that counts has it."""
        book = next((book for book in self._books if book.is_odd == is_odd), None)
        if book is None:
            return None
        rule = choose(book.rules, sale).rule
        return storable(energy_price(cost.cost_price, rule.terms)) if rule else cost.cost_price
