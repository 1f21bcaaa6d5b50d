"""What is on offer, and the price book by which it is sold."""

from catalog.models.offer import Offer
from catalog.models.price_book import BookState, PriceBookVersion, PriceRule

__all__ = ["BookState", "Offer", "PriceBookVersion", "PriceRule"]
