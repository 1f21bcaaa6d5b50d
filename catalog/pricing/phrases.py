"""The phrases in which a tariff is told to drivers, by language."""

import re
from dataclasses import dataclass, field

_UNIT = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Phrases:
    """One language. Where braces stand, the price, limit or span goes."""

    subjects: dict[str, str]
    of_reservation: dict[str, str]
    reservation_fee: dict[str, str]
    energy: str
    free: str
    per_kwh: str
    per_minute: str
    per_hour: str
    per_session: str
    before_tax: str
    steps: str
    otherwise: str
    since: str
    until: str
    days: tuple[str, ...]
    on_days: str
    after: str
    in_the_first: str
    or_more: str
    below: str
    under_conditions: str
    at_least: str
    at_most: str
    before_own: str
    units: dict[str, str] = field(default_factory=dict)

    def span(self, text: str) -> str:
        """`2 h 30 min` with the units of this language."""
        return _UNIT.sub(lambda unit: self.units.get(unit[0], unit[0]), text)


ENGLISH = Phrases(
    subjects={"ENERGY": "", "TIME": "charging time ", "PARKING_TIME": "parking ", "FLAT": "start fee "},
    of_reservation={"RESERVATION": "reservation ", "RESERVATION_EXPIRES": "unused reservation "},
    reservation_fee={"RESERVATION": "reservation fee ", "RESERVATION_EXPIRES": "unused reservation fee "},
    energy="energy ",
    free="free",
    per_kwh="{}/kWh",
    per_minute="{}/min",
    per_hour="{}/h",
    per_session="{} per session",
    before_tax="{} before tax",
    steps=" in steps of {}",
    otherwise=" otherwise",
    since="from {}",
    until="until {}",
    days=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    on_days="on {}",
    after="after {}",
    in_the_first="in the first {}",
    or_more="at {} or more",
    below="below {}",
    under_conditions="under conditions",
    at_least="at least {}",
    at_most="at most {}",
    before_own="{} before our own fees",
)
HINDI = Phrases(
    subjects={"ENERGY": "", "TIME": "चार्जिंग का समय ", "PARKING_TIME": "पार्किंग ", "FLAT": "शुरू करने का शुल्क "},
    of_reservation={"RESERVATION": "आरक्षण ", "RESERVATION_EXPIRES": "बिना इस्तेमाल का आरक्षण "},
    reservation_fee={
        "RESERVATION": "आरक्षण शुल्क ",
        "RESERVATION_EXPIRES": "बिना इस्तेमाल के आरक्षण का शुल्क ",
    },
    energy="बिजली ",
    free="मुफ़्त",
    per_kwh="{}/kWh",
    per_minute="{}/मिनट",
    per_hour="{}/घंटा",
    per_session="प्रति सत्र {}",
    before_tax="{} कर से पहले",
    steps=" ({} के चरणों में)",
    otherwise=" बाकी समय",
    since="{} से",
    until="{} तक",
    days=("सोम", "मंगल", "बुध", "गुरु", "शुक्र", "शनि", "रवि"),
    on_days="{} को",
    after="{} के बाद",
    in_the_first="पहले {} में",
    or_more="{} या ज़्यादा पर",
    below="{} से कम पर",
    under_conditions="शर्तों के साथ",
    at_least="कम से कम {}",
    at_most="ज़्यादा से ज़्यादा {}",
    before_own="{}, हमारे अपने शुल्क से पहले",
    units={"h": "घंटे", "min": "मिनट", "s": "सेकंड"},
)
LANGUAGES = {"en": ENGLISH, "hi": HINDI}
