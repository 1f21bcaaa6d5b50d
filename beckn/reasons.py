"""Why a driver may cancel: ids that get_cancellation_reasons gives and cancel takes."""

from typing import NamedTuple


class CancellationReason(NamedTuple):
    id: str
    code: str
    name: str


REASONS = (
    CancellationReason("1", "CHARGER_BLOCKED", "The charger is blocked"),
    CancellationReason("2", "CHARGER_BROKEN", "The charger does not work"),
    CancellationReason("3", "WRONG_CONNECTOR", "The connector does not fit"),
    CancellationReason("4", "TOO_LATE", "I cannot be there in time"),
    CancellationReason("5", "PLAN_CHANGED", "Plan changed"),
    CancellationReason("6", "FOUND_ANOTHER", "I found another charger"),
    CancellationReason("7", "TOO_EXPENSIVE", "It costs too much"),
    CancellationReason("8", "OTHER", "Another reason"),
)
ALIASES = {"USER_REQUEST": "8", "USER_CANCELLED": "8"}  # DEG00x


def reason_by_id(text: str) -> CancellationReason | None:
    """The reason with this id or code; None when there is none."""
    wanted = ALIASES.get(text.strip().upper(), text.strip())
    return next((reason for reason in REASONS if wanted == reason.id or wanted.upper() == reason.code), None)
