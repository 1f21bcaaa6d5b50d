"""What we send: each callback with the members that it has to have, and no other. Own types. Source: beckn.md a.2-a.5, e.

Closed, unlike the types of what we read: a member that stands in no type here is a mistake of ours. What an app told us
and is given back (location of the context, billing, customer) may be as it was.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from emsp.core.wire import Wire

Filled = Annotated[str, Meta(min_length=1)]
Amount = Annotated[str, Meta(pattern=r"^-?\d+(\.\d+)?$")]
Gps = Annotated[str, Meta(pattern=r"^-?\d{1,2}\.\d{6},-?\d{1,3}\.\d{6}$")]
Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$")]
Duration = Annotated[str, Meta(pattern=r"^P(\d+[YMWD])*(T(\d+[HMS])+)?$")]
Address = Annotated[str, Meta(pattern=r"^https?://[^\s/]+(/\S*)?$")]
IsoCurrency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
PricedBy = Annotated[str, Meta(pattern=r"^[A-Z]{3}/kWH$")]  # the RFC's spelling of a price per kWh


class Told(Wire, forbid_unknown_fields=True):
    """A part of a message of ours."""


class Context(Told):
    """version, location, ttl and the ids are the app's; the rest is ours."""

    domain: Filled
    action: Filled
    bap_id: Filled
    bap_uri: Filled
    bpp_id: Filled
    bpp_uri: Address
    transaction_id: Filled
    message_id: Filled
    timestamp: Moment
    version: str | UnsetType = UNSET
    location: Any = UNSET
    ttl: Any = UNSET


class Problem(Told):
    """The error of a callback; its code is text."""

    code: Annotated[str, Meta(pattern=r"^\d{5}$")]
    message: Filled
    paths: str | UnsetType = UNSET


class Picture(Told):
    url: Address


class Descriptor(Told):
    name: str | UnsetType = UNSET
    code: Filled | UnsetType = UNSET
    images: list[Picture] | UnsetType = UNSET


class Tag(Told):
    descriptor: Descriptor
    value: str


class TagGroup(Told):
    descriptor: Descriptor
    entries: Annotated[list[Tag], Meta(min_length=1)] = field(name="list")


class Price(Told):
    """An amount of money; a refund is below zero."""

    currency: IsoCurrency
    value: Amount


class EnergyPrice(Told):
    """A price per kWh."""

    currency: PricedBy
    value: Amount


class Scalar(Told):
    type: Literal["CONSTANT", "VARIABLE"]
    value: Amount
    unit: Literal["kWh"]


class Measured(Told):
    measure: Scalar


class Quantity(Told):
    selected: Measured
    allocated: Measured | UnsetType = UNSET


class Named(Told):
    """A city, state or country."""

    name: Filled | UnsetType = UNSET
    code: Filled | UnsetType = UNSET


class Place(Told):
    """address is text: core beats the RFC here (f 4)."""

    gps: Gps
    address: str


class Location(Place):
    id: Filled
    descriptor: Descriptor
    city: Named | UnsetType = UNSET
    country: Named | UnsetType = UNSET
    area_code: str | UnsetType = UNSET


class TimeRange(Told):
    start: Moment
    end: Moment


class Time(Told):
    timestamp: Moment | UnsetType = UNSET
    range: TimeRange | UnsetType = UNSET


class Stop(Told):
    location: Place
    type: Literal["start", "finish"] | UnsetType = UNSET
    time: Time | UnsetType = UNSET


class State(Told):
    descriptor: Descriptor
    updated_at: Moment | UnsetType = UNSET
    updated_by: str | UnsetType = UNSET


class Fulfillment(Told):
    id: Filled
    type: Literal["CHARGING"]
    stops: Annotated[list[Stop], Meta(min_length=1)]
    state: State | UnsetType = UNSET
    tracking: bool | UnsetType = UNSET
    customer: dict[str, Any] | UnsetType = UNSET
    tags: list[TagGroup] | UnsetType = UNSET


class Item(Told):
    """One connector; without a price where none is known."""

    id: Filled
    descriptor: Descriptor
    fulfillment_ids: Annotated[list[Filled], Meta(min_length=1)]
    location_ids: Annotated[list[Filled], Meta(min_length=1)]
    tags: list[TagGroup]
    price: EnergyPrice | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    category_ids: list[Filled] | UnsetType = UNSET


class Category(Told):
    id: Filled
    descriptor: Descriptor


class Provider(Told):
    id: Filled
    descriptor: Descriptor


class Listed(Provider):
    """A provider of a catalogue with what it has."""

    locations: list[Location]
    fulfillments: list[Fulfillment]
    items: list[Item]
    categories: list[Category] | UnsetType = UNSET


class Catalog(Told):
    providers: list[Listed]
    descriptor: Descriptor | UnsetType = UNSET


class LineItem(Told):
    id: Filled
    price: EnergyPrice
    quantity: Quantity


class Line(Told):
    title: Filled
    price: Price
    item: LineItem | UnsetType = UNSET


class Quote(Told):
    id: Filled
    price: Price
    breakup: Annotated[list[Line], Meta(min_length=1)]
    ttl: Duration | UnsetType = UNSET


class Payment(Told):
    """params are the app's where it pays; ours are an amount with its currency."""

    status: Literal["PAID", "NOT-PAID"]
    id: Filled | UnsetType = UNSET
    collected_by: Literal["BAP", "BPP"] | UnsetType = UNSET
    url: Address | UnsetType = UNSET
    params: dict[str, str] | UnsetType = UNSET
    type: Literal["PRE-ORDER", "PRE-FULFILLMENT", "ON-FULFILLMENT", "POST-FULFILLMENT"] | UnsetType = UNSET
    tags: list[TagGroup] | UnsetType = UNSET


class Fee(Told):
    percentage: Amount


class CancellationTerm(Told):
    fulfillment_state: State
    cancellation_fee: Fee


class Reason(Told):
    descriptor: Descriptor
    id: Filled | UnsetType = UNSET


class Cancellation(Told):
    time: Moment
    cancelled_by: Literal["CONSUMER", "PROVIDER"]
    reason: Reason


class Offered(Told, tag_field="type", tag="DRAFT"):
    """The order of on_select: what it would cost."""

    provider: Provider
    items: Annotated[list[Item], Meta(min_length=1)]
    fulfillments: Annotated[list[Fulfillment], Meta(min_length=1)]
    quote: Quote


class Draft(Offered, tag_field="type", tag="DRAFT"):
    """The order from on_init on: with its terms."""

    payments: Annotated[list[Payment], Meta(min_length=1)]
    cancellation_terms: list[CancellationTerm]
    billing: dict[str, Any] | UnsetType = UNSET
    cancellation: Cancellation | UnsetType = UNSET


class Placed(Draft, kw_only=True, tag_field="type", tag="DEFAULT"):
    """The order from on_confirm on."""

    id: Filled
    status: Literal["ACTIVE", "COMPLETE", "CANCELLED"]
    created_at: Moment
    updated_at: Moment
    tags: list[TagGroup] | UnsetType = UNSET


class Tracking(Told):
    id: Filled
    url: Address
    status: Literal["active", "inactive"]


class Form(Told):
    url: Address
    mime_type: Literal["text/html", "application/xml"]


class FeedbackForm(Told):
    form: Form
    required: bool


class Support(Told):
    ref_id: Filled
    phone: str
    email: str
    url: str


class Option(Told):
    id: Filled
    descriptor: Descriptor
