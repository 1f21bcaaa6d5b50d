"""Who sent a message: every vector of the reference through the checks of the door, and some of our own."""

import base64
from datetime import UTC, datetime

import pytest
import responses
from django.utils.dateparse import parse_datetime

from beckn import reading
from beckn.authentication import GatewayRefused, check_gateway, check_identity, identify, signer
from beckn.models import Subscriber
from beckn.services import subscribers
from beckn.signing import SignatureRefused, sign
from emsp.core.wire import WireError, encode
from tests.factories.beckn import SubscriberFactory, public_key, request_body, signing_key
from tests.shared import SHARED, fixture

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
RAW = encode(request_body("search", {"intent": {}}))
VECTORS = SHARED / "reference/fixtures/beckn/signing-vectors.json"
IDS = [
    *(f"G{number:02d}" for number in range(1, 16)),
    *(f"B{number:02d}" for number in range(1, 40)),
    *(f"E{number:02d}" for number in range(1, 13)),
]


@pytest.fixture(scope="module")
def vectors():
    found = fixture("beckn/signing-vectors.json")
    by_id = {vector["id"][:3]: vector for kind in ("good", "bad", "edge") for vector in found[kind]}
    assert list(by_id) == IDS
    return by_id


@pytest.fixture
def network_of_the_vectors(vectors):
    for entry in fixture("beckn/signing-vectors.json")["registry"]:
        try:
            key = subscribers.load_public_key(entry["signing_public_key"])
            text = base64.b64encode(key).decode()
        except ValueError:
            text = entry["signing_public_key"]  # a registry that keeps a short key (B35)
        Subscriber.objects.create(
            subscriber_id=entry["subscriber_id"], unique_key_id=entry["unique_key_id"], type=entry["type"],
            url=f"https://{entry['subscriber_id']}", public_key=text, status=entry["status"],
            valid_from=parse_datetime(entry["valid_from"]), valid_until=parse_datetime(entry["valid_until"]),
        )


def outcome_of(vector):
    """None when the door lets the vector in, else the reason it gives. Endpoint and form come later."""
    raw = base64.b64decode(vector["body_b64"])
    now = datetime.fromtimestamp(vector["now"], UTC)
    role = "BPP" if vector["receiver"] == "BAP" else "BAP"
    try:
        subscriber = signer(vector["headers"].get("Authorization", ""), raw, role=role, now=now)
        if vector["check_identity"] and role == "BAP":
            check_identity(subscriber, readable(raw))
        check_gateway(vector["headers"], raw, now=now)
    except SignatureRefused as refused:
        return refused.reason
    return None


def readable(raw):
    try:
        return reading.read(raw)
    except WireError:
        return None


@pytest.mark.parametrize("number", IDS)
def test_a_vector_of_the_reference_ends_as_the_reference_says(number, vectors, network_of_the_vectors):
    vector = vectors[number]
    expected = vector["expect"]

    if number == "B38":  # rightly signed; the endpoint is judged after identity (test_edge)
        assert outcome_of(vector) is None
        assert vector["endpoint"] != readable(base64.b64decode(vector["body_b64"]))["context"]["action"]
        return
    assert outcome_of(vector) == (None if expected["accept"] else expected["reason"])


def header(raw=RAW, key="bap", subscriber_id="bap.tests.example", unique_key_id="bap-key-1", now=NOW):
    return sign(
        raw, subscriber_id=subscriber_id, unique_key_id=unique_key_id, private_key=signing_key(key),
        now=int(now.timestamp()),
    )


def refused(headers, raw=RAW, kind=SignatureRefused):
    with pytest.raises(kind) as error:
        identify(headers, raw, now=NOW)
    return error.value.reason


def test_a_signed_message_tells_its_sender_and_its_content():
    row = SubscriberFactory()

    found = identify({"Authorization": header()}, RAW, now=NOW)

    assert found.subscriber == row
    assert found.body["context"]["action"] == "search"


def test_what_cannot_be_read_is_still_identified():
    SubscriberFactory()
    raw = b"{not json"

    assert identify({"Authorization": header(raw)}, raw, now=NOW).body is None


