"""POST /beckn/<action> as an app sees it: ACK, or a NACK with the right status, code and path; never a 5xx."""

import json
import socket
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from beckn import actions
from beckn.models import Callback, Request, Subscriber, Transaction
from beckn.services import inbox
from emsp.core.wire import encode, moment_text
from tests.factories.beckn import SubscriberFactory, request_body, signing_key
from tests.shared import fixture

pytestmark = pytest.mark.django_db

ACK = {"message": {"ack": {"status": "ACK"}}}
SEARCH = {"intent": {}}
CHALLENGE = 'Signature realm="bpp.tests.example",headers="(created) (expires) digest"'


@pytest.fixture(autouse=True)
def handled(monkeypatch):
    """The requests that reached the actions; they are answered without a callback."""
    seen = []

    def run(request):
        seen.append(request)
        request.state = "ANSWERED"
        request.save(update_fields=["state"])

    monkeypatch.setattr(actions, "run", run)
    monkeypatch.setattr(actions, "LOOK_UPS", frozenset())
    return seen


def assert_nack(response, status, reason, path=None, code="30000"):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    error = {"code": code} | ({"paths": path} if path else {}) | {"message": reason}
    assert response.json() == {"message": {"ack": {"status": "NACK"}}, "error": error}
    assert not Request.objects.exists()
    assert not Transaction.objects.exists()


def test_a_signed_request_is_acknowledged_kept_and_handled(bap, handled):
    response = bap("search", SEARCH)

    assert (response.status_code, response.json()) == (200, ACK)
    assert response["Content-Type"] == "application/json"
    assert [request.action for request in handled] == ["search"]


@pytest.mark.parametrize("endpoint", ["search", "search/"])
def test_the_address_may_end_in_a_slash(bap, endpoint):
    assert bap("search", SEARCH, endpoint=endpoint).json() == ACK


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", ""])
def test_whatever_is_accepted_the_answer_is_json(bap, accept):
    response = bap("search", SEARCH, endpoint="search?format=xml", headers={"Accept": accept})
    assert (response.json(), response["Content-Type"]) == (ACK, "application/json")


# --- 401: identity ---


def test_without_a_signature_there_is_a_challenge(bap):
    response = bap("search", SEARCH, authorization="")

    assert_nack(response, 401, "Authorization: the header is missing")
    assert response["WWW-Authenticate"] == CHALLENGE


def test_the_refusal_names_the_check_and_no_key(bap):
    raw = encode(bap.body("search", SEARCH))

    response = bap("search", raw=raw + b" ", authorization=bap.authorization(raw))

    assert_nack(response, 401, "Authorization: the signature does not verify over the received bytes")
    assert response["WWW-Authenticate"] == CHALLENGE
    assert Subscriber.objects.get().public_key.encode() not in response.content


def test_a_false_gateway_gets_the_gateways_challenge(bap):
    raw = encode(bap.body("search", SEARCH))

    response = bap("search", raw=raw, headers={"X-Gateway-Authorization": bap.authorization(raw)})

    assert_nack(response, 401, "gateway: the key does not belong to the sender in this role")
    assert response["Proxy-Authenticate"] == CHALLENGE
    assert not response.has_header("WWW-Authenticate")


def test_identity_is_judged_before_form(bap):
    assert bap("search", raw=b"{not json", authorization="").status_code == 401
    assert bap("search", raw=b"{not json").status_code == 400
    assert bap("search", bap_id="other.example", bap_uri=7).status_code == 401
    assert bap("nonsense", raw=b"{}", authorization="").status_code == 401


# --- 400: endpoint and form ---


@pytest.mark.parametrize("endpoint", ["confirm", "cancel", "select"])
def test_a_message_counts_at_its_own_endpoint_only(bap, endpoint):
    reason = f"is not {endpoint}, the action of this endpoint"
    response = bap("search", SEARCH, endpoint=endpoint)
    assert_nack(response, 400, f"context.action: {reason}", "context.action")


@pytest.mark.parametrize("action", ["nonsense", "on_search", "Search", "on_subscribe/x"])
def test_an_unknown_action_is_404(bap, action):
    response = bap(action, SEARCH)
    assert response.status_code == 404
    assert response.json()["message"]["ack"]["status"] == "NACK"
    assert not Request.objects.exists()


