"""What offers show per kWh: the operator's price as the books that count make it, and until when."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from catalog.books import Book, zone_of
from catalog.retail import Rule, Sale, Terms, changes_at, choose, driver_words, energy_price
from catalog.services.cost_prices import OfferPrice, PriceKey, storable
from ocpi.models import Tariff


class RetailPrices:
    """Retail prices at one moment for every app alike; what many offers share is worked out once."""

    def __init__(self, books: list[Book], at: datetime) -> None:
        self._books = books
        self._at = at
        self._locations = {rule.match.location_id for book in books for rule in book.rules}
        self._known: dict[object, OfferPrice] = {}
        self._words: dict[tuple[int, Terms, str], str] = {}

    def of(
        self, cost: OfferPrice, key: PriceKey, *, location_id: int, standard: str, power_w: int | None
    ) -> OfferPrice:
        """The price of an offer, from that of the operator (`key` is what decides the latter)."""
        named = location_id if location_id in self._locations else 0
        place = (key, cost.currency, named, standard, power_w)
        if place not in self._known:
            zone = zone_of(key.time_zone)
            sale = Sale(key.party_id, named, standard, power_w, cost.currency, self._at.astimezone(zone))
            self._known[place] = self._priced(cost, sale, key.version)
        return self._known[place]

    def _priced(self, cost: OfferPrice, sale: Sale, version: str) -> OfferPrice:
        even, odd = (self._in_column(cost, sale, version, is_odd=is_odd) for is_odd in (False, True))
        zone = sale.local.tzinfo
        rules: list[Rule] = [rule for book in self._books for rule in book.rules]
        change = changes_at(rules, sale, self._at, zone)  # type: ignore[arg-type]
        moments = [moment for moment in (cost.valid_until, change) if moment is not None]
        return replace(
            cost,
            energy_price=even[0],
            energy_price_odd=odd[0],
            price_words=even[1],
            price_words_odd=odd[1],
            valid_until=min(moments, default=None),
        )

    def _in_column(
        self, cost: OfferPrice, sale: Sale, version: str, *, is_odd: bool
    ) -> tuple[Decimal | None, str]:
        """Price and words by the book of that column; none where no book that counts has it."""
        book = next((book for book in self._books if book.is_odd == is_odd), None)
        if book is None:
            return None, ""
        rule = choose(book.rules, sale).rule
        price = storable(energy_price(cost.cost_price, rule.terms)) if rule else cost.cost_price
        return price, self._in_words(cost.tariff, rule.terms if rule else Terms(), version)

    def _in_words(self, tariff: Tariff | None, terms: Terms, version: str) -> str:
        if tariff is None:
            return ""
        known = (tariff.pk, terms, version)
        if known not in self._words:
            self._words[known] = driver_words(tariff.raw, terms, ocpi_version=version)
        return self._words[known]
