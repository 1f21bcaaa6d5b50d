"""Whatever a registered app signs, the door answers below 500, and keeps nothing it refuses."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beckn import actions
from beckn.models import Request
from emsp.core.wire import encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.just("x" * 300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACE = {"gps": "12.9,77.5", "circle": {"gps": "12.9,77.5", "radius": {"value": "5", "unit": "km"}}}
STATE = {"descriptor": {"code": "start-charging"}}
MESSAGES = {
    "search": {"intent": {"fulfillment": {"stops": [{"location": PLACE}], "tags": [{"list": [{"value": "x"}]}]}}},
    "confirm": {"order": {
        "provider": {"id": "p"}, "items": [{"id": "i", "quantity": {"selected": {"measure": {"value": "5"}}}}],
        "billing": {"phone": "1"}, "payments": [{"type": "ON-FULFILLMENT"}], "quote": {"price": {"value": "1"}},
    }},
    "update": {"update_target": "order", "order": {"id": "o", "fulfillments": [{"id": "f", "state": STATE}]}},
    "status": {"order_id": "o"},
    "cancel": {"order_id": "o", "cancellation_reason_id": "1", "descriptor": {"short_desc": "x"}},
    "rating": {"ratings": [{"id": "o", "rating_category": "Order", "value": "5"}]},
    "support": {"support": {"ref_id": "o"}},
    "get_cancellation_reasons": {},
}


def places(value, path=()):
    """The path of every member and element below value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield (*path, name)
        yield from places(inner, (*path, name))


def replaced(body, path, value):
    changed = copy.deepcopy(body)
    target = changed
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return changed


@pytest.mark.django_db
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_member_of_any_value_breaks_the_door(data, bap, monkeypatch):
    monkeypatch.setattr(actions, "run", lambda request: None)
    action = data.draw(st.sampled_from(sorted(MESSAGES)))
    body = bap.body(action, MESSAGES[action])
    path = data.draw(st.sampled_from(list(places(body))))
    raw = encode(replaced(body, path, data.draw(JSON)))
    before = Request.objects.count()

    response = bap(action, raw=raw)

    acked = response.json()["message"]["ack"]["status"] == "ACK"
    assert response.status_code in (200, 400, 401)
    assert acked is (Request.objects.count() > before)
    if not acked:
        assert response.json()["error"]["code"] == "30000"


@pytest.mark.django_db
@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(raw=st.binary(max_size=60) | JSON.map(encode), header=st.text(st.characters(codec="latin-1"), max_size=60))
def test_no_bytes_and_no_header_break_the_door(raw, header, bap):
    assert bap("search", raw=raw).status_code in (400, 401)
    assert bap("search", raw=raw, authorization=f"Signature {header}").status_code == 401
    assert not Request.objects.exists()
