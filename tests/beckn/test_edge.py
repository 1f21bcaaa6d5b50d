"""POST /beckn/<action> as an app sees it: ACK, or a NACK with the right status, code and path; never a 5xx."""

import json
import socket

import psycopg
import pytest
from django.db import connection

from beckn import actions
from beckn.models import Callback, Request, Subscriber, Transaction
from beckn.services import inbox
from emsp.core.wire import encode
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
