"""Where the stations of a measurement stand: a grid over India, the same for the same number."""

from collections.abc import Iterator
from decimal import Decimal

SOUTH, WEST = Decimal("8.5"), Decimal("69.0")
STEP = Decimal("0.0131")
COLUMNS = 1_000
STAMP = "2026-03-01T08:00:00Z"


def point(number: int) -> tuple[Decimal, Decimal]:
    """Latitude and longitude of a station."""
    row, column = divmod(number, COLUMNS)
    return SOUTH + STEP * row, WEST + STEP * column


def location(number: int) -> dict[str, object]:
    """An OCPI Location with one EVSE and two connectors."""
    latitude, longitude = point(number)
    connectors = [
        {
            "id": str(n), "standard": standard, "format": "CABLE", "power_type": "DC", "max_voltage": 500,
            "max_amperage": 60, "max_electric_power": 30_000, "tariff_ids": ["T-1"], "last_updated": STAMP,
        }
        for n, standard in enumerate(("IEC_62196_T2_COMBO", "CHADEMO"), 1)
    ]  # fmt: skip
    evse = {
        "uid": f"E{number}", "evse_id": f"IN*BEN*E{number}", "status": "AVAILABLE", "connectors": connectors,
        "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"], "last_updated": STAMP,
    }  # fmt: skip
    return {
        "country_code": "IN", "party_id": "BEN", "id": f"L{number}", "publish": True, "name": f"Station {number}",
        "address": f"{number} Bench Road", "city": "Bench", "country": "IND", "time_zone": "Asia/Kolkata",
        "coordinates": {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}, "evses": [evse],
        "last_updated": STAMP,
    }  # fmt: skip


def tariff() -> dict[str, object]:
    """18 INR/kWh."""
    parts = [{"type": "ENERGY", "price": 18, "step_size": 1}]
    return {
        "country_code": "IN", "party_id": "BEN", "id": "T-1", "currency": "INR",
        "elements": [{"price_components": parts}], "last_updated": STAMP,
    }  # fmt: skip


def pages(count: int, size: int) -> Iterator[list[dict[str, object]]]:
    """All stations, in pages."""
    for start in range(0, count, size):
        yield [location(number) for number in range(start, min(start + size, count))]
