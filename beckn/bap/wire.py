"""Answers as this app reads them: the members its pages show, everything optional, the rest ignored.

Pure. Own types, written from beckn.md (a) and (e); numbers stay as sent and are read by `number`.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from msgspec import field

from emsp.core.wire import Wire, WireError, convert

T = TypeVar("T")

NUMBER = re.compile(r"^\s*([+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12}))")
DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$")


def number(value: Any) -> Decimal | None:
    """The number a text begins with: `18`, `3.20kWh`, `65%`; None when there is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    found = NUMBER.match(str(value))
    return Decimal(found[1]) if found else None


def moment(value: Any) -> datetime | None:
    """An RFC 3339 text as an aware moment; without an offset it is UTC. None when it is not one."""
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def duration(value: Any) -> timedelta | None:
    """An ISO 8601 duration in days, hours, minutes, seconds; None when it is not one."""
    found = DURATION.match(value) if isinstance(value, str) else None
    if not found or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read(raw: Any, wanted: type[T]) -> T:
    """Plain JSON values as one of the types below; a null member counts as absent.

    Raises WireError with the path of what cannot be read.
    """
    try:
        return convert(_told(raw), wanted, strict=False)
    except RecursionError:
        raise WireError("nested too deeply") from None


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _told(member) for name, member in value.items() if member is not None}
    return [_told(member) for member in value] if isinstance(value, list) else value


class Descriptor(Wire):
    name: str | None = None
    code: str | None = None
    short_desc: str | None = None


class Tag(Wire):
    descriptor: Descriptor = field(default_factory=Descriptor)
    value: Any = None


class TagGroup(Wire):
    descriptor: Descriptor = field(default_factory=Descriptor)
    entries: list[Tag] = field(name="list", default_factory=list)

    def named(self, code: str) -> bool:
        """True when this is the group `code`; a group may carry its name only (beckn.md e.1)."""
        name = (self.descriptor.name or "").lower().replace(" ", "-")
        return code in (self.descriptor.code, name)

    def values(self) -> dict[str, str]:
        """Its entries by code."""
        return {
            tag.descriptor.code: str(tag.value) for tag in self.entries if tag.descriptor.code and tag.value
        }


def tagged(groups: list[TagGroup], code: str) -> dict[str, str]:
    """Entries of the tag group `code`, empty when it is absent."""
    return next((group.values() for group in groups if group.named(code)), {})


class Price(Wire):
    currency: str | None = None
    value: Any = None


class Measure(Wire):
    value: Any = None
    unit: str | None = None


class Amount(Wire):
    measure: Measure | None = None


class Quantity(Wire):
    selected: Amount | None = None
    allocated: Amount | None = None


class Item(Wire):
    id: str
    descriptor: Descriptor = field(default_factory=Descriptor)
    price: Price | None = None
    quantity: Quantity | None = None
    fulfillment_ids: list[str] = []
    location_ids: list[str] = []
    category_ids: list[str] = []
    tags: list[TagGroup] = []


class City(Wire):
    name: str | None = None


class Site(Wire):
    """A location; address is text in core and an object in the RFC."""

    id: str | None = None
    descriptor: Descriptor = field(default_factory=Descriptor)
    gps: Any = None
    address: Any = None
    city: City | None = None


class TimeRange(Wire):
    start: Any = None
    end: Any = None


class Time(Wire):
    timestamp: Any = None
    range: TimeRange | None = None


class Stop(Wire):
    type: str | None = None
    location: Site | None = None
    time: Time | None = None


class State(Wire):
    descriptor: Descriptor = field(default_factory=Descriptor)


class Fulfillment(Wire):
    id: str | None = None
    state: State | str | None = None
    stops: list[Stop] = []
    tags: list[TagGroup] = []

    @property
    def state_code(self) -> str:
        """`ACTIVE`, `COMPLETED`, …; empty when none is told."""
        code = self.state.descriptor.code if isinstance(self.state, State) else self.state
        return (code or "").upper()


class Category(Wire):
    id: str | None = None
    descriptor: Descriptor = field(default_factory=Descriptor)


class Provider(Wire):
    """locations, fulfillments and items are read one by one, so that a bad one does not lose the rest."""

    id: str
    descriptor: Descriptor = field(default_factory=Descriptor)
    categories: list[Category] = []
    locations: list[Any] = []
    fulfillments: list[Any] = []
    items: list[Any] = []


class Catalog(Wire):
    descriptor: Descriptor = field(default_factory=Descriptor)
    providers: list[Any] = []


class LineItem(Wire):
    price: Price | None = None
    quantity: Quantity | None = None


class Line(Wire):
    title: str | None = None
    item: LineItem | None = None
    price: Price = field(default_factory=Price)


class Quote(Wire):
    id: str | None = None
    price: Price = field(default_factory=Price)
    breakup: list[Line] = []
    ttl: str | None = None


class Fee(Wire):
    percentage: Any = None
    amount: Price | None = None


class CancellationTerm(Wire):
    fulfillment_state: State | None = None
    cancellation_fee: Fee | None = None


class Reason(Wire):
    id: str
    descriptor: Descriptor = field(default_factory=Descriptor)


class Cancellation(Wire):
    time: Any = None
    cancelled_by: str | None = None
    reason: Reason | None = None


class OrderProvider(Wire):
    id: str | None = None
    descriptor: Descriptor = field(default_factory=Descriptor)


class Order(Wire):
    """payments stay plain JSON: confirm gives them back as they came."""

    id: str | None = None
    status: str | None = None
    provider: OrderProvider = field(default_factory=OrderProvider)
    items: list[Item] = []
    fulfillments: list[Fulfillment] = []
    quote: Quote | None = None
    payments: list[dict[str, Any]] = []
    cancellation_terms: list[CancellationTerm] = []
    cancellation: Cancellation | None = None
    tags: list[TagGroup] = []
    created_at: Any = None
    updated_at: Any = None


class Support(Wire):
    ref_id: str | None = None
    phone: str | None = None
    email: str | None = None
    url: str | None = None


class Problem(Wire):
    """The `error` of a NACK or of a callback; some peers write the code as a number."""

    code: str | int | None = None
    message: str | None = None
    paths: str | None = None


class Context(Wire):
    """What every callback must say about itself."""

    action: str
    transaction_id: str
    message_id: str
    bap_id: str | None = None
    bpp_id: str | None = None
    timestamp: str | None = None
