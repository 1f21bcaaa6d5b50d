"""What a charging session costs by an OCPI tariff. Pure: no Django, no database, no network.

    priced = price_periods(tariff, periods, time_zone="Europe/Amsterdam", end=end)
    priced.total.incl_vat, priced.explanation

Source: ocpi.md section 4; OCPI 2.2.1 mod_tariffs and mod_cdrs.
"""

from catalog.pricing.case import price_case
from catalog.pricing.engine import price_facts, price_periods
from catalog.pricing.errors import TariffError
from catalog.pricing.lines import STEP_MODES, StepMode
from catalog.pricing.priced import Amount, EnergyPrice, Item, Priced
from catalog.pricing.quote import energy_price_at, energy_price_changes_at

__all__ = [
    "STEP_MODES",
    "Amount",
    "EnergyPrice",
    "Item",
    "Priced",
    "StepMode",
    "TariffError",
    "energy_price_at",
    "energy_price_changes_at",
    "price_case",
    "price_facts",
    "price_periods",
]
