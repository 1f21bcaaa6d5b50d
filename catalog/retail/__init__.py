"""What drivers pay: rules of the price book, which of them applies, and what it makes of a cost. Pure: no Django.

Source: docs/pricing.md; design.md §8 (what the driver pays).
"""

from catalog.retail.apply import energy_price, retail
from catalog.retail.choice import Chosen, changes_at, choose
from catalog.retail.rule import Kind, Match, Rule, Sale, Terms
from catalog.retail.words import driver_words

__all__ = [
    "Chosen",
    "Kind",
    "Match",
    "Rule",
    "Sale",
    "Terms",
    "changes_at",
    "choose",
    "driver_words",
    "energy_price",
    "retail",
]
