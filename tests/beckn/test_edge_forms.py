"""The form of a message at POST /beckn/<action>: what is refused, with the path, and what apps may leave out."""

from datetime import UTC, datetime, timedelta

import pytest

from beckn.models import Request
from emsp.core.wire import encode, moment_text
from tests.beckn.test_edge import ACK, SEARCH, assert_nack, handled  # noqa: F401 (an autouse fixture)
from tests.shared import fixture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON (JSONDecodeError)"),
        (b"{not json", "not JSON (JSONDecodeError)"),
        (b"\xff\xfe{}", "not JSON (UnicodeDecodeError)"),
        (b"[]", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"context":NaN}', "NaN is not JSON"),
        (b'{"context":-Infinity}', "-Infinity is not JSON"),
        (b'{"context":{},"context":{}}', "member 'context' is given twice in one object"),
        (b'{"context":1e999999999}', "a number is out of bounds"),
        (b'{"context":1e301}', "a number is out of bounds"),
        (b'{"context":' + b"9" * 5000 + b"}", "a number is out of bounds"),
        (b'{"context":0.' + b"9" * 64 + b"}", "a number is out of bounds"),
        (b'{"context":' + b"[" * 100_000, "nested deeper than 50 levels"),
    ],
)
def test_what_is_no_json_is_refused(bap, raw, reason):
    assert_nack(bap("search", raw=raw), 400, reason)


@pytest.mark.parametrize(
    ("message", "reason", "path"),
    [
        ('{"a":"x\\u0000y"}', "a text holds a character that cannot be stored", "message.a"),
        ('{"a":[{"b":1},{"b":"\\ud800"}]}', "a text holds a character that cannot be stored", "message.a[1].b"),
        ('{"a":[[],["\\u0000"]]}', "a text holds a character that cannot be stored", "message.a[1][0]"),
        ('{"a":{"\\u0000":1}}', "a name holds a character that cannot be stored", "message.a"),
        ("[" * 49 + "]" * 49, None, None),
        ("[" * 50 + "]" * 50, "nested deeper than 50 levels", "message" + "[0]" * 49),
    ],
)
def test_what_could_not_be_stored_is_refused_by_path(bap, message, reason, path):
    raw = b'{"message":%s,"context":%s}' % (message.encode(), encode(bap.body("search")["context"]))
    response = bap("search", raw=raw)
    if reason is None:
        assert response.json()["error"]["message"].startswith("message: Expected `object")
        return
    assert_nack(response, 400, f"{path}: {reason}", path)


def test_a_byte_order_mark_does_no_harm(bap):
    assert bap("search", raw=b"\xef\xbb\xbf" + encode(bap.body("search", SEARCH))).json() == ACK


def test_all_that_is_missing_in_the_context_is_named(bap):
    response = bap("search", raw=b'{"context":{"domain":"ev-charging:beckn","action":"search"}}')

    missing = "bap_id, bap_uri, transaction_id, message_id"
    assert_nack(response, 400, f"context.bap_id: required, but missing: {missing}", "context.bap_id")


def test_the_short_form_of_the_rfc_cannot_be_answered(bap):
    response = bap("search", raw=encode(fixture("beckn/rfc/rfc-9.1-search.json")))
    assert response.status_code == 400
    assert response.json()["error"]["paths"] == "context.bap_id"


@pytest.mark.parametrize("raw", [b"{}", b'{"context":null}', b'{"context":[]}', b'{"context":"x"}'])
def test_a_message_without_context_is_refused(bap, raw):
    assert_nack(bap("search", raw=raw), 400, "context: required, but missing", "context")


@pytest.mark.parametrize(
    ("context", "path", "reason"),
    [
        ({"message_id": "m" * 256}, "context.message_id", "is not a text of at most 255 characters"),
        ({"transaction_id": 7}, "context.transaction_id", "is not a text of at most 255 characters"),
        ({"transaction_id": ""}, "context.transaction_id", "required, but missing: transaction_id"),
        ({"message_id": ["m"]}, "context.message_id", "is not a text of at most 255 characters"),
        ({"domain": {"a": 1}}, "context.domain", "is not a text of at most 255 characters"),
        ({"bap_uri": "bap.example"}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"bap_uri": "ftp://127.0.0.1/"}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"bap_uri": "http://127.0.0.1:0/"}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"bap_uri": "http://[::1/"}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"bap_uri": "http://a:b@127.0.0.1/"}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"bap_uri": "http://127.0.0.1/?x="}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"bap_uri": "http://127.0.0.1/a\nb"}, "context.bap_uri", "is not a plain absolute http(s) URL"),
        ({"timestamp": "yesterday"}, "context.timestamp", "is not an RFC 3339 time"),
        ({"timestamp": "0001-01-01T00:00:00+05:30"}, "context.timestamp", "is not an RFC 3339 time"),
        ({"ttl": "30 seconds"}, "context.ttl", "is not an ISO 8601 duration"),
    ],
)
def test_a_context_that_is_not_right_is_refused_by_path(bap, context, path, reason):
    assert_nack(bap("search", SEARCH, **context), 400, f"{path}: {reason}", path)


