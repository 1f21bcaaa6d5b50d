"""A price rule in words: for which sales it is meant, and what the driver pays."""

from collections.abc import Iterator
from decimal import Decimal

from catalog.models import PriceRule
from catalog.pricing.words import price_words
from catalog.retail import Kind
from emsp.core.money import plain


def matchers(rule: PriceRule) -> str:
    """`operator IN-CPO, 50 kW or more, MON, TUE, 17:00–21:00`; `every sale` where nothing is named."""
    return ", ".join(_matchers(rule)) or "every sale"


def terms(rule: PriceRule) -> str:
    """`operator's price + 10 % + ₹2.00/kWh, at most ₹30.00/kWh, ₹5.00 per session, own amounts + 18 % VAT`."""
    return ", ".join(_terms(rule))


def _matchers(rule: PriceRule) -> Iterator[str]:
    if rule.party is not None:
        yield f"operator {rule.party.country_code}-{rule.party.party_id}"
    if rule.location is not None:
        yield f"location {rule.location.ocpi_id}"
    if rule.sold_through:
        yield f"app {rule.sold_through}"
    if rule.connector_standard:
        yield rule.connector_standard
    if rule.min_power_w is not None:
        yield f"{_kw(rule.min_power_w)} kW or more"
    if rule.max_power_w is not None:
        yield f"below {_kw(rule.max_power_w)} kW"
    yield from rule.weekdays
    if rule.start_time or rule.end_time:
        start = f"{rule.start_time:%H:%M}" if rule.start_time else "00:00"
        yield f"{start}–{f'{rule.end_time:%H:%M}' if rule.end_time else '24:00'}"
    if rule.effective_from:
        yield f"from {rule.effective_from:%Y-%m-%d %H:%M} UTC"
    if rule.effective_until:
        yield f"until {rule.effective_until:%Y-%m-%d %H:%M} UTC"


def _terms(rule: PriceRule) -> Iterator[str]:
    if rule.kind == Kind.FLAT and rule.energy_price is not None:
        yield f"{price_words(rule.energy_price, rule.currency)}/kWh"
    elif rule.kind == Kind.MARKUP:
        percent = f" + {plain(rule.markup_percent)} %" if rule.markup_percent else ""
        own = f" + {price_words(rule.markup_per_kwh, rule.currency)}/kWh" if rule.markup_per_kwh else ""
        yield f"operator's price{percent}{own}"
    else:
        yield "operator's price"
    if rule.floor_per_kwh is not None:
        yield f"at least {price_words(rule.floor_per_kwh, rule.currency)}/kWh"
    if rule.cap_per_kwh is not None:
        yield f"at most {price_words(rule.cap_per_kwh, rule.currency)}/kWh"
    if rule.service_fee:
        yield f"{price_words(rule.service_fee, rule.currency)} per session"
    if rule.vat_percent:
        yield f"own amounts + {plain(rule.vat_percent)} % VAT"


def _kw(power_w: int) -> str:
    return plain(Decimal(power_w) / 1000)
