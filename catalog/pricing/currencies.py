"""Which currency is usual in a country, and what a plausible price is in it."""

from decimal import Decimal

_EURO = "AD AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MC ME MT NL PT SI SK SM VA XK"
_OTHERS = {
    "AE": "AED",
    "AU": "AUD",
    "BR": "BRL",
    "CA": "CAD",
    "CH": "CHF",
    "CN": "CNY",
    "CZ": "CZK",
    "DK": "DKK",
    "GB": "GBP",
    "HU": "HUF",
    "ID": "IDR",
    "IN": "INR",
    "IS": "ISK",
    "JP": "JPY",
    "LI": "CHF",
    "LK": "LKR",
    "NO": "NOK",
    "NP": "NPR",
    "NZ": "NZD",
    "PL": "PLN",
    "RO": "RON",
    "RS": "RSD",
    "SE": "SEK",
    "SG": "SGD",
    "TH": "THB",
    "TR": "TRY",
    "UA": "UAH",
    "US": "USD",
    "ZA": "ZAR",
}
_OF_COUNTRY = {country: "EUR" for country in _EURO.split()} | _OTHERS

# How many units buy about as much charging as one euro does; rough, for telling a slip of the pen from a price.
_SCALE = {
    "INR": 20,
    "SEK": 10,
    "NOK": 10,
    "DKK": 8,
    "PLN": 4,
    "CZK": 25,
    "HUF": 400,
    "JPY": 120,
    "ISK": 150,
    "LKR": 100,
    "NPR": 35,
    "THB": 20,
    "TRY": 20,
    "UAH": 20,
    "RSD": 100,
    "IDR": 5000,
    "ZAR": 15,
    "RON": 5,
    "CNY": 4,
}


def currency_of_country(country_code: str) -> str:
    """The currency of a country by ISO 3166 alpha-2; empty when it is not known here."""
    return _OF_COUNTRY.get(country_code, "")


def scale_of(currency: str) -> Decimal:
    """By how much plausible prices in this currency are larger than in euro."""
    return Decimal(_SCALE.get(currency, 1))
