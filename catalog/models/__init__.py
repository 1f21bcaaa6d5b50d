"""What is on offer, what search tells of it, and the price book by which it is sold."""

from catalog.models.offer import Offer
from catalog.models.price_book import BookState, PriceBookVersion, PriceRule
from catalog.models.station_text import StationText

__all__ = ["BookState", "Offer", "PriceBookVersion", "PriceRule", "StationText"]
