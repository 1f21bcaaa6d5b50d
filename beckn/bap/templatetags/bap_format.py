"""Amounts, distances and codes as people read them."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from beckn.bap import words
from beckn.bap.stages import Stage
from beckn.bap.standing import Standing
from beckn.bap.wire import number

if TYPE_CHECKING:
    from beckn.bap.models import Order

register = template.Library()
SYMBOLS = {"INR": "₹", "": "₹", "EUR": "€", "USD": "$", "GBP": "£"}
CENT = Decimal("0.01")
DASH = "–"
JOINED = "\u00a0"  # a space at which no line ends


@register.filter
def money(amount: Decimal | None, currency: str = "INR") -> str:
    """`₹1,23,456.50`: two decimals, Indian grouping for rupees; a dash when nothing is known."""
    if amount is None:
        return DASH
    exact = Decimal(amount).quantize(CENT, ROUND_HALF_UP)
    sign = "−" if exact < 0 else ""
    whole, _, cents = format(abs(exact), "f").partition(".")
    symbol = SYMBOLS.get(currency, f"{currency}{JOINED}")
    grouped = _lakhs(whole) if symbol == "₹" else f"{int(whole):,}"
    return f"{sign}{symbol}{grouped}.{cents}"


def _lakhs(whole: str) -> str:
    """Digits grouped the Indian way: the last three, then twos."""
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return ",".join([*groups, tail])


@register.filter
def quantity(value: Decimal | str | None, unit: str = "") -> str:
    """`8.5 kWh` on one line: at most two decimals, no trailing zeros; a dash when nothing is known."""
    if value is None or value == "":
        return DASH
    text = format(Decimal(value).quantize(CENT, ROUND_HALF_UP), "f").rstrip("0").rstrip(".")
    return f"{text}{JOINED}{unit}" if unit else text


@register.filter
def distance(km: float) -> str:
    """`850 m` below one kilometre, `3.4 km` above; on one line."""
    return f"{round(km * 100) * 10}{JOINED}m" if km < 0.995 else f"{km:.1f}{JOINED}km"


@register.filter
def iso(moment: datetime | None) -> str:
    """For the datetime attribute and for scripts."""
    return moment.isoformat() if moment else ""


@register.filter
def share(part: Decimal | None, whole: Decimal | None) -> int:
    """Per cent of whole, 0 to 100."""
    if not part or not whole:
        return 0
    return max(0, min(100, int(part * 100 / whole)))


@register.filter
def fee_words(stands: Standing) -> str:
    """What cancelling costs, in a sentence."""
    if stands.fee_percent is not None:
        fee = _("%(share)s of the total") % {"share": quantity(stands.fee_percent, "%")}
    elif stands.fee_amount is not None:
        fee = money(stands.fee_amount, stands.currency)
    else:
        return _("The provider asks no fee.")
    if stands.fee_from_state == "ACTIVE":
        return _("Free until charging starts, then %(fee)s.") % {"fee": fee}
    return _("%(fee)s.") % {"fee": fee[:1].upper() + fee[1:]}


@register.filter
def fee_now(order: "Order") -> str:
    """What cancelling costs at this moment, in a sentence; empty where the provider names no fee."""
    stands = order.standing
    if stands.fee_percent is None and stands.fee_amount is None:
        return ""
    if stands.fee_from_state == "ACTIVE" and stands.started_at is None and stands.state != "ACTIVE":
        return _("Cancelling now is free.")
    agreed = order.agreed_total or Decimal(0)
    fee = agreed * stands.fee_percent / 100 if stands.fee_percent is not None else stands.fee_amount
    told = {"fee": money(fee, stands.currency)}
    if stands.state == "ACTIVE":  # what was charged is paid for, where that is more
        return _("Cancelling now costs at least %(fee)s.") % told
    return _("Cancelling now costs %(fee)s.") % told


@register.filter
def order_words(row: dict[str, Any]) -> words.Text:
    """How an order stands, for the list of orders."""
    order, stands = row["order"], row["standing"]
    told = {Stage.AGREED: _("Not confirmed"), Stage.COMPLETE: _("Complete"), Stage.CANCELLED: _("Cancelled")}
    return told.get(order.stage) or words.state_text(stands.state)


@register.filter
def order_tone(row: dict[str, Any]) -> str:
    """How that is coloured."""
    return {Stage.COMPLETE: "good", Stage.CANCELLED: "bad", Stage.AGREED: "quiet"}.get(
        row["order"].stage, "busy"
    )


@register.filter
def in_language(told: dict[str, str]) -> str:
    """Words that a provider tells in some languages: in that of the page, else in English, else in the first."""
    return told.get(get_language() or "", "") or told.get("en", "") or next(iter(told.values()), "")


register.filter("payment_type", words.payment_type)
register.filter("charger_status", words.charger_status)
register.filter("charger_tone", words.charger_tone)
register.filter("line_title", words.line_title)
register.filter("hours_text", words.hours_text)
register.filter("state_text", words.state_text)


@register.filter
def payment_role(payment: Any) -> str:
    """`refund` or `balance` for what a provider adds to settle a bill; empty for a payment that was agreed."""
    groups = payment.get("tags") if isinstance(payment, dict) else None
    for group in groups if isinstance(groups, list) else []:
        descriptor = group.get("descriptor") if isinstance(group, dict) else None
        code = descriptor.get("code") if isinstance(descriptor, dict) else None
        if code in ("refund", "balance"):
            return str(code)
    return ""


@register.filter
def payment_amount(payment: Any) -> str:
    """The amount of a payment, without its sign."""
    params = payment.get("params") if isinstance(payment, dict) else None
    told = params if isinstance(params, dict) else {}
    amount = number(told.get("amount"))
    return money(abs(amount) if amount is not None else None, str(told.get("currency") or "INR"))