def test_the_vector_of_another_endpoint_is_400(bap):
    vectors = fixture("beckn/signing-vectors.json")
    (vector,) = [v for v in vectors["bad"] if v["id"].startswith("B38")]
    assert (vector["expect"]["http_status"], vector["endpoint"]) == (400, "confirm")
    assert bap("search", SEARCH, endpoint=vector["endpoint"]).status_code == 400


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
        (b'{"context":' + b"[" * 100_000, "not JSON (RecursionError)"),
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


def test_the_answer_goes_to_the_registered_host_only(bap):
    for uri in (
        "http://127.0.0.1:1/bap/energy/v1", bap.url.replace("http:", "https:"),
        bap.url.replace("127.0.0.1", "localhost"), bap.url.replace("127.0.0.1", "127.0.0.1.evil.example"),
    ):
        assert_nack(
            bap("search", SEARCH, bap_uri=uri), 200,
            "scheme, host and port are not those of the registered URL", "context.bap_uri",
        )
    assert bap("search", SEARCH, bap_uri=bap.url.replace("/bap/energy/v1", "/another/path")).json() == ACK


def test_default_ports_and_case_of_the_host_do_not_matter(bap):
    Subscriber.objects.all().delete()
    SubscriberFactory(url="https://BAP.example/v1")
    assert bap("search", SEARCH, bap_uri="https://bap.example:443/v1/").json() == ACK


def test_outside_the_sandbox_a_private_address_is_refused_though_registered(bap, settings):
    settings.SANDBOX = False
    assert_nack(bap("search", SEARCH), 200, "the URL is not https", "context.bap_uri")

    uri = bap.url.replace("http:", "https:")
    Subscriber.objects.all().delete()
    SubscriberFactory(url=uri)
    response = bap("search", SEARCH, bap_uri=uri)
    assert_nack(response, 200, "the URL leads to a private address", "context.bap_uri")


def test_a_name_server_that_is_away_refuses_nobody(bap, settings, monkeypatch):
    def away(*args, **more):
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    settings.SANDBOX = False
    monkeypatch.setattr(socket, "getaddrinfo", away)
    Subscriber.objects.all().delete()
    SubscriberFactory(url="https://bap.example/v1")

    assert bap("search", SEARCH, bap_uri="https://bap.example/v1").json() == ACK


# --- the door itself ---


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("path", ["search", "on_subscribe", "nonsense"])
def test_another_method_is_405(client, method, path):
    response = getattr(client, method)(f"/beckn/{path}")
    assert response.status_code == 405
    assert response.json()["message"]["ack"]["status"] == "NACK"
    assert response["Allow"] == "POST"


def test_a_head_request_is_405(client):
    assert client.head("/beckn/search").status_code == 405


def test_a_body_over_one_megabyte_is_413_before_anything_reads_it(bap, django_assert_num_queries):
    raw = encode(bap.body("search", {"intent": {}, "x": "y" * 1_000_000}))
    with django_assert_num_queries(0):
        response = bap("search", raw=raw)
    assert response.status_code == 413
    assert response.json()["message"]["ack"]["status"] == "NACK"


def test_a_door_does_without_what_pages_need_and_keeps_the_headers_of_every_answer(bap, client, monkeypatch):
    page = client.get("/support")

    def asked(self, request, *args):
        raise AssertionError("a partner has no session and fills in no form")

    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_request", asked)
    monkeypatch.setattr("django.middleware.csrf.CsrfViewMiddleware.process_view", asked)

    response = bap("search", SEARCH)

    assert (response.status_code, response.content) == (200, b'{"message":{"ack":{"status":"ACK"}}}')
    assert (response["Content-Type"], response["Allow"]) == ("application/json", "POST")
    assert response["Content-Length"] == str(len(response.content))
    for name in ("X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
                 "Permissions-Policy"):  # fmt: skip
        assert response[name] == page[name]
    assert policy_of(response) == policy_of(page)


def policy_of(response):
    return set(response["Content-Security-Policy"].split("; "))


