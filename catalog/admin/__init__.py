"""The back office of the catalogue: offers, tariffs with findings, the price book."""

from catalog.admin import offers, price_book, price_rules, tariffs

__all__ = ["offers", "price_book", "price_rules", "tariffs"]
