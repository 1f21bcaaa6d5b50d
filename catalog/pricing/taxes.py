"""How a price of a tariff becomes an amount excluding and including tax, per OCPI version.

Source: ocpi.md 4.7; OCPI 2.2.1 mod_tariffs, PriceComponent.vat; OCPI 2.3.0 mod_tariffs, TaxIncluded.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from catalog.pricing.errors import TariffError
from catalog.pricing.reading import read_list, read_object, read_optional_number, read_word, shown

Rates = tuple[Decimal | None, Decimal | None]


class TaxRule(Enum):
    """What the price of a component means when taxes are counted."""

    VAT_ON_TOP = "2.2, 2.2.1: no vat means that no VAT applies"
    TAX_ON_TOP = "2.1.1, 2.3.0 NO: no vat means that the tax is not known"
    TAX_INCLUDED = "2.3.0 YES"
    NO_TAX = "2.3.0 N/A"


def read_version(value: Any) -> str:
    """One of 2.1.1, 2.2, 2.2.1, 2.3.0 for any spelling of them; TariffError for other versions."""
    text = str(value).strip() if isinstance(value, str) else ""
    if text.startswith(("2.0", "2.1")):
        return "2.1.1"
    if text in ("2.2", "2.2.0"):
        return "2.2"
    if text.startswith("2.2."):
        return "2.2.1"
    if text.startswith("2.3"):
        return "2.3.0"
    raise TariffError("ocpi_version", f"2.1.1, 2.2, 2.2.1 or 2.3.0 is needed, not {shown(value)}")


def tax_rule(tariff: Mapping[str, Any], version: str, notes: list[str]) -> TaxRule:
    """The rule for the prices of this tariff. What is missing or unknown is told in notes."""
    if version == "2.1.1":
        return TaxRule.TAX_ON_TOP
    if version != "2.3.0":
        return TaxRule.VAT_ON_TOP
    stated = tariff.get("tax_included")
    match read_word(stated):
        case "YES":
            return TaxRule.TAX_INCLUDED
        case "N/A" | "NA":
            return TaxRule.NO_TAX
        case "NO":
            return TaxRule.TAX_ON_TOP
    notes.append(f"tax_included is {shown(stated)}: the prices are read as excluding taxes.")
    return TaxRule.TAX_ON_TOP


def rates(price: Decimal, vat: Decimal | None, rule: TaxRule) -> Rates:
    """(excluding, including tax) of a price; None for the side that cannot be known. vat in percent."""
    if not price or rule is TaxRule.NO_TAX:
        return price, price
    factor = None if vat is None else 1 + vat / 100
    if rule is TaxRule.TAX_INCLUDED:
        return (None if factor is None else price / factor), price
    if factor is None:
        return price, (price if rule is TaxRule.VAT_ON_TOP else None)
    return price, price * factor


def read_price(value: Mapping[str, Any], field: str, version: str) -> Rates:
    """(excluding, including tax) of a Price or PriceLimit; its members may be those of another version.

    before_taxes with taxes and no after_taxes: the taxes are added. Raises TariffError naming the member.
    """
    spellings = [side_names(spelling) for spelling in (version, "2.2.1", "2.3.0")]
    stated = (names for names in spellings if any(value.get(side) is not None for side in names))
    before, after = next(stated, spellings[0])
    excl, incl = (read_optional_number(value.get(side), f"{field}.{side}") for side in (before, after))
    taxes = read_list(value.get("taxes"), f"{field}.taxes")
    if excl is not None and incl is None and taxes:
        incl = excl
        for place, tax in enumerate(taxes):
            name = f"{field}.taxes[{place}]"
            amount = read_optional_number(read_object(tax, name).get("amount"), f"{name}.amount")
            incl = None if incl is None or amount is None else incl + amount
    return excl, incl


def side_names(version: str) -> tuple[str, str]:
    """The members of a Price in this version, excluding and including tax."""
    return ("before_taxes", "after_taxes") if version == "2.3.0" else ("excl_vat", "incl_vat")


def side_words(version: str) -> tuple[str, str]:
    """The same for people."""
    return ("before taxes", "after taxes") if version == "2.3.0" else ("excl. VAT", "incl. VAT")
