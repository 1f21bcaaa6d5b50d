"""The requests of a BAP, one type per action. Source: beckn.md a.3."""

from typing import Any

from beckn.wire.v1_1_0.context import Context
from beckn.wire.v1_1_0.order import Descriptor, Fulfillment, Item, OrderIn, Provider, TagGroup
from emsp.core.wire import Wire


class Category(Wire):
    descriptor: Descriptor | None = None


class Intent(Wire):
    descriptor: Descriptor | None = None
    provider: Provider | None = None
    category: Category | None = None
    item: Item | None = None
    fulfillment: Fulfillment | None = None
    tags: list[TagGroup] | None = None


class SearchMessage(Wire):
    intent: Intent | None = None


class Search(Wire):
    context: Context
    message: SearchMessage | None = None


class OrderMessage(Wire):
    order: OrderIn


class OrderRequest(Wire):
    """select, init and confirm."""

    context: Context
    message: OrderMessage


class UpdateMessage(Wire):
    """update_target may be missing (DEG00x, f 17)."""

    order: OrderIn
    update_target: str | None = None


class Update(Wire):
    context: Context
    message: UpdateMessage


class NestedOrderId(Wire):
    order_id: str | int | None = None
    id: str | int | None = None


class OrderIdMessage(Wire):
    """status, track. DEGv1 nests the id in an order (f 19)."""

    order_id: str | int | None = None
    order: NestedOrderId | None = None


class OrderIdRequest(Wire):
    context: Context
    message: OrderIdMessage


class CancelMessage(Wire):
    order_id: str | int | None = None
    order: NestedOrderId | None = None
    cancellation_reason_id: str | int | None = None
    descriptor: Descriptor | None = None


class Cancel(Wire):
    context: Context
    message: CancelMessage


class RatingIn(Wire):
    rating_category: str | None = None
    id: str | int | None = None
    value: Any = None


class RatingMessage(Wire):
    ratings: list[RatingIn] | None = None


class RatingRequest(Wire):
    context: Context
    message: RatingMessage


class SupportIn(Wire):
    """1.1.0 knows ref_id only; 0.9 and some apps send order_id (f 26)."""

    ref_id: str | int | None = None
    order_id: str | int | None = None
    callback_phone: str | None = None
    phone: str | None = None
    email: str | None = None


class SupportMessage(Wire):
    support: SupportIn | None = None
    ref_id: str | int | None = None


class SupportRequest(Wire):
    context: Context
    message: SupportMessage | None = None


class MetaRequest(Wire):
    """get_cancellation_reasons, get_rating_categories, get_return_reasons: the context alone."""

    context: Context


MESSAGE_TYPES: dict[str, type[Wire]] = {
    "search": Search,
    "select": OrderRequest,
    "init": OrderRequest,
    "confirm": OrderRequest,
    "update": Update,
    "status": OrderIdRequest,
    "track": OrderIdRequest,
    "cancel": Cancel,
    "rating": RatingRequest,
    "support": SupportRequest,
    "get_cancellation_reasons": MetaRequest,
    "get_rating_categories": MetaRequest,
    "get_return_reasons": MetaRequest,
}


def callback_action(action: str) -> str:
    """Name of the callback that answers an action: on_search, but cancellation_reasons for the meta calls."""
    return action.removeprefix("get_") if action.startswith("get_") else f"on_{action}"
