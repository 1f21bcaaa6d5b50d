"""What a draft of the price book would have earned with past charges: revenue, cost and margin per rule.

The charges come from the app above: it registers where they are found.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.books import sale_of
from catalog.models import Offer
from catalog.retail import Rule, Terms, choose, retail
from catalog.services.priced_lines import PricedLines

ZERO = Decimal("0.00")
NO_RULE = "passed through"


@dataclass(frozen=True)
class Charge:
    """A charge that was billed. cost: by the operator's tariff; billed: what the driver paid, incl. VAT."""

    offer: Offer
    at: datetime
    sold_through: str
    cost: PricedLines
    billed: Decimal


@dataclass
class Outcome:
    """What one rule makes of the charges that it fits, in one currency. revenue and cost without VAT."""

    rule: str
    currency: str
    charges: int = 0
    energy_kwh: Decimal = Decimal(0)
    paid: Decimal = ZERO
    billed: Decimal = ZERO
    revenue: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def margin(self) -> Decimal:
        """What stays with us, without VAT."""
        return self.revenue - self.cost

    @property
    def margin_percent(self) -> Decimal | None:
        """The margin as a share of the revenue; None without any."""
        return (100 * self.margin / self.revenue).quantize(Decimal("0.1")) if self.revenue else None

    def add(self, charge: Charge, priced: PricedLines) -> None:
        """One more charge."""
        self.charges += 1
        self.energy_kwh += priced.energy_kwh
        self.paid += priced.total
        self.billed += charge.billed
        self.revenue += priced.total_excl_vat
        self.cost += charge.cost.total_excl_vat


Source = Callable[[datetime, datetime, int], Iterator[Charge]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Say where past charges are found: (since, until, at most) → charges, the newest first."""
    if source not in _sources:
        _sources.append(source)


def past_charges(since: datetime, until: datetime, most: int) -> Iterator[Charge]:
    """The charges billed in a time, at most so many."""
    for source in _sources:
        yield from source(since, until, most)


def simulate(rules: Iterable[Rule], charges: Iterable[Charge]) -> list[Outcome]:
    """The outcome per rule and currency, the largest revenue first; charges that no rule fits are one of them."""
    listed = tuple(rules)
    outcomes: dict[tuple[int, str], Outcome] = {}
    for charge in charges:
        currency = charge.cost.currency
        sale = sale_of(charge.offer, at=charge.at, sold_through=charge.sold_through, currency=currency)
        rule = choose(listed, sale).rule
        priced = retail(charge.cost, rule.terms if rule else Terms())
        name = rule.name if rule else NO_RULE
        outcome = outcomes.setdefault((rule.id if rule else 0, currency), Outcome(name, currency))
        outcome.add(charge, priced)
    return sorted(outcomes.values(), key=lambda outcome: (outcome.currency, -outcome.revenue, outcome.rule))
