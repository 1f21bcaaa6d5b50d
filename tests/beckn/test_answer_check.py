"""The check of what we send: each callback whole, and each rule broken once, with the path of the member."""

import copy
import re

import pytest

from beckn.wire.v1_1_0 import check_answer
from beckn.wire.v1_1_0.answer_messages import ANSWERS
from emsp.core.wire import WireError

PRICE = {"currency": "INR", "value": "91.00"}
KWH = {"measure": {"type": "CONSTANT", "value": "4.5", "unit": "kWh"}}
PER_KWH = {"currency": "INR/kWH", "value": "18"}
SITE = {"gps": "12.971600,77.594600", "address": "1 Road, Bengaluru"}
ITEM = {
    "id": "o-1", "descriptor": {"name": "DC 30 kW", "code": "energy"}, "price": PER_KWH, "fulfillment_ids": ["f-1"],
    "location_ids": ["LOC-1"], "quantity": {"selected": KWH},
    "tags": [{
        "descriptor": {"name": "Connector Specifications", "code": "connector-specifications"},
        "list": [{"descriptor": {"code": "status"}, "value": "Available"}],
    }],
}  # fmt: skip
FULFILLMENT = {"id": "f-1", "type": "CHARGING", "stops": [{"location": SITE, "type": "start"}]}
OFFERED = {
    "type": "DRAFT", "provider": {"id": "cpo.example", "descriptor": {"name": "CPO"}}, "items": [ITEM],
    "fulfillments": [FULFILLMENT],
    "quote": {
        "id": "q-1", "price": PRICE, "ttl": "PT900S",
        "breakup": [
            {"title": "energy-cost", "price": {"currency": "INR", "value": "81.00"},
             "item": {"id": "o-1", "price": PER_KWH, "quantity": {"selected": KWH}}},
            {"title": "service-charge", "price": {"currency": "INR", "value": "10.00"}},
        ],
    },
}  # fmt: skip
DRAFT = OFFERED | {
    "payments": [{"id": "payment-01", "collected_by": "BPP", "type": "POST-FULFILLMENT", "status": "NOT-PAID"}],
    "cancellation_terms": [
        {"fulfillment_state": {"descriptor": {"code": "ACTIVE"}}, "cancellation_fee": {"percentage": "30"}}
    ],
}
MOMENT = "2026-03-01T09:15:00.000Z"
PLACED = DRAFT | {"type": "DEFAULT", "id": "order-1", "status": "ACTIVE", "created_at": MOMENT, "updated_at": MOMENT}
CANCELLED = PLACED | {
    "status": "CANCELLED",
    "cancellation": {"time": MOMENT, "cancelled_by": "CONSUMER", "reason": {"id": "5", "descriptor": {"name": "x"}}},
}
CATALOG = {
    "descriptor": {"name": "eMSP"},
    "providers": [
        OFFERED["provider"]
        | {
            "locations": [SITE | {"id": "LOC-1", "descriptor": {"name": "Station"}, "country": {"code": "IND"}}],
            "fulfillments": [FULFILLMENT],
            "items": [ITEM | {"category_ids": ["green"]}],
            "categories": [{"id": "green", "descriptor": {"code": "green-tariff"}}],
        }
    ],
}
MESSAGES = {
    "on_search": {"catalog": CATALOG},
    "on_select": {"order": OFFERED},
    "on_init": {"order": DRAFT},
    "on_confirm": {"order": PLACED},
    "on_status": {"order": PLACED},
    "on_update": {"order": PLACED},
    "on_cancel": {"order": CANCELLED},
    "on_track": {"tracking": {"id": "f-1", "url": "https://emsp.example/track/1", "status": "active"}},
    "on_rating": {
        "feedback_form": {"form": {"url": "https://emsp.example/f", "mime_type": "text/html"}, "required": False}
    },
    "on_support": {"support": {"ref_id": "order-1", "phone": "+91", "email": "a@b.example", "url": ""}},
    "cancellation_reasons": {"cancellation_reasons": [{"id": "5", "descriptor": {"name": "x", "code": "y"}}]},
    "rating_categories": {"rating_categories": ["Order"], "return_reasons": []},
    "return_reasons": {"return_reasons": []},
}
STUBS = {
    "on_search": {"catalog": {"providers": []}},
    "on_select": {},
    **dict.fromkeys(("on_init", "on_confirm"), {"order": {"provider": {"id": "cpo.example"}}}),
    **dict.fromkeys(("on_status", "on_update", "on_cancel"), {"order": {"id": "order-1"}}),
    "on_track": {"tracking": {}},
    "on_rating": {},
    "on_support": {},
}
ERROR = {"code": "30004", "message": "this item is not known here", "paths": "message.order.items[0].id"}


# Who takes out what others name is told of them.
NAMED_INSTEAD = {
    "message.catalog.providers[0].categories[0].id": "message.catalog.providers[0].items[0].category_ids[0]",
}


def whole(action, message=None, **more):
    context = {
        "domain": "ev-charging:beckn", "action": action, "version": "1.1.0", "bap_id": "bap.example",
        "bap_uri": "https://bap.example", "bpp_id": "bpp.example", "bpp_uri": "https://bpp.example/beckn",
        "transaction_id": "t-1", "message_id": "m-1", "timestamp": MOMENT, "ttl": "PT30S",
        "location": {"city": {"code": "std:080"}},
    }  # fmt: skip
    return copy.deepcopy({"context": context, "message": MESSAGES[action] if message is None else message} | more)


