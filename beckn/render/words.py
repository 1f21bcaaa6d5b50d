"""Neutral values in Beckn's words, as the RFC writes them. Source: beckn.md e.1, e.3."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from emsp.core.money import plain
from sessions.states import OrderState

STATUS = {
    "AVAILABLE": "Available",
    "CHARGING": "In Use",
    "RESERVED": "Reserved",
    "BLOCKED": "Blocked",
    "INOPERATIVE": "Unavailable",
    "OUTOFORDER": "Out of Order",
    "UNKNOWN": "Unknown",
}
CONNECTOR_TYPE = {
    "IEC_62196_T2_COMBO": "CCS2",
    "IEC_62196_T1_COMBO": "CCS1",
    "CHADEMO": "CHAdeMO",
    "IEC_62196_T2": "Type 2",
    "IEC_62196_T1": "Type 1",
    "GBT_AC": "GB/T AC",
    "GBT_DC": "GB/T DC",
}
# Bands of charging-speed: below so many W. The RFC's only datum is 30 kW = FAST.
SPEEDS = [(7_400, "SLOW"), (50_000, "FAST"), (150_000, "RAPID")]
FASTEST = "ULTRA_RAPID"

# Our state: fulfilment state code and name, order status.
FULFILLMENT_STATE = {
    OrderState.RESERVING: ("PENDING", "Waiting for the charger"),
    OrderState.AGREED: ("RESERVATION", "Agreed, the charger is not held"),
    OrderState.RESERVED: ("RESERVATION", "Charger reserved"),
    OrderState.CONFIRMED: ("RESERVATION", "Confirmed, not started"),
    OrderState.STARTING: ("PENDING", "Start requested"),
    OrderState.CHARGING: ("ACTIVE", "Charging"),
    OrderState.ENDED: ("COMPLETED", "Charging completed"),
    OrderState.BILLED: ("COMPLETED", "Charging completed"),
    OrderState.CANCELLED: ("INVALID", "Order cancelled"),
    OrderState.FAILED: ("INVALID", "Order failed"),
    OrderState.EXPIRED: ("INVALID", "Order expired"),
}
ORDER_STATUS = {
    OrderState.CONFIRMED: "ACTIVE",
    OrderState.STARTING: "ACTIVE",
    OrderState.CHARGING: "ACTIVE",
    OrderState.ENDED: "ACTIVE",
    OrderState.BILLED: "COMPLETE",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.FAILED: "CANCELLED",
    OrderState.EXPIRED: "CANCELLED",
}
STEP_W = Decimal(1000)


def power_rating(power_w: int) -> str:
    """30kW, 7.4kW: at most one decimal, no blank."""
    return plain((Decimal(power_w) / STEP_W).quantize(Decimal("0.1"))) + "kW"


def charging_speed(power_w: int) -> str:
    """SLOW, FAST, RAPID or ULTRA_RAPID."""
    return next((word for limit_w, word in SPEEDS if power_w < limit_w), FASTEST)


def status(ocpi: str) -> str:
    """The RFC's word for the status of an EVSE."""
    return STATUS.get(ocpi, STATUS["UNKNOWN"])


def connector_type(standard: str) -> str:
    """The RFC's word for an OCPI connector standard; others stay as OCPI writes them."""
    return CONNECTOR_TYPE.get(standard, standard)


def gps(latitude: Decimal | float, longitude: Decimal | float) -> str:
    """Six decimals, no blank."""
    return f"{latitude:.6f},{longitude:.6f}"


def tag_group(code: str, name: str, values: Iterable[tuple[str, str, Any]]) -> dict[str, Any]:
    """A TagGroup. values: (code, name, value) of each tag; a tag whose name is empty gets none."""
    return {
        "descriptor": {"name": name, "code": code},
        "list": [
            {"descriptor": {"name": title, "code": tag} if title else {"code": tag}, "value": value}
            for tag, title, value in values
        ],
    }


def params(amount: Decimal, currency: str) -> dict[str, str]:
    """What a payment is of: two decimals, ISO currency."""
    return {"amount": f"{amount:.2f}", "currency": currency}
