"""What the operator takes per kWh at an offer, now and until when."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from catalog.pricing import TariffError, energy_price_at, energy_price_changes_at
from catalog.selectors import TariffBook, choose
from catalog.services.priced_lines import unit_price
from ocpi.models import Tariff

log = logging.getLogger(__name__)

MOST = Decimal(100_000_000)  # what is not below it, in any currency, is a mistake


@dataclass(frozen=True)
class OfferPrice:
    """What an offer says about its price; prices per kWh incl. VAT, None when not known.

    tariff: the one in force. cost_price: the operator's. energy_price, energy_price_odd: what drivers pay, by the book of
    that column; price_words, price_words_odd: the same with all that is beside it, as an Offer has them.
    """

    tariff: Tariff | None = None
    cost_price: Decimal | None = None
    energy_price: Decimal | None = None
    energy_price_odd: Decimal | None = None
    price_words: str = ""
    price_words_odd: str = ""
    currency: str = ""
    valid_until: datetime | None = None
    green: bool = False

    @property
    def tariff_id(self) -> int | None:
        return self.tariff.pk if self.tariff else None


class PriceKey(NamedTuple):
    """Connectors that agree in this have the same price."""

    connection_id: int
    version: str
    party_id: int
    tariff_ids: tuple[str, ...]
    time_zone: str
    power_w: int | None


class CostList:
    """Operators' prices at one moment; each combination of tariffs, time zone and power is worked out once."""

    def __init__(self, keys: Iterable[PriceKey], at: datetime) -> None:
        wanted = set(keys)
        self._at = at
        self._prices: dict[PriceKey, OfferPrice] = {}
        self._book = TariffBook.load(
            {key.connection_id for key in wanted}, {each for key in wanted for each in key.tariff_ids}
        )

    def of(self, key: PriceKey) -> OfferPrice:
        """The price for connectors with this key."""
        if key not in self._prices:
            tariffs = self._book.named(key.tariff_ids, party_id=key.party_id, connection_id=key.connection_id)
            self._prices[key] = price_at(
                tariffs, self._at, time_zone=key.time_zone, version=key.version, power_w=key.power_w
            )
        return self._prices[key]


def price_at(
    tariffs: list[Tariff], at: datetime, *, time_zone: str, version: str, power_w: int | None
) -> OfferPrice:
    """The operator's price per kWh by the tariff in force, out of those that a connector names, at its power.

    valid_until: when to look again: the price's own end, the tariff's, or the start of the next one.
    A tariff that cannot be read, has no energy price now or an impossible one leaves the price unknown.
    Source: ocpi.md 4.5, 4.8; beckn.md f 31b (energy component only).
    """
    choice = choose(tariffs, at)
    if choice.tariff is None:
        return OfferPrice(valid_until=choice.changes_at)
    tariff = choice.tariff
    price, changes_at = None, None
    power_kw = Decimal(power_w) / 1000 if power_w else None
    where: dict[str, Any] = {"time_zone": time_zone, "ocpi_version": version, "power_kw": power_kw}
    try:
        found = energy_price_at(tariff.raw, at, **where)
        changes_at = energy_price_changes_at(tariff.raw, at, **where)
        if found is not None:
            # Where VAT is not known (2.1.1), the price without it is all there is.
            price = found.price_incl_vat if found.price_incl_vat is not None else found.price_excl_vat
    except TariffError as error:
        log.warning("tariff %s of party %s cannot be priced: %s", tariff.ocpi_id, tariff.party_id, error)
    moments = [moment for moment in (changes_at, choice.changes_at) if moment is not None and moment > at]
    return OfferPrice(
        tariff=tariff,
        cost_price=storable(price),
        currency=tariff.currency.upper(),
        valid_until=min(moments, default=None),
        green=_is_green(tariff.raw),
    )


def storable(price: Decimal | None) -> Decimal | None:
    """A price per unit as it is shown; None when no column could hold it."""
    return unit_price(price) if price is not None and abs(price) < MOST else None


def _is_green(tariff: dict[str, Any]) -> bool:
    mix = tariff.get("energy_mix")
    return isinstance(mix, dict) and mix.get("is_green_energy") is True
