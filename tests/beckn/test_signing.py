"""Signatures: bytes, header and refusals, on vectors of our own and on the reference's."""

import base64
import re

import pytest

from beckn import signing
from tests.shared import fixture

SEED = bytes(range(32))
NOW = 1_756_461_600
BODY = '{"context":{"action":"search"},"message":{"text":"दिल्ली ₹ ⚡"}}'.encode()


def header(**over):
    given = {"subscriber_id": "bap.example", "unique_key_id": "k1", "private_key": SEED, "now": NOW}
    return signing.sign(BODY, **given | over)


def key():
    return bytes(signing.SigningKey(SEED).verify_key)


def test_a_header_has_exactly_these_bytes():
    lines = f"(created): 1756461595\n(expires): 1756461900\ndigest: BLAKE-512={signing.digest(BODY)}"
    signature = base64.b64encode(signing.SigningKey(SEED).sign(lines.encode()).signature).decode()

    assert header() == (
        'Signature keyId="bap.example|k1|ed25519",algorithm="ed25519",created="1756461595",'
        f'expires="1756461900",headers="(created) (expires) digest",signature="{signature}"'
    )


def test_the_digest_is_blake2b_with_64_bytes_in_standard_base64():
    # RFC 7693, appendix A
    of_abc = (
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"
    )

    assert signing.digest(b"abc") == base64.b64encode(bytes.fromhex(of_abc)).decode()


def test_what_was_signed_verifies_and_tells_who_signed():
    read = signing.parse(header())

    signing.verify(read, BODY, key(), NOW)

    assert (read.subscriber_id, read.unique_key_id, read.created, read.expires) == (
        "bap.example", "k1", NOW - 5, NOW + 300,
    )


@pytest.mark.parametrize("other", [BODY + b"\n", BODY[:-1], BODY.replace(b"search", b"select"), b""])
def test_other_bytes_do_not_verify(other):
    with pytest.raises(signing.SignatureRefused) as refused:
        signing.verify(signing.parse(header()), other, key(), NOW)
    assert refused.value.reason == "signature_mismatch"


@pytest.mark.parametrize(
    ("at", "reason"),
    [(NOW - 10, None), (NOW - 11, "created_in_future"), (NOW + 300, None), (NOW + 301, "expired")],
)
def test_a_signature_holds_from_five_seconds_before_created_until_expires(at, reason):
    read = signing.parse(header())
    if reason is None:
        signing.verify(read, BODY, key(), at)
        return
    with pytest.raises(signing.SignatureRefused) as refused:
        signing.verify(read, BODY, key(), at)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("age_s", "reason"), [(86_395, None), (86_396, "too_old")])
