"""Plain words for what the network says in codes: refusals, states, bill lines. Translatable."""

import re
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Step(StrEnum):
    """What the driver can best do next."""

    RETRY = "retry"
    SEARCH = "search"
    QUOTE = "quote"
    SUPPORT = "support"
    WAIT = "wait"


@dataclass(frozen=True)
class Advice:
    """A refusal in words: what happened, what to do, and the step that does it."""

    title: Text
    text: Text
    step: Step


LATE = Advice(
    _("No answer yet"),
    _("The charging network takes longer than usual. Nothing is lost: wait a little, or ask again."),
    Step.RETRY,
)
UNREACHABLE = Advice(
    _("The charging network cannot be reached"),
    _("Your request did not get through, so nothing was booked or charged. Please try again in a moment."),
    Step.RETRY,
)
_TAKEN = Advice(
    _("This charger is not available right now"),
    _("Someone else may be using it, or it is out of order. Pick another charger nearby."),
    Step.SEARCH,
)
_OPERATOR_AWAY = Advice(
    _("The charger's operator does not answer"),
    _("The operator of this station cannot be reached at the moment. Try again, or pick another station."),
    Step.RETRY,
)
_OPERATOR_REFUSED = Advice(
    _("The operator turned the request down"),
    _("The station's operator did not accept it. Pick another charger, or try again later."),
    Step.SEARCH,
)
_START_REFUSED = Advice(
    _("Charging could not be started"),
    _("Check that the cable is plugged in at both ends and that the car is locked, then try again."),
    Step.RETRY,
)
_PRICE_CHANGED = Advice(
    _("The price is no longer valid"),
    _("Prices are held for a short time only. Ask for a new price; it takes a few seconds."),
    Step.QUOTE,
)
_NOT_HERE = Advice(
    _("This station cannot do that"),
    _("The operator does not offer this from an app. Use the station's own buttons, or ask support."),
    Step.SUPPORT,
)
_GONE = Advice(
    _("This offer no longer exists"),
    _("The list of chargers has changed since your search. Search again to see what is there now."),
    Step.SEARCH,
)
_TOO_LATE_TO_CANCEL = Advice(
    _("It is too late to cancel"),
    _("The session has already ended. You will find its bill under My orders."),
    Step.WAIT,
)
_NOT_NOW = Advice(
    _("That is not possible at this moment"),
    _("The order is in another state than this page shows. Reload the page to see how it stands."),
    Step.WAIT,
)
_UNKNOWN_ORDER = Advice(
    _("The provider does not know this order"),
    _("Please contact support and give them your order number."),
    Step.SUPPORT,
)
_ENDED_EARLY = Advice(
    _("The provider ended this order"),
    _("You pay only what the bill below says. Pick another charger nearby to go on."),
    Step.SEARCH,
)
_NOT_RATED = Advice(
    _("The provider could not take your rating"),
    _("Nothing else has changed. Your order and its bill are where they were."),
    Step.WAIT,
)
_OTHER = Advice(
    _("The provider could not do this"),
    _("Please try again. If it happens again, ask support and give them your order number."),
    Step.RETRY,
)

# The RFC's word leads the message text; it says more than the code. Source: beckn.md a.7.
SYMBOLS = {
    "EVSE_UNAVAILABLE": _TAKEN,
    "CPO_UNAVAILABLE": _OPERATOR_AWAY,
    "CPO_REFUSED": _OPERATOR_REFUSED,
    "INVALID_TOKEN": _OPERATOR_REFUSED,
    "ACTION_NOT_SUPPORTED": _NOT_HERE,
    "START_REJECTED": _START_REFUSED,
    "QUOTE_EXPIRED": _PRICE_CHANGED,
    "INTERNAL": _OTHER,
}
CODES = {
    "30001": _GONE,
    "30002": _GONE,
    "30003": _GONE,
    "30004": _GONE,
    "30005": _GONE,
    "30006": _GONE,
    "30007": _GONE,
    "30008": _GONE,
    "30009": _GONE,
    "30010": _UNKNOWN_ORDER,
    "30011": Advice(
        _("The provider does not take this reason"),
        _("The order still stands. Go back to it and cancel with another reason."),
        Step.WAIT,
    ),
    "30012": _NOT_NOW,
    "30013": _NOT_NOW,
    "30014": _NOT_RATED,
    "30015": _NOT_RATED,
    "40001": _NOT_HERE,
    "40002": _TAKEN,
    "40003": _PRICE_CHANGED,
    "40004": Advice(
        _("This way of paying is not accepted"),
        _("The provider wants the payment in another way. Ask for a new price and try again."),
        Step.QUOTE,
    ),
    "40005": _NOT_HERE,
    "40006": _TAKEN,
    "50000": _OPERATOR_REFUSED,
    "50001": _TOO_LATE_TO_CANCEL,
    "50002": _NOT_NOW,
    "50003": _NOT_RATED,
    "50004": Advice(
        _("Support cannot be reached through the app"),
        _("Please call the number printed on the charger."),
        Step.WAIT,
    ),
}
ENDED_BY_PROVIDER = _ENDED_EARLY