@pytest.mark.parametrize("context", [{"timestamp": 7}, {"ttl": 30}, {"bpp_id": []}, {"version": {}}])
def test_a_context_member_of_another_type_is_refused_by_path(bap, context):
    response = bap("search", SEARCH, **context)
    assert response.status_code == 400
    assert response.json()["error"]["paths"] == f"context.{next(iter(context))}"


@pytest.mark.parametrize(
    ("action", "message", "path"),
    [
        ("search", {"intent": 7}, "message.intent"),
        ("search", {"intent": {"fulfillment": {"stops": [{}, {}, {"location": 7}]}}},
         "message.intent.fulfillment.stops[2].location"),
        ("select", None, "message"),
        ("select", {}, "message.order"),
        ("init", {"order": {"items": [{"id": "1"}, {"id": {}}]}}, "message.order.items[1].id"),
        ("init", {"order": {"items": [{}, {"tags": [{}, {"list": [{}, {}, {"descriptor": 1}]}]}]}},
         "message.order.items[1].tags[1].list[2].descriptor"),
        ("update", {"order": {}, "update_target": 7}, "message.update_target"),
        ("confirm", {"order": {"payments": [{}, "x"]}}, "message.order.payments[1]"),
        ("status", "x", "message"),
        ("support", "null", "message"),
        ("select", {"order": {"items": "null"}}, "message.order.items"),
    ],
)
def test_the_first_wrong_member_is_named_with_its_index(bap, action, message, path):
    response = bap(action, message)

    assert response.status_code == 400, response.content
    assert response.json()["error"]["code"] == "30000"
    assert response.json()["error"]["paths"] == path
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("search", {"intent": {"category": {"id": 7}, "item": {"descriptor": "energy"}}}),
        ("search", {"intent": {"fulfillment": {"stops": [{"location": {"id": 7, "gps": "12.9,77.5"}}]}}}),
        ("select", {"order": {"status": 7, "items": [{"id": "1", "descriptor": "energy"}]}}),
        ("select", {"order": {"items": [{"id": "1", "add_ons": ["cable"]}], "offers": ["summer"]}}),
        ("confirm", {"order": {"quote": {"id": 7}}}),
        ("status", {"order_id": "o", "callback_url": 7}),
    ],
)
def test_a_member_that_nobody_reads_refuses_nothing(bap, action, message):
    assert bap(action, message, bpp_uri=7).json() == ACK


# --- 200: what we do not serve ---


def old():
    return moment_text(datetime.now(UTC) - timedelta(minutes=30))


@pytest.mark.parametrize(
    ("context", "path", "reason"),
    [
        ({"domain": "retail:grocery"}, "context.domain", "this domain is not served"),
        ({"version": "9.9.9"}, "context.version", "served are the versions 1.1.0, 1.1.1"),
        ({"version": None}, "context.version", "served are the versions 1.1.0, 1.1.1"),
        ({"bpp_id": "other.example"}, "context.bpp_id", "the message is addressed to another BPP"),
        ({"timestamp": "2026-01-01T00:00:00Z"}, "context.ttl",
         "the message has expired: timestamp and ttl lie in the past"),
        ({"ttl": "PT0S", "timestamp": "2026-01-01T00:00:00"}, "context.ttl",
         "the message has expired: timestamp and ttl lie in the past"),
    ],
)
def test_what_is_not_served_is_refused_with_200(bap, context, path, reason):
    assert_nack(bap("search", SEARCH, **context), 200, reason, path)


@pytest.mark.parametrize(
    "context",
    [
        {"domain": "ev-charging:uei"}, {"version": "1.1.1"}, {"version": None, "core_version": "1.1.0"},
        {"bpp_id": None, "bpp_uri": None}, {"ttl": None, "timestamp": "2023-07-16T04:41:16Z"},
        {"timestamp": None}, {"location": None}, {"location": {}, "city": "std:080", "country": "IND"},
        {"message_id": "msg-1", "transaction_id": "a word"}, {"ttl": "PT10M"},
        {"timestamp": moment_text(datetime.now(UTC)).replace("Z", "+00:00"), "ttl": "PT1H"},
    ],
)
def test_what_apps_leave_out_or_spell_otherwise_is_served(bap, context):
    assert bap("search", SEARCH, **context).json() == ACK


def test_freshness_is_the_end_of_timestamp_and_ttl(bap):
    assert bap("search", SEARCH, timestamp=old(), ttl="PT31M").json() == ACK
    assert bap("search", SEARCH, timestamp=old(), ttl="PT29M").status_code == 200
    assert Request.objects.count() == 1