def test_a_signature_is_taken_for_a_day_at_most_whatever_it_says_of_expires(age_s, reason):
    read = signing.parse(header(ttl_s=10 * 365 * 86_400))  # created 5 s before NOW
    if reason is None:
        signing.verify(read, BODY, key(), NOW + age_s)
        return
    with pytest.raises(signing.SignatureRefused) as refused:
        signing.verify(read, BODY, key(), NOW + age_s)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: "", "missing_authorization"),
        (lambda text: "  ", "missing_authorization"),
        (lambda text: "Bearer abc", "malformed_header"),
        (lambda text: "Signature", "malformed_header"),
        (lambda text: text.replace("|k1|", "|"), "malformed_header"),
        (lambda text: text.replace("|k1|", "||"), "malformed_header"),
        (lambda text: text.replace("|k1|", "|k1|x|"), "malformed_header"),
        (lambda text: text.replace("|k1|", "|k\x001|"), "malformed_header"),
        (lambda text: text.replace("bap.example", "b" * 256), "malformed_header"),
        (lambda text: text.replace('created="1756461595"', 'created="1756461595.5"'), "malformed_header"),
        (lambda text: text.replace('created="1756461595"', 'created="١٧٥٦"'), "malformed_header"),
        (lambda text: text.replace('created="1756461595"', 'created="1756461901"'), "malformed_header"),
        (lambda text: text + ',created="1756461595"', "malformed_header"),
        (lambda text: text + ";rest", "malformed_header"),
        (lambda text: text + "," + "x" * 5000, "malformed_header"),
        (lambda text: text.replace("|ed25519", "|xed25519"), "algorithm_mismatch"),
        (lambda text: text.replace("ed25519", "rsa-sha256"), "unsupported_algorithm"),
        (lambda text: text.replace("digest", "digest host"), "unsupported_headers"),
        (lambda text: text.replace("(created) (expires) digest", ""), "unsupported_headers"),
        (lambda text: re.sub(r'signature="[^"]+"', 'signature=""', text), "bad_base64"),
        (lambda text: text.replace('=="', '"'), "bad_base64"),
        *[
            (lambda text, name=name: re.sub(rf',?{name}="[^"]*",?', "", text), "malformed_header")
            for name in ("keyId", "algorithm", "created", "expires")
        ],
        (lambda text: re.sub(r',signature="[^"]*"', "", text), "malformed_header"),
    ],
)
def test_a_header_that_is_not_right_is_refused_by_name(change, reason):
    with pytest.raises(signing.SignatureRefused) as refused:
        signing.parse(change(header()))
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "signature" + text.removeprefix("Signature"),
        lambda text: text.replace('",', '", '),
        lambda text: re.sub(r'(created|expires)="(\d+)"', r"\1=\2", text),
        lambda text: text.replace("(created) (expires) digest", "(created)(expires)digest"),
        lambda text: text.replace(',headers="(created) (expires) digest"', ""),
        lambda text: "Signature " + ",".join(reversed(text.removeprefix("Signature ").split(","))),
        lambda text: text + ',version="1"',
    ],
)
def test_spellings_without_meaning_are_accepted(change):
    signing.verify(signing.parse(change(header())), BODY, key(), NOW)


def test_a_public_key_may_be_raw_der_or_pem():
    raw = key()
    der = base64.b64encode(signing.SPKI_PREFIX + raw).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"

    assert signing.load_public_key(base64.b64encode(raw).decode()) == raw
    assert signing.load_public_key(der) == raw
    assert signing.load_public_key(pem) == raw


@pytest.mark.parametrize("text", ["", "no key", "AA==", "A" * 43, base64.b64encode(bytes(44)).decode()])
def test_what_is_no_public_key_is_refused(text):
    with pytest.raises(signing.BadKey):
        signing.load_public_key(text)


def test_a_private_key_may_have_its_public_half_behind_it():
    made = signing.SigningKey(SEED)
    both = base64.b64encode(SEED + bytes(made.verify_key)).decode()

    assert bytes(signing.load_private_key(base64.b64encode(SEED).decode())) == SEED
    assert bytes(signing.load_private_key(both)) == SEED
    assert signing.public_key_text(made) == base64.b64encode(bytes(made.verify_key)).decode()


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(65), SEED + bytes(32)])
def test_what_is_no_private_key_is_refused(raw):
    with pytest.raises(signing.BadKey):
        signing.load_private_key(base64.b64encode(raw).decode())


def test_the_reference_signs_as_we_do():
    vectors = fixture("beckn/signing-vectors.json")
    assert len(vectors["good"]) == 15

    for vector in vectors["good"]:
        seed = base64.b64decode(vectors["keys"][vector["key"]]["seed_b64"])
        body = base64.b64decode(vector["body_b64"])
        assert signing.digest(body) == vector["digest"], vector["id"]
        text = signing.signing_string(vector["created"], vector["expires"], vector["digest"])
        assert text == vector["signing_string"], vector["id"]
        signature = base64.b64encode(signing.SigningKey(seed).sign(text.encode()).signature).decode()
        assert signature == vector["signature"], vector["id"]
        read = signing.parse(vector["header"])
        signing.verify(read, body, bytes(signing.SigningKey(seed).verify_key), vector["now"])
