"""Where the stations of a measurement stand: a grid over India, the same for the same number."""

import random
from collections.abc import Iterator
from decimal import Decimal

from emsp.core.wire import encode

SOUTH, WEST = Decimal("8.5"), Decimal("69.0")
STEP = Decimal("0.0131")  # degrees
SIDE = 32  # the grid grows by blocks of SIDE x SIDE stations, so that the few of a small grid have neighbours too
BLOCKS_PER_ROW = 32
MARGIN = 3  # rows and columns between the centre of a search and the edge of its block
OFFSET = STEP * Decimal("0.3")  # from a station to the centre of a search: makes 20 stations lie within RADIUS_KM
RADIUS_KM = "3.572"
STAMP = "2026-03-01T08:00:00Z"
MARK = 1_234_567  # the station whose number is replaced by others, to make a million of it


def point(number: int) -> tuple[Decimal, Decimal]:
    """Latitude and longitude of a station."""
    block, inside = divmod(number, SIDE * SIDE)
    row, column = divmod(inside, SIDE)
    block_row, block_column = divmod(block, BLOCKS_PER_ROW)
    return SOUTH + STEP * (block_row * SIDE + row), WEST + STEP * (block_column * SIDE + column)


def centre(locations: int, draw: random.Random) -> tuple[Decimal, Decimal]:
    """A point with 20 stations within RADIUS_KM; with fewer where there are fewer than some hundred stations."""
    blocks = max(locations // (SIDE * SIDE), 1)
    rows = min(SIDE, max(locations // SIDE, 1)) if blocks == 1 else SIDE
    row = draw.randrange(MARGIN, max(rows - MARGIN - 1, MARGIN + 1))
    column = draw.randrange(MARGIN, SIDE - MARGIN - 1)
    latitude, longitude = point(draw.randrange(blocks) * SIDE * SIDE + row * SIDE + column)
    return latitude + OFFSET, longitude + OFFSET


def location(number: int) -> dict[str, object]:
    """An OCPI Location with two EVSEs of two connectors each."""
    latitude, longitude = point(number)
    name = f"{number:07d}"
    return {
        "country_code": "IN", "party_id": "BEN", "id": f"L{name}", "publish": True, "name": f"Station {name}",
        "address": f"{name} Bench Road", "city": "Bench", "country": "IND", "time_zone": "Asia/Kolkata",
        "coordinates": {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"},
        "evses": [_evse(f"{name}{letter}") for letter in "AB"], "last_updated": STAMP,
    }  # fmt: skip


def _evse(name: str) -> dict[str, object]:
    connectors = [
        {
            "id": str(n), "standard": standard, "format": "CABLE", "power_type": "DC", "max_voltage": 500,
            "max_amperage": 60, "max_electric_power": 30_000, "tariff_ids": ["T-1"], "last_updated": STAMP,
        }
        for n, standard in enumerate(("IEC_62196_T2_COMBO", "CHADEMO"), 1)
    ]  # fmt: skip
    return {
        "uid": f"E{name}", "evse_id": f"IN*BEN*E{name}", "status": "AVAILABLE", "connectors": connectors,
        "capabilities": ["REMOTE_START_STOP_CAPABLE", "RESERVABLE"], "last_updated": STAMP,
    }  # fmt: skip


def tariff() -> dict[str, object]:
    """18 INR/kWh."""
    parts = [{"type": "ENERGY", "price": 18, "step_size": 1}]
    return {
        "country_code": "IN", "party_id": "BEN", "id": "T-1", "currency": "INR",
        "elements": [{"price_components": parts}], "last_updated": STAMP,
    }  # fmt: skip


def encoded(start: int, end: int) -> Iterator[bytes]:
    """The JSON of each station from start up to end, made of one by exchanging number and place."""
    text = encode(location(MARK)).decode()
    latitude, longitude = (f"{degrees:.6f}" for degrees in point(MARK))
    for number in range(start, end):
        north, east = point(number)
        made = text.replace(f"{MARK}", f"{number:07d}")
        yield made.replace(latitude, f"{north:.6f}").replace(longitude, f"{east:.6f}").encode()
