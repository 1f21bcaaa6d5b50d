"""What a finished OCPI command means for a driver: one symbol and one sentence. Source: beckn.md a.7."""

from ocpi.models import Command, CommandKind

EVSE_UNAVAILABLE = "EVSE_UNAVAILABLE"
CPO_UNAVAILABLE = "CPO_UNAVAILABLE"
CPO_REFUSED = "CPO_REFUSED"
INVALID_TOKEN = "INVALID_TOKEN"
ACTION_NOT_SUPPORTED = "ACTION_NOT_SUPPORTED"
START_REJECTED = "START_REJECTED"
INTERNAL = "INTERNAL"

_BY_RESULT = {
    "EVSE_OCCUPIED": EVSE_UNAVAILABLE,
    "EVSE_INOPERATIVE": EVSE_UNAVAILABLE,
    "CPO_UNREACHABLE": CPO_UNAVAILABLE,
    "TIMEOUT": CPO_UNAVAILABLE,
    "NO_RESULT": CPO_UNAVAILABLE,
    "UNKNOWN_SESSION": CPO_REFUSED,
    "UNKNOWN_RESERVATION": CPO_REFUSED,
    "CANCELED_RESERVATION": CPO_REFUSED,
    "NOT_SUPPORTED": ACTION_NOT_SUPPORTED,
    "HTTP_401": INVALID_TOKEN,
    "HTTP_403": INVALID_TOKEN,
    "OCPI_2004": INVALID_TOKEN,
}
# REJECTED, FAILED and words OCPI does not know
_REFUSED = {CommandKind.RESERVE_NOW: EVSE_UNAVAILABLE, CommandKind.START_SESSION: START_REJECTED}
_TEXTS = {
    EVSE_UNAVAILABLE: "the charger is not available now",
    CPO_UNAVAILABLE: "the charging operator cannot be reached now",
    CPO_REFUSED: "the charging operator refused the request",
    INVALID_TOKEN: "the charging operator does not accept our credentials",
    ACTION_NOT_SUPPORTED: "the charging operator does not support this",
    START_REJECTED: "the charger refused to start",
    INTERNAL: "something went wrong on our side",
}


def symbol_of(command: Command) -> str:
    """The symbol for a command that failed, timed out or was taken back."""
    result = command.result
    if result in _BY_RESULT:
        return _BY_RESULT[result]
    if result.startswith(("HTTP_5", "OCPI_3", "OCPI_4")):
        return CPO_UNAVAILABLE
    if result.startswith(("OCPI_2", "HTTP_4")):
        return CPO_REFUSED
    return _REFUSED.get(CommandKind(command.kind), CPO_REFUSED)


def text_of(symbol: str) -> str:
    """A sentence a driver understands."""
    return _TEXTS.get(symbol, _TEXTS[INTERNAL])
