"""The message of each callback that we send, and the stub that stands beside an error. Source: beckn.md a.3, e.4."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from beckn.wire.v1_1_0.answers import (
    Catalog,
    Draft,
    FeedbackForm,
    Listed,
    Offered,
    Option,
    Placed,
    Support,
    Told,
    Tracking,
)


class SearchAnswer(Told):
    catalog: Catalog


class SelectAnswer(Told):
    order: Offered


class DraftAnswer(Told):
    """on_init; a draft that was confirmed meanwhile is told as it is."""

    order: Draft | Placed


class OrderAnswer(Told):
    order: Placed


class TrackAnswer(Told):
    tracking: Tracking


class RatingAnswer(Told):
    feedback_form: FeedbackForm | UnsetType = UNSET


class SupportAnswer(Told):
    support: Support


class ReasonsAnswer(Told):
    cancellation_reasons: list[Option]


class CategoriesAnswer(Told):
    """return_reasons: core requires it here and does not define it."""

    rating_categories: list[Literal["Item", "Order", "Fulfillment", "Provider", "Agent", "Support"]]
    return_reasons: list[Option]


class ReturnsAnswer(Told):
    return_reasons: list[Option]


ANSWERS: dict[str, type[Told]] = {
    "on_search": SearchAnswer,
    "on_select": SelectAnswer,
    "on_init": DraftAnswer,
    "on_confirm": OrderAnswer,
    "on_status": DraftAnswer,
    "on_update": OrderAnswer,
    "on_cancel": DraftAnswer,
    "on_track": TrackAnswer,
    "on_rating": RatingAnswer,
    "on_support": SupportAnswer,
    "cancellation_reasons": ReasonsAnswer,
    "rating_categories": CategoriesAnswer,
    "return_reasons": ReturnsAnswer,
}


class StubProvider(Told):
    id: str


class StubOrder(Told):
    """The least that a schema takes beside an error: an id, or a provider with one."""

    id: str | UnsetType = UNSET
    provider: StubProvider | UnsetType = UNSET


class Nothing(Told):
    pass


class OrderStub(Told):
    order: StubOrder


class SelectStub(Told):
    order: StubOrder | UnsetType = UNSET


class TrackStub(Told):
    tracking: Nothing


class EmptyCatalog(Told):
    providers: Annotated[list[Listed], Meta(max_length=0)]


class SearchStub(Told):
    catalog: EmptyCatalog


# Beside an error, where an answer has more members than nothing.
STUBS: dict[str, type[Told]] = {
    "on_search": SearchStub,
    "on_select": SelectStub,
    **dict.fromkeys(("on_init", "on_confirm", "on_status", "on_update", "on_cancel"), OrderStub),
    "on_track": TrackStub,
}