def changed(body, path, value):
    """body with another value at a path like message.order.items[0].id; `...` takes the member out."""
    *way, last = re.findall(r"[^.\[\]]+", path)
    for step in way:
        body = body[int(step)] if isinstance(body, list) else body[step]
    last = int(last) if isinstance(body, list) else last
    if value is ...:
        del body[last]
    else:
        body[last] = value


def refusal(action, body):
    with pytest.raises(WireError) as refused:
        check_answer(action, body)
    return refused.value.path, refused.value.reason


def test_every_callback_has_a_type():
    assert set(MESSAGES) == set(ANSWERS)


@pytest.mark.parametrize("action", MESSAGES)
def test_a_whole_answer_is_right(action):
    check_answer(action, whole(action))


@pytest.mark.parametrize("action", STUBS)
def test_a_stub_is_right_beside_an_error_and_nowhere_else(action):
    check_answer(action, whole(action, STUBS[action], error=ERROR))
    check_answer(action, whole(action, error=ERROR))

    if action not in ("on_search", "on_rating"):  # a catalogue of nothing and an answer without a form are whole
        assert refusal(action, whole(action, STUBS[action]))[0].startswith("message")


def test_a_soft_cancellation_is_told_with_the_state_it_leaves():
    check_answer("on_cancel", whole("on_cancel", {"order": PLACED}))


@pytest.mark.parametrize(
    ("action", "path", "value", "reason"),
    [
        ("on_select", "context.bpp_uri", ..., "required, but missing"),
        ("on_select", "context.message_id", "", "Expected `str` of length >= 1"),
        ("on_select", "context.timestamp", "2026-03-01 09:15", "Expected `str` matching regex"),
        ("on_select", "context.action", "on_init", "is not on_select"),
        ("on_select", "message", ..., "required, but missing"),
        ("on_select", "message.order", ..., "required, but missing"),
        ("on_select", "message.order.quote", ..., "required, but missing"),
        ("on_select", "message.order.type", "DEFAULT", "Invalid value 'DEFAULT'"),
        ("on_select", "message.order.quote.breakup", [], "Expected `array` of length >= 1"),
        ("on_select", "message.order.quote.price.value", "90.99", "is not the sum of the lines, 91.00"),
        ("on_select", "message.order.quote.price.value", 91, "Expected `str`, got `int`"),
        ("on_select", "message.order.quote.breakup[1].price.currency", "USD", "is not INR, that of the total"),
        ("on_select", "message.order.items[0].id", ..., "required, but missing"),
        ("on_select", "message.order.items[0].fulfillment_ids[0]", "f-2", "is none of the fulfillments"),
        ("on_select", "message.order.fulfillments[0].type", "PICKUP", "Invalid enum value 'PICKUP'"),
        ("on_init", "message.order.payments", ..., "required, but missing"),
        ("on_init", "message.order.payments[0].status", "DUE", "Invalid enum value 'DUE'"),
        ("on_init", "message.order.cancellation_terms", ..., "required, but missing"),
        ("on_confirm", "message.order.id", ..., "required, but missing"),
        ("on_confirm", "message.order.type", "DRAFT", "Invalid value 'DRAFT'"),
        ("on_status", "message.order.status", "COMPLETED", "Invalid enum value 'COMPLETED'"),
        ("on_status", "message.order.updated_at", None, "Expected `str`, got `null`"),
        ("on_update", "message.order.items[0].price.currency", "INR/kWh", "Expected `str` matching regex"),
        ("on_cancel", "message.order.cancellation", ..., "required of a cancelled order, but missing"),
        ("on_cancel", "message.order.cancellation.cancelled_by", "USER", "Invalid enum value 'USER'"),
        ("on_track", "message.tracking.status", "on", "Invalid enum value 'on'"),
        ("on_rating", "message.feedback_form.form.url", "emsp.example", "Expected `str` matching regex"),
        ("on_support", "message.support.phone", ..., "required, but missing"),
        ("on_search", "message.catalog.providers[0].items[0].location_ids[0]", "X", "is none of the locations"),
        ("on_search", "message.catalog.providers[0].categories[0].id", "X", "is none of the categories"),
        ("on_search", "message.catalog.providers[0].locations[0].gps", "12.97,77.59", "Expected `str` matching regex"),
        ("cancellation_reasons", "message.cancellation_reasons[0].id", ..., "required, but missing"),
        ("rating_categories", "message.return_reasons", ..., "required, but missing"),
    ],
)
def test_a_broken_rule_is_told_with_the_path_of_its_member(action, path, value, reason):
    body = whole(action)
    changed(body, path, value)

    found_path, found_reason = refusal(action, body)

    assert found_path == NAMED_INSTEAD.get(path, path)
    assert found_reason.startswith(reason)


@pytest.mark.parametrize(
    ("place", "path"), [("", "price"), ("context", "context"), ("message.order", "message.order")]
)
def test_a_member_that_stands_nowhere_is_refused(place, path):
    body = whole("on_select")
    changed(body, f"{place}.price".lstrip("."), 1)

    found_path, found_reason = refusal("on_select", body)

    assert found_path == path
    assert found_reason in ("a member that no message has", "Object contains unknown field `price`")


@pytest.mark.parametrize("body", [None, [], "x", {}, {"context": None}, {"context": {}, "message": {}, "error": 1}])
def test_nonsense_is_refused_and_nothing_breaks(body):
    for action in ANSWERS:
        refusal(action, body)


def test_the_code_of_an_error_is_text_of_five_digits():
    body = whole("on_select", {}, error=ERROR | {"code": 30004})

    assert refusal("on_select", body) == ("error.code", "Expected `str`, got `int`")


def test_an_action_that_we_do_not_send():
    assert refusal("on_discover", whole("on_select")) == ("context.action", "an action that we do not send")
