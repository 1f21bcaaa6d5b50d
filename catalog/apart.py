"""Prices for an app that price rules name: what offers store holds for every other app."""

from django.utils import timezone

from catalog import books
from catalog.retail import Terms, choose, driver_words, energy_price
from catalog.search_types import FoundOffer
from ocpi.models import Tariff


def priced_for(sold_through: str, offers: list[FoundOffer], book: books.Book) -> list[FoundOffer]:
    """The same offers with the prices of an app that has rules of its own, by the book the rows were read with."""
    if offers and sold_through and book.sells_apart(sold_through):
        at = timezone.now()
        told = _Words({offer.tariff_id for offer in offers})
        for offer in offers:
            rule = choose(book.rules, books.sale_of(offer, at=at, sold_through=sold_through)).rule
            offer.energy_price = energy_price(offer.cost_price, rule.terms) if rule else offer.cost_price
            offer.price_words = told.of(offer.tariff_id, rule.terms if rule else Terms())
    return offers


class _Words:
    """The words of some tariffs, each worked out once for the same terms. One query."""

    def __init__(self, tariff_ids: set[int | None]) -> None:
        known = Tariff.objects.filter(pk__in=[pk for pk in tariff_ids if pk])
        rows = known.values_list("pk", "raw", "party__connection__version")
        self._tariffs = {pk: (raw, version) for pk, raw, version in rows}
        self._known: dict[tuple[int, Terms], str] = {}

    def of(self, tariff_id: int | None, terms: Terms) -> str:
        """Empty for a tariff that is gone."""
        if tariff_id is None or tariff_id not in self._tariffs:
            return ""
        if (tariff_id, terms) not in self._known:
            raw, version = self._tariffs[tariff_id]
            self._known[tariff_id, terms] = driver_words(raw, terms, ocpi_version=version)
        return self._known[tariff_id, terms]
