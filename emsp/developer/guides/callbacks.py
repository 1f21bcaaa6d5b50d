"""What we send to apps, as wire types: what the reference app reads of it. Source: beckn.md (a), (e)."""

from typing import Any

from beckn.bap.wire import Catalog, Context, Order, Problem, Reason, Support
from emsp.core.wire import Wire


class CatalogMessage(Wire):
    catalog: Catalog


class OrderMessage(Wire):
    """order is missing beside an error."""

    order: Order | None = None


class Tracking(Wire):
    url: str | None = None
    status: str | None = None


class TrackingMessage(Wire):
    tracking: Tracking


class FeedbackMessage(Wire):
    feedback_form: Any = None


class SupportMessage(Wire):
    support: Support | None = None


class ReasonsMessage(Wire):
    cancellation_reasons: list[Reason] = []


class OnSearch(Wire):
    context: Context
    message: CatalogMessage | None = None
    error: Problem | None = None


class OnOrder(Wire):
    """on_select, on_init, on_confirm, on_update, on_status and on_cancel; on_status comes unasked too."""

    context: Context
    message: OrderMessage
    error: Problem | None = None


class OnTrack(Wire):
    context: Context
    message: TrackingMessage | None = None
    error: Problem | None = None


class OnRating(Wire):
    context: Context
    message: FeedbackMessage | None = None
    error: Problem | None = None


class OnSupport(Wire):
    context: Context
    message: SupportMessage | None = None
    error: Problem | None = None


class CancellationReasons(Wire):
    context: Context
    message: ReasonsMessage | None = None
    error: Problem | None = None


class MetaAnswer(Wire):
    """rating_categories and return_reasons: a list."""

    context: Context
    message: Any = None
    error: Problem | None = None


CALLBACK_TYPES: dict[str, type[Wire]] = {
    "on_search": OnSearch,
    **dict.fromkeys(("on_select", "on_init", "on_confirm", "on_update", "on_status", "on_cancel"), OnOrder),
    "on_track": OnTrack,
    "on_rating": OnRating,
    "on_support": OnSupport,
    "cancellation_reasons": CancellationReasons,
    "rating_categories": MetaAnswer,
    "return_reasons": MetaAnswer,
}
