"""The back office of the catalogue: offers, tariffs with findings, the price book."""

from catalog.admin import contract_tariffs, offers, price_book, price_rules, tariffs

__all__ = ["contract_tariffs", "offers", "price_book", "price_rules", "tariffs"]
