"""Order as apps send it: members of core 1.1.0 and the spellings of RFC, UEI, DEG. Source: beckn.md a.3, a.4, (f)."""

from typing import Any

import msgspec

from emsp.core.wire import Wire


class Descriptor(Wire):
    name: str | None = None
    code: str | None = None
    short_desc: str | None = None


class Scalar(Wire):
    value: Any = None
    unit: str | None = None


class Tag(Wire):
    descriptor: Descriptor | None = None
    value: Any = None


class TagGroup(Wire):
    """Groups may come without a descriptor (UEI, f 5)."""

    descriptor: Descriptor | None = None
    entries: list[Tag] | None = msgspec.field(name="list", default=None)


class Circle(Wire):
    gps: str | None = None
    radius: Scalar | None = None


class Location(Wire):
    gps: str | None = None
    circle: Circle | None = None


class TimeRange(Wire):
    start: str | None = None
    end: str | None = None


class Time(Wire):
    timestamp: str | None = None
    range: TimeRange | None = None


class Stop(Wire):
    type: str | None = None
    location: Location | None = None
    time: Time | None = None


class State(Wire):
    descriptor: Descriptor | None = None


class Fulfillment(Wire):
    """state is an object in core and a bare string in DEG00x (f 15)."""

    id: str | int | None = None
    type: str | None = None
    stops: list[Stop] | None = None
    state: State | str | None = None
    customer: dict[str, Any] | None = None
    tags: list[TagGroup] | None = None

    @property
    def state_code(self) -> str:
        """The requested or told state, empty when none."""
        if isinstance(self.state, State):
            return (self.state.descriptor and self.state.descriptor.code) or ""
        return self.state or ""


class Selected(Wire):
    count: Any = None
    measure: Scalar | None = None


class Quantity(Wire):
    """RFC §9.2 writes a bare count (f 6)."""

    selected: Selected | None = None
    count: Any = None


class Item(Wire):
    """What stands in add_ons is never read: that there are some is enough."""

    id: str | int | None = None
    quantity: Quantity | None = None
    add_ons: list[Any] | None = None
    tags: list[TagGroup] | None = None


class Provider(Wire):
    id: str | int | None = None
    descriptor: Descriptor | None = None


class Price(Wire):
    value: Any = None
    currency: str | None = None


class Quote(Wire):
    id: str | int | None = None
    price: Price | None = None


class OrderIn(Wire):
    """providers is DEGv1's spelling of provider (f 20)."""

    id: str | int | None = None
    provider: Provider | None = None
    providers: Provider | None = None
    items: list[Item] | None = None
    add_ons: list[Any] | None = None
    offers: list[Any] | None = None
    fulfillments: list[Fulfillment] | None = None
    billing: dict[str, Any] | None = None
    payments: list[dict[str, Any]] | None = None
    quote: Quote | None = None