@pytest.mark.parametrize("raw", [RAW, b"\xef\xbb\xbf" + RAW, RAW.replace(b'"bap_id"', b'"bap\\u005fid"')])
def test_a_key_cannot_speak_for_another_app_in_whatever_spelling(raw):
    SubscriberFactory(subscriber_id="other.example", key_name="other")
    given = {"Authorization": header(raw, "other", "other.example")}

    assert refused(given, raw) == "identity_mismatch"


@pytest.mark.parametrize("role", ["BPP", "BG"])
def test_a_request_comes_from_an_app_not_from_another_role(role):
    SubscriberFactory(type=role)
    assert refused({"Authorization": header()}) == "identity_mismatch"


@pytest.mark.parametrize(
    "row",
    [
        {"status": "UNSUBSCRIBED"}, {"status": "INITIATED"}, {"status": "UNDER_SUBSCRIPTION"},
        {"status": "EXPIRED"}, {"status": "INVALID_SSL"},
        {"valid_until": datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC)},
        {"valid_from": datetime(2026, 11, 24, 8, 0, 1, tzinfo=UTC)},
        {"public_key": "AAAA"},
    ],
)
def test_a_key_that_may_not_be_used_now_is_refused(row):
    SubscriberFactory(**row)
    assert refused({"Authorization": header()}) == "key_not_valid"


def test_a_key_may_be_used_to_its_last_second():
    SubscriberFactory(valid_from=NOW, valid_until=NOW)
    assert identify({"Authorization": header()}, RAW, now=NOW).subscriber.valid_until == NOW


def test_cheap_checks_come_before_the_key_is_looked_up(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert refused({}) == "missing_authorization"
        assert refused({"Authorization": header().replace("ed25519", "rsa")}) == "unsupported_algorithm"
        late = header(now=datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
        assert refused({"Authorization": late}) == "expired"


@pytest.fixture
def gateway():
    SubscriberFactory()
    SubscriberFactory(subscriber_id="bg.example", unique_key_id="bg-key-1", type="BG", key_name="bg")
    return header(key="bg", subscriber_id="bg.example", unique_key_id="bg-key-1")


@pytest.mark.parametrize("name", ["X-Gateway-Authorization", "Proxy-Authorization"])
def test_a_gateway_may_forward_under_either_name(gateway, name):
    identify({"Authorization": header(), name: gateway}, RAW, now=NOW)


@pytest.mark.parametrize("name", ["X-Gateway-Authorization", "Proxy-Authorization"])
def test_a_gateway_header_that_does_not_hold_is_refused(gateway, name):
    ours = {"Authorization": header()}
    other_bytes = header(RAW + b" ", "bg", "bg.example", "bg-key-1")

    assert refused(ours | {name: other_bytes}, kind=GatewayRefused) == "gateway_signature_mismatch"
    assert refused(ours | {name: header()}, kind=GatewayRefused) == "gateway_identity_mismatch"
    assert refused({name: gateway}) == "missing_authorization"


def test_one_false_gateway_header_of_two_is_enough_to_refuse(gateway):
    given = {"Authorization": header(), "X-Gateway-Authorization": gateway, "Proxy-Authorization": header()}
    assert refused(given, kind=GatewayRefused) == "gateway_identity_mismatch"


def test_another_scheme_counts_under_the_gateways_own_name_only(gateway):
    identify({"Authorization": header(), "Proxy-Authorization": "Basic YTpi"}, RAW, now=NOW)
    given = {"Authorization": header(), "X-Gateway-Authorization": "Basic YTpi"}
    assert refused(given, kind=GatewayRefused) == "gateway_malformed_header"


def test_a_rotated_key_of_the_registry_is_fetched_at_the_first_mismatch(settings):
    settings.BECKN_REGISTRY_URL = "https://registry.example"
    SubscriberFactory(local=False, fetched_at=NOW)
    entry = {
        "subscriber_id": "bap.tests.example", "key_id": "bap-key-1", "type": "BAP", "url": "https://bap",
        "signing_public_key": public_key("rotated"), "status": "SUBSCRIBED",
    }
    with responses.RequestsMock() as network:
        asked = network.add(responses.POST, "https://registry.example/lookup", json=[entry])

        found = identify({"Authorization": header(key="rotated")}, RAW, now=NOW)
        assert refused({"Authorization": header(key="stranger")}) == "signature_mismatch"

    assert found.subscriber.public_key == public_key("rotated")
    assert asked.call_count == 1
