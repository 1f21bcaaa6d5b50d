"""The registry's challenge is decrypted while a subscription is pending, and is good for nothing else."""

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7
from django.core.cache import cache

from beckn import signing
from tests.factories.beckn import public_key, signing_key
from tests.shared import fixture

pytestmark = pytest.mark.django_db
REGISTRY_KEY = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.fixture(autouse=True)
def pending(settings):
    cache.clear()
    settings.BECKN_SUBSCRIPTION_PENDING = True
    public = REGISTRY_KEY.public_key().public_bytes_raw()
    settings.BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY = base64.b64encode(public).decode()


def challenge(text, settings, block=128):
    ours = X25519PrivateKey.from_private_bytes(base64.b64decode(settings.BECKN_ENCRYPTION_PRIVATE_KEY))
    secret = REGISTRY_KEY.exchange(X25519PublicKey.from_public_bytes(ours.public_key().public_bytes_raw()))
    padder, encryptor = PKCS7(block).padder(), Cipher(AES256(secret), ECB()).encryptor()
    raw = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(
        encryptor.update(padder.update(raw) + padder.finalize()) + encryptor.finalize()
    ).decode()


def post(client, text, headers=None, **more):
    body = {"subscriber_id": "bpp.tests.example", "pub_key_id": "bpp-key-1", "challenge": text} | more
    raw = text if isinstance(text, bytes) else json.dumps(body).encode()
    return client.post("/beckn/on_subscribe", raw, content_type="application/json", headers=headers or {})


def assert_refused(response, status, given=""):
    assert response.status_code == status, response.content
    assert response.json()["message"]["ack"]["status"] == "NACK"
    assert "answer" not in response.json()
    assert not given or given not in response.content.decode()


@pytest.mark.parametrize("text", ["73920184465510982736450918273645", "0123456789abcdef", "चुनौती-⚡"])
def test_the_challenge_is_answered_in_clear_text(client, settings, text):
    response = post(client, challenge(text, settings))

    assert (response.status_code, response.json()) == (200, {"answer": text})


def test_the_registrys_key_may_be_der(client, settings):
    der = bytes.fromhex("302a300506032b656e032100") + REGISTRY_KEY.public_key().public_bytes_raw()
    settings.BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY = base64.b64encode(der).decode()

    assert post(client, challenge("12345", settings)).json() == {"answer": "12345"}


@pytest.mark.parametrize(
    "name", ["BECKN_SUBSCRIPTION_PENDING", "BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY"]
)
def test_without_a_pending_subscription_nothing_is_answered(client, settings, name):
    text = challenge("12345", settings)
    setattr(settings, name, "")

    assert_refused(post(client, text), 403, text)


@pytest.mark.parametrize(
    "text",
    [
        "***", "", "MDEyMzQ1Njc4OWFiY2Rl", base64.b64encode(bytes(16)).decode(), "A" * 5000, 7, None,
        "(created): 1756461600\n(expires): 1756461900\ndigest: BLAKE-512=AAAA",
    ],
)
def test_a_challenge_that_was_not_encrypted_for_us_is_400(client, text):
    assert_refused(post(client, text), 400, str(text) if text and text != 7 else "")


@pytest.mark.parametrize("raw", [b"\xff\xfe\xfd", b"a\x00b", b"line\nline"])
def test_what_is_no_plain_text_is_400_and_not_shown(client, settings, raw):
    response = post(client, challenge(raw, settings))
    assert_refused(response, 400, raw.decode("latin-1"))


def test_a_challenge_for_somebody_else_is_400(client, settings):
    assert_refused(post(client, challenge("12345", settings), subscriber_id="other.example"), 400)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"challenge":1,"challenge":2}'])
def test_what_is_no_json_is_400(client, raw):
    assert_refused(post(client, raw), 400)


class TestWithTheRegistrysKey:
    @pytest.fixture(autouse=True)
    def registry_signs(self, settings):
        settings.BECKN_REGISTRY_SIGNING_PUBLIC_KEY = public_key("registry")

    def signed(self, raw, key="registry"):
        return {"Authorization": signing.sign(
            raw, subscriber_id="registry.example", unique_key_id="r1", private_key=signing_key(key),
            now=int(time.time()),
        )}

    def bare(self, raw, key="registry"):
        return {"Signature": base64.b64encode(signing_key(key).sign(raw).signature).decode()}

    @pytest.mark.parametrize("kind", ["signed", "bare"])
    def test_its_signature_is_required_in_one_form_or_the_other(self, client, settings, kind):
        raw = json.dumps({"challenge": challenge("12345", settings)}).encode()
        sign = getattr(self, kind)

        assert_refused(post(client, raw), 401)
        assert_refused(post(client, raw, headers=sign(raw, "stranger")), 401)
        assert_refused(post(client, raw, headers=sign(raw + b" ")), 401)
        assert_refused(post(client, raw, headers={"Signature": "***"}), 401)
        assert post(client, raw, headers=sign(raw)).json() == {"answer": "12345"}

    def test_a_false_authorization_is_not_saved_by_a_right_signature(self, client, settings):
        raw = json.dumps({"challenge": challenge("12345", settings)}).encode()
        assert_refused(post(client, raw, headers=self.signed(raw, "stranger") | self.bare(raw)), 401)


def test_a_caller_who_guesses_is_slowed_down(client, settings):
    text = challenge("12345", settings)
    statuses = [post(client, text).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]
    assert int(post(client, text)["Retry-After"]) <= 60


class TestVectorsOfTheReference:
    @pytest.fixture
    def vectors(self, settings):
        found = fixture("beckn/on-subscribe-vectors.json")
        settings.BECKN_ENCRYPTION_PRIVATE_KEY = found["keys"]["participant"]["private_b64"]
        settings.BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY = found["keys"]["registry"]["public_b64"]
        return found

    @pytest.mark.parametrize("number", ["S01", "S02", "S03", "S04"])
    def test_good(self, client, vectors, number):
        (vector,) = [v for v in vectors["good"] if v["id"] == number]
        assert post(client, vector["challenge"]).json() == {"answer": vector["answer"]}

    @pytest.mark.parametrize("number", ["S91", "S92", "S93", "S94"])
    def test_bad(self, client, vectors, number):
        (vector,) = [v for v in vectors["bad"] if v["id"] == number]
        assert_refused(post(client, vector["challenge"]), 400, vector["challenge"])

    def test_the_whole_call_of_the_reference_registry(self, client, vectors, settings):
        settings.BECKN_SUBSCRIBER_ID = "example-bpp.com"
        settings.BECKN_REGISTRY_SIGNING_PUBLIC_KEY = vectors["keys"]["registry_signing"]["public_b64"]
        example = vectors["http_example"]

        response = post(client, base64.b64decode(example["body_b64"]), headers=example["headers"])

        assert response.json() == {"answer": vectors["good"][0]["answer"]}