STATES: dict[str, Text] = {
    "": _("Booked"),
    "RESERVATION": _("Charger reserved"),
    "PENDING": _("Starting"),
    "ACTIVE": _("Charging"),
    "SUSPENDED_EV": _("Paused by the car"),
    "SUSPENDED_EVSE": _("Paused by the charger"),
    "FINISHING": _("Finishing"),
    "CONNECTION-INTERRUPTED": _("Connection to the charger lost"),
    "COMPLETED": _("Charging ended"),
    "INVALID": _("Ended without charging"),
}
LINES: dict[str, Text] = {
    "energy-cost": _("Energy"),
    "service-charge": _("Service charge"),
    "platform-fee": _("Platform fee"),
    "parking-fee": _("Parking"),
    "charging-time": _("Charging time"),
    "price-limit": _("Minimum or maximum price"),
    "reservation-fee": _("Reservation"),
    "session-fee": _("Session fee"),
    "cancellation-fee": _("Cancellation fee"),
    "quote-cap": _("Limited to the price quoted"),
    "credit": _("Credit"),
    "gst": _("GST"),
    "tax": _("Tax"),
    "refund": _("Refund"),
}
WEEKDAYS: dict[str, Text] = {
    "Mo": _("Mon"),
    "Tu": _("Tue"),
    "We": _("Wed"),
    "Th": _("Thu"),
    "Fr": _("Fri"),
    "Sa": _("Sat"),
    "Su": _("Sun"),
}
DAYS = re.compile(r"\b(Mo|Tu|We|Th|Fr|Sa|Su)\b")
CHARGER_STATUS: dict[str, Text] = {
    "available": _("Free now"),
    "in use": _("In use"),
    "charging": _("In use"),
    "reserved": _("Reserved"),
    "blocked": _("Blocked"),
    "unavailable": _("Out of service"),
    "out of order": _("Out of order"),
    "faulted": _("Out of order"),
    "unknown": _("Status unknown"),
}
TONES = {"available": "good", "in use": "busy", "charging": "busy", "reserved": "busy"}
UNKNOWN_TONE = {"unknown": "quiet", "": "quiet"}
PAYMENT_TYPES: dict[str, Text] = {
    "PRE-ORDER": _("Pay now"),
    "PRE-FULFILLMENT": _("Pay before charging"),
    "ON-FULFILLMENT": _("Pay at the station"),
    "POST-FULFILLMENT": _("Pay after charging"),
}


def advice(code: str, message: str) -> Advice:
    """What a refusal means for the driver, and what to do next.

    code: `error.code`, `40002`; message: `error.message`, in which the RFC's word may lead.
    """
    symbol = message.partition(":")[0].strip()
    return SYMBOLS.get(symbol) or CODES.get(code) or _OTHER


def detail(message: str) -> str:
    """The provider's own sentence, without the symbol that leads it."""
    symbol, separator, rest = message.partition(":")
    return rest.strip() if separator and symbol.strip() in SYMBOLS else message.strip()


def hours_text(hours: str) -> Text:
    """Opening hours in words: `24/7`, or the week in OpenStreetMap's notation."""
    if hours == "24/7":
        return _("Open day and night")
    days = DAYS.sub(lambda day: str(WEEKDAYS[day[1]]), hours.replace("Mo-Su", gettext("every day")))
    return gettext("Open %(hours)s") % {"hours": days.replace("-", "–").replace(";", ",")}


def line_title(title: str) -> Text:
    """A bill line's title in words; titles we do not know are shown as the provider wrote them."""
    return LINES.get(title.lower(), title)


def state_text(state: str) -> Text:
    """A fulfilment state, `ACTIVE`, in words."""
    return STATES.get(state, state.replace("-", " ").replace("_", " ").capitalize())


def payment_type(type_: str) -> Text:
    """When a payment is due, in words."""
    return PAYMENT_TYPES.get(type_, type_)


def standing_text(status: str, state: str) -> Text:
    """An order in a word or two: cancelled, or what happens at the charger."""
    return _("Cancelled") if status == "CANCELLED" else state_text(state)


def charger_status(status: str) -> Text:
    """A connector's status in words."""
    return CHARGER_STATUS.get(status.lower(), status)


def charger_tone(status: str) -> str:
    """How a status is coloured: good, busy, bad or quiet."""
    lower = status.lower()
    return TONES.get(lower) or UNKNOWN_TONE.get(lower, "bad")
