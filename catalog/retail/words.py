"""What a driver pays by a tariff and a price rule, in the words of the driver's languages. Pure.

Source: docs/pricing.md; beckn.md f 31b (catalogue price: the energy component, all else as tags).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from catalog.pricing import TariffError
from catalog.pricing.phrases import LANGUAGES, Phrases
from catalog.pricing.restriction_reader import CHARGING
from catalog.pricing.tariff import Component, Limit, Tariff, read_tariff
from catalog.pricing.taxes import read_version
from catalog.pricing.words import price_words, words_of
from catalog.retail.apply import changed_price
from catalog.retail.rule import HUNDRED, Kind, Terms
from emsp.core.money import to_cents

ENERGY = (CHARGING, "ENERGY")
MOST_CHARACTERS = 300  # what is longer nobody reads on a telephone; the quote tells it in lines
BLOCK_WH = 1000


def driver_words(tariff: Mapping[str, Any], terms: Terms, *, ocpi_version: str) -> str:
    """The price in words: English, then Hindi, a line each; empty where the price per kWh says it all.

    tariff: the operator's. terms: of the rule in force, Terms() where none is. Amounts are those a driver pays. Empty
    too for a tariff that cannot be read or takes more than 300 characters to tell.
    """
    try:
        sold = _sold(read_tariff(tariff, read_version(ocpi_version)), terms)
    except TariffError:
        return ""
    if not terms.service_fee and _only_per_kwh(sold):
        return ""
    told = [words_of(sold, phrases, list(_own(sold, terms, phrases))) for phrases in LANGUAGES.values()]
    return "\n".join(told) if max(map(len, told)) <= MOST_CHARACTERS else ""


def _only_per_kwh(tariff: Tariff) -> bool:
    if list(tariff.candidates) != [ENERGY] or Limit() != tariff.minimum or Limit() != tariff.maximum:
        return False
    first = tariff.candidates[ENERGY][0]
    return not first.checks and first.step_size < BLOCK_WH


def _own(tariff: Tariff, terms: Terms, phrases: Phrases) -> Iterator[str]:
    """The service fee."""
    if terms.service_fee:
        yield phrases.per_session.format(
            price_words(to_cents(terms.with_vat(terms.service_fee), tariff.currency), tariff.currency)
        )


def _sold(tariff: Tariff, terms: Terms) -> Tariff:
    """The tariff as `retail` changes the lines that it makes."""
    if terms.kind == Kind.FLAT and terms.energy_price is not None:
        beside = {
            place: listed
            for place, listed in tariff.candidates.items()
            if place[0] != CHARGING or place[1] == "PARKING_TIME"
        }
        # The energy and whatever else is covered have one price; no limit of the operator binds the driver.
        flat = _energy(terms.with_vat(terms.energy_price))
        kept = {place: [_same(component) for component in listed] for place, listed in beside.items()}
        return replace(tariff, candidates={ENERGY: [flat], **kept}, minimum=Limit(), maximum=Limit())
    candidates = {
        place: [_changed(component, terms, energy=place == ENERGY) for component in listed]
        for place, listed in tariff.candidates.items()
    }
    if terms.kind == Kind.MARKUP and terms.markup_per_kwh and ENERGY not in candidates:
        candidates = {ENERGY: [_energy(terms.with_vat(terms.markup_per_kwh))], **candidates}
    minimum, maximum = (_limit(limit, terms) for limit in (tariff.minimum, tariff.maximum))
    return replace(tariff, candidates=candidates, minimum=minimum, maximum=maximum)


def _energy(price: Decimal) -> Component:
    return Component("ENERGY", price, None, None, price, Decimal(0), 0, ())


def _same(component: Component) -> Component:
    return _changed(component, Terms(), energy=False)


def _changed(component: Component, terms: Terms, *, energy: bool) -> Component:
    """What the driver pays for it is all there is: where the operator's tax is not known, none is added."""
    known = (component.incl, component.excl, component.price)
    cost = next(price for price in known if price is not None)
    price = changed_price(cost, terms, energy=energy)
    return replace(component, price=price, incl=price)


def _limit(limit: Limit, terms: Terms) -> Limit:
    """A limit of the operator's price with the percentage on it, as the line that it makes has it."""
    factor = 1 + (terms.markup_percent or Decimal(0)) / HUNDRED if terms.kind == Kind.MARKUP else Decimal(1)
    excl, incl = (None if side is None else side * factor for side in (limit.excl, limit.incl))
    return Limit(excl, incl)
