"""The tariffs of the simulated operator, one of each kind seen on the Indian market. Rupees, 18 % VAT."""

from decimal import Decimal

from ocpi.simulator.values import Json

VAT_PERCENT = 18
LAST_UPDATED = "2026-01-05T06:30:00Z"


def generated(country_code: str, party_id: str) -> list[Json]:
    """All tariffs of the operator, in a fixed order. Source: OCPI 2.2.1, mod_tariffs, Tariff object."""
    owner = {"country_code": country_code, "party_id": party_id}
    return [{**owner, **tariff, "last_updated": LAST_UPDATED} for tariff in _by_kind()]


def _by_kind() -> list[Json]:
    energy = "ENERGY"
    return [
        _tariff("AC-FLAT", "AC charging, one price at all hours", _element(_component(energy, "16.00"))),
        _tariff("DC-FLAT", "Fast charging, one price at all hours", _element(_component(energy, "21.00"))),
        _tariff(
            "DAY-NIGHT",
            "Fast charging, cheaper at night",
            _element(_component(energy, "14.50"), start_time="22:00", end_time="06:00"),
            _element(_component(energy, "19.50")),
        ),
        _tariff(
            "PARKING",
            "Energy, and a fee for staying when the battery is full, per 5 minutes",
            _element(_component(energy, "18.00"), _component("PARKING_TIME", "60.00", 300)),
        ),
        _tariff(
            "START-FEE",
            "A fee for each charge, and energy in steps of 100 Wh",
            _element(_component("FLAT", "25.00"), _component(energy, "17.00", 100)),
        ),
        _tariff(
            "RESERVATION",
            "Energy; a reservation costs a fee and its time",
            _element(_component("FLAT", "20.00"), _component("TIME", "30.00", 60), reservation="RESERVATION"),
            _element(_component(energy, "20.00")),
        ),
        _tariff("PER-HOUR", "Light vehicles, by the minute", _element(_component("TIME", "36.00", 60))),
    ]


def _tariff(id: str, text: str, *elements: Json) -> Json:
    return {
        "id": id,
        "currency": "INR",
        "type": "REGULAR",
        "tariff_alt_text": [{"language": "en", "text": text}],
        "elements": list(elements),
    }


def _element(*components: Json, **restrictions: object) -> Json:
    made: Json = {"price_components": list(components)}
    return {**made, "restrictions": restrictions} if restrictions else made


def _component(kind: str, price: str, step_size: int = 1) -> Json:
    """price: without VAT, per kWh, per hour or once. step_size: Wh or seconds."""
    return {"type": kind, "price": Decimal(price), "vat": VAT_PERCENT, "step_size": step_size}
