"""Numbers, money and times as the explanation writes them."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from catalog.pricing.exact import PRECISE

Number = Decimal | int


def number_text(value: Number, places: int = 6) -> str:
    """A number with at most `places` decimals, rounded half up, without trailing zeros."""
    text = _rounded(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money_text(value: Number) -> str:
    """An amount rounded half up to four decimals, with at least two: 5.00, 4.997."""
    whole, _, decimals = _rounded(value, 4).partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def duration_text(seconds: Number) -> str:
    """A duration as `2 h 30 min`, `40 s`."""
    whole, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(whole), 60)
    parts = ((number_text(hours), "h"), (number_text(minutes), "min"), (number_text(rest, 3), "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number != "0") or "0 s"


def clock_text(second_of_day: int) -> str:
    """A time of day as `17:00`."""
    hour, rest = divmod(second_of_day, 3600)
    minute, second = divmod(rest, 60)
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second else "")


def moment_words(local: datetime) -> str:
    """A moment on the wall clock as `Mon 2026-03-02 17:00`."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[local.weekday()]
    seconds = f":{local.second:02}" if local.second else ""
    return f"{day} {local:%Y-%m-%d %H:%M}{seconds}"


def _rounded(value: Number, places: int) -> str:
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, PRECISE)
    return format(rounded if rounded else abs(rounded), "f")
