"""Whether a callback of ours is as it has to be, and which member is not. Pure. Source: beckn.md a.3, a.9, e.4."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from beckn.wire.v1_1_0.answer_messages import ANSWERS, STUBS, Nothing
from beckn.wire.v1_1_0.answers import Context, Problem
from emsp.core.wire import WireError, convert

ORDER = "message.order"


def check_answer(action: str, body: Any) -> None:
    """Raises WireError with the JSON path of the first member that breaks a rule.

    action: of the callback, as on_select. Beside an error the message may be a stub, or whole.
    """
    if action not in ANSWERS:
        raise WireError("an action that we do not send", path="context.action")
    if not isinstance(body, dict):
        raise WireError("a JSON object is expected")
    if extra := sorted(set(body) - {"context", "message", "error"}):
        raise WireError("a member that no message has", path=extra[0])
    _part(body, "context", Context)
    if body["context"]["action"] != action:
        raise WireError(f"is not {action}", path="context.action")
    if body.get("error") is None:
        _part(body, "message", ANSWERS[action])
    else:
        _part(body, "error", Problem)
        if not _is(body.get("message"), STUBS.get(action, Nothing)):
            _part(body, "message", ANSWERS[action])
    for path, reason in _broken(action, body["message"]):
        raise WireError(reason, path=path)


def _part(body: dict[str, Any], name: str, wanted: type[msgspec.Struct]) -> None:
    if name not in body:
        raise WireError("required, but missing", path=name)
    try:
        convert(body[name], wanted)
    except WireError as error:
        path = f"{name}.{error.path}" if error.path and not error.path.startswith("[") else f"{name}{error.path}"
        raise WireError(error.reason, path=path) from None


def _is(value: Any, wanted: type[msgspec.Struct]) -> bool:
    try:
        convert(value, wanted)
    except WireError:
        return False
    return True


def _broken(action: str, message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Rules between members, of a message whose members are right."""
    for number, provider in enumerate(message.get("catalog", {}).get("providers", [])):
        yield from _dangling(provider, f"message.catalog.providers[{number}]")
    order = message.get("order", {})
    yield from _not_adding_up(order)
    if action == "on_cancel" and order.get("status") == "CANCELLED" and "cancellation" not in order:
        yield f"{ORDER}.cancellation", "required of a cancelled order, but missing"
    if "items" in order:
        yield from _dangling(order, ORDER, only=("fulfillment_ids",))


def _dangling(
    holder: dict[str, Any], path: str, only: tuple[str, ...] = ("fulfillment_ids", "location_ids", "category_ids")
) -> Iterator[tuple[str, str]]:
    """Items name only what stands beside them."""
    lists = {"fulfillment_ids": "fulfillments", "location_ids": "locations", "category_ids": "categories"}
    for name in only:
        known = {each["id"] for each in holder.get(lists[name], [])}
        for number, item in enumerate(holder["items"]):
            for place, wanted in enumerate(item.get(name, [])):
                if wanted not in known:
                    yield f"{path}.items[{number}].{name}[{place}]", f"is none of the {lists[name]}"


def _not_adding_up(order: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The lines of a quote make its total, all in one currency."""
    quote = order.get("quote")
    if not quote:
        return
    total = quote["price"]
    for number, line in enumerate(quote["breakup"]):
        if line["price"]["currency"] != total["currency"]:
            yield f"{ORDER}.quote.breakup[{number}].price.currency", f"is not {total['currency']}, that of the total"
    made = sum((Decimal(line["price"]["value"]) for line in quote["breakup"]), Decimal(0))
    if made != Decimal(total["value"]):
        yield f"{ORDER}.quote.price.value", f"is not the sum of the lines, {made}"