def test_a_body_that_is_too_large_is_refused_with_the_headers_of_every_answer(client):
    response = client.post("/beckn/search", b"x" * 1_000_001, content_type="application/json")

    assert response.status_code == 413
    assert response["Permissions-Policy"] == "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    assert "default-src 'self'" in policy_of(response)
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_host_that_is_none_is_400_in_the_envelope_of_the_door(client):
    response = client.post("/beckn/search", b"{}", content_type="application/json", headers={"Host": "a b"})

    assert_nack(response, 400, "bad request")


def test_a_large_body_within_the_limit_is_taken(bap):
    assert bap("search", {"intent": {}, "x": "y" * 900_000}).json() == ACK


def test_an_ack_costs_one_statement_when_the_key_is_known(bap, monkeypatch):
    asked, execute = [], psycopg.Cursor.execute

    def noted(self, statement, *args, **more):
        asked.append(statement)
        return execute(self, statement, *args, **more)

    monkeypatch.setattr("beckn.services.inbox.wake_resident", lambda task: None)
    bap("search", SEARCH)
    monkeypatch.setattr(psycopg.Cursor, "execute", noted)

    assert bap("search", SEARCH).json() == ACK
    assert asked == [inbox.KEEP]
    with connection.cursor() as cursor:  # planned once, not for each request
        cursor.execute("select count(*) from pg_prepared_statements where statement like '%insert into beckn_request%'")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize(
    "authorization",
    ["Signature", "Signature keyId=", "\x00", "Signature " + "a=1," * 900, 'Signature keyId="é|k|ed25519"'],
)
def test_strange_headers_are_401(bap, authorization):
    assert bap("search", SEARCH, authorization=authorization).status_code == 401


def test_a_database_that_is_away_is_503(bap, monkeypatch):
    from django.db import OperationalError

    def away(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr("beckn.services.inbox.accept", away)
    response = bap("search", SEARCH)

    assert_nack(response, 503, "try again later", code="40000")
    assert response["Retry-After"] == "1"


def test_a_bug_of_ours_is_a_nack_without_internals(bap, monkeypatch, client):
    def broken(*args, **kwargs):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("beckn.services.inbox.accept", broken)
    client.raise_request_exception = False
    response = bap("search", SEARCH)

    assert response.status_code == 500
    assert response.json()["error"] == {"code": "40000", "message": "internal error"}


@pytest.mark.parametrize("path", ["rfc/rfc-7.1.1-search.json", "adaptor-v1/search.json", "uei-v1/uei-search.json",
                                  "rfc-final/rfcf-6.2.4-init.json", "rfc-final/rfcf-6.3.1-update-start.json"])
def test_messages_of_the_sources_pass_the_door(bap, path):
    body = fixture(f"beckn/{path}")
    body["context"] |= {"bap_id": bap.subscriber_id, "bap_uri": bap.url, "bpp_id": "bpp.tests.example"}
    body["context"].pop("ttl", None)
    if not body["context"]["timestamp"][0].isdigit():
        body["context"].pop("timestamp")

    assert bap(body["context"]["action"], raw=encode(body)).json() == ACK


def test_nothing_is_sent_for_what_was_refused(bap, bap_server):
    bap("search", SEARCH, authorization="")
    bap("search", SEARCH, domain="retail")
    bap("search", raw=b"{}")

    assert bap_server.received == []
    assert not Callback.objects.exists()


def test_a_request_signed_by_hand_as_other_software_does(client):
    """Guards the helper: the signature is made over exactly the bytes that are posted."""
    import base64
    import hashlib
    import time

    SubscriberFactory()
    raw = json.dumps(request_body("search", SEARCH)).encode()
    created = int(time.time())
    text = (
        f"(created): {created}\n(expires): {created + 60}\ndigest: BLAKE-512="
        + base64.b64encode(hashlib.blake2b(raw).digest()).decode()
    )
    signature = base64.b64encode(signing_key().sign(text.encode()).signature).decode()
    header = (
        f'Signature keyId="bap.tests.example|bap-key-1|ed25519", algorithm="ed25519", created={created}, '
        f'expires={created + 60}, headers="(created) (expires) digest", signature="{signature}"'
    )

    response = client.post("/beckn/search", raw, content_type="application/json", headers={"Authorization": header})

    assert response.json() == ACK
