"""GST of India by the place of supply: halves for centre and state within the seller's state, IGST between states.

Source: IGST Act 2017, sections 7 and 8; CGST Rules 46(m), (n). States are known by the codes that begin a GSTIN. Pure.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from emsp.core.money import plain, to_cents

# code → the name that is printed, then other spellings and the ISO 3166-2 letters
STATES = {
    "01": ("Jammu and Kashmir", "JK"),
    "02": ("Himachal Pradesh", "HP"),
    "03": ("Punjab", "PB"),
    "04": ("Chandigarh", "CH"),
    "05": ("Uttarakhand", "Uttaranchal", "UK", "UT"),
    "06": ("Haryana", "HR"),
    "07": ("Delhi", "New Delhi", "NCT of Delhi", "DL"),
    "08": ("Rajasthan", "RJ"),
    "09": ("Uttar Pradesh", "UP"),
    "10": ("Bihar", "BR"),
    "11": ("Sikkim", "SK"),
    "12": ("Arunachal Pradesh", "AR"),
    "13": ("Nagaland", "NL"),
    "14": ("Manipur", "MN"),
    "15": ("Mizoram", "MZ"),
    "16": ("Tripura", "TR"),
    "17": ("Meghalaya", "ML"),
    "18": ("Assam", "AS"),
    "19": ("West Bengal", "WB"),
    "20": ("Jharkhand", "JH"),
    "21": ("Odisha", "Orissa", "OD", "OR"),
    "22": ("Chhattisgarh", "Chattisgarh", "CG", "CT"),
    "23": ("Madhya Pradesh", "MP"),
    "24": ("Gujarat", "GJ"),
    "26": ("Dadra and Nagar Haveli and Daman and Diu", "DH"),
    "27": ("Maharashtra", "MH"),
    "29": ("Karnataka", "KA"),
    "30": ("Goa", "GA"),
    "31": ("Lakshadweep", "LD"),
    "32": ("Kerala", "KL"),
    "33": ("Tamil Nadu", "TN"),
    "34": ("Puducherry", "Pondicherry", "PY"),
    "35": ("Andaman and Nicobar Islands", "AN"),
    "36": ("Telangana", "TS", "TG"),
    "37": ("Andhra Pradesh", "AP"),
    "38": ("Ladakh", "LA"),
}
WITHOUT_LEGISLATURE = frozenset({"04", "26", "31", "35", "38"})  # union territories: UTGST in place of SGST
# First two digits of a PIN code that lie in one state alone; others say nothing certain.
PIN_STATES = {
    "11": "07", "12": "06", "13": "06", "17": "02", "30": "08", "31": "08", "32": "08", "33": "08", "34": "08",
    "37": "24", "38": "24", "41": "27", "42": "27", "43": "27", "44": "27", "45": "23", "46": "23", "47": "23",
    "48": "23", "49": "22", "51": "37", "52": "37", "56": "29", "57": "29", "58": "29", "59": "29", "61": "33",
    "62": "33", "63": "33", "64": "33", "69": "32", "70": "19", "71": "19", "72": "19", "75": "21", "76": "21",
    "77": "21", "78": "18",
}  # fmt: skip
PIN_LENGTH, INDIA = 6, frozenset({"", "IN", "IND"})


def _letters(words: str) -> str:
    return "".join(sign for sign in words.casefold().replace("&", "and") if sign.isalnum())


CODES = {_letters(name): code for code, names in STATES.items() for name in names}


def seller_state(tax_id: str) -> str:
    """The code of the state in which a GSTIN is registered; empty when it is none."""
    return tax_id[:2] if tax_id[:2] in STATES else ""


def supply_state(*, country: str, state: str, postal_code: str) -> str:
    """The code of the state of a station, by its name, its letters or its PIN code; empty when it cannot be known."""
    if country.strip().upper() not in INDIA:
        return ""
    named = state.strip().upper().removeprefix("IN-")
    if named:
        return named if named in STATES else CODES.get(_letters(named), "")
    pin = "".join(sign for sign in postal_code if sign.isdecimal())
    return PIN_STATES.get(pin[:2], "") if len(pin) == PIN_LENGTH else ""


def placed(taxes: Iterable[Mapping[str, Any]], *, seller: str, supply: str) -> list[dict[str, Any]]:
    """Tax lines with what of them goes to whom. seller, supply: codes of states; without both they stay as they are.

    Within a state each has `parts`, [{name, percent, tax}], that add up to its tax; between states its name is IGST.
    """
    if not seller or not supply:
        return [dict(tax) for tax in taxes]
    if seller != supply:
        return [{**tax, "name": "IGST", "place": supply} for tax in taxes]
    names = ("CGST", "UTGST" if supply in WITHOUT_LEGISLATURE else "SGST")
    return [{**tax, "place": supply, "parts": _halves(tax, names)} for tax in taxes]


def parted(tax: Mapping[str, Any]) -> dict[str, Any]:
    """A tax line whose tax has changed, with its parts brought in line."""
    if "parts" not in tax:
        return dict(tax)
    return {**tax, "parts": _halves(tax, [part["name"] for part in tax["parts"]])}


def _halves(tax: Mapping[str, Any], names: Iterable[str]) -> list[dict[str, str]]:
    """Two halves; the first takes a cent that cannot be shared."""
    first = to_cents(Decimal(tax["tax"]) / 2)
    percent = plain(Decimal(tax["percent"]) / 2)
    amounts = (first, Decimal(tax["tax"]) - first)
    return [
        {"name": name, "percent": percent, "tax": str(amount)}
        for name, amount in zip(names, amounts, strict=True)
    ]
