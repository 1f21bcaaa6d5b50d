"""Signatures of Beckn messages: make, read and verify them. Pure: neither Django nor a database.

Source: BECKN-006 (a profile of draft-cavage-http-signatures-12) as beckn.md (b) reads it.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

__all__ = [
    "ID", "BadKey", "SignatureHeader", "SignatureRefused", "check_times", "digest", "load_private_key",
    "load_public_key", "parse", "public_key_text", "sign", "signing_string", "verify", "verify_bytes",
    "verify_signature",
]

ALGORITHM = "ed25519"
COVERED = "(created) (expires) digest"
CREATED_BACKDATED_S = 5  # released ONIX versions tolerate no clock that is ahead (beckn.md b.2)
FORWARD_SKEW_S = 5
MAX_AGE_S = 86_400  # older signatures are refused, whatever they say of expires: message ids are kept longer
HEADER_LIMIT = 4096  # characters
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")  # DER before the key itself

_PARAMETER = re.compile(r'\s*([A-Za-z]+)=(?:"([^"]*)"|([0-9]+))\s*(?:,|$)')
_MOMENT = re.compile(r"[0-9]{1,12}")
ID = re.compile(r"[!#-{}~]{1,255}")  # visible ASCII except the quote and the bar that separates the parts
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----(.+)-----END PUBLIC KEY-----", re.DOTALL)


class SignatureRefused(ValueError):
    """A message whose sender is not proven. reason names the class of check that failed, as `expired`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class BadKey(ValueError):
    """Text that should be a key and is not one; the message says why, without the key."""


@dataclass(frozen=True, slots=True)
class SignatureHeader:
    """What an Authorization header of scheme Signature says. created, expires: Unix seconds."""

    subscriber_id: str
    unique_key_id: str
    algorithm: str
    created: int
    expires: int
    signature: bytes


def digest(body: bytes) -> str:
    """BLAKE2b-512 of the bytes as sent, standard base64. Source: beckn.md b.1."""
    return base64.b64encode(hashlib.blake2b(body, digest_size=64).digest()).decode()


def signing_string(created: int, expires: int, body_digest: str) -> str:
    """The three lines that are signed; no newline at the end. Source: beckn.md b.1."""
    return f"(created): {created}\n(expires): {expires}\ndigest: BLAKE-512={body_digest}"


def sign(
    body: bytes,
    *,
    subscriber_id: str,
    unique_key_id: str,
    private_key: SigningKey | bytes,
    now: int,
    ttl_s: int = 300,
) -> str:
    """The Authorization header for exactly these body bytes.

    private_key: a SigningKey or its 32-byte seed. now: Unix seconds. ttl_s: validity from now, in seconds.
    created lies CREATED_BACKDATED_S in the past, for peers whose clock is behind.
    """
    key = private_key if isinstance(private_key, SigningKey) else SigningKey(private_key)
    created, expires = now - CREATED_BACKDATED_S, now + ttl_s
    made = key.sign(signing_string(created, expires, digest(body)).encode()).signature
    return (
        f'Signature keyId="{subscriber_id}|{unique_key_id}|{ALGORITHM}",algorithm="{ALGORITHM}",'
        f'created="{created}",expires="{expires}",headers="{COVERED}",signature="{base64.b64encode(made).decode()}"'
    )


def parse(header: str) -> SignatureHeader:
    """Read the value of an Authorization (or gateway) header; nothing is verified yet.

    Order and blanks of the parameters, unquoted numbers and the case of the scheme do not matter.
    Raises SignatureRefused: missing_authorization, malformed_header, bad_base64, unsupported_headers,
    algorithm_mismatch, unsupported_algorithm. Source: beckn.md b.2.
    """
    if not header.strip():
        raise SignatureRefused("missing_authorization")
    given = _parameters(header)
    parts = given["keyId"].split("|")
    if len(parts) != 3 or not all(ID.fullmatch(part) for part in parts):
        raise SignatureRefused("malformed_header")
    created, expires = _moment(given["created"]), _moment(given["expires"])
    if created > expires:
        raise SignatureRefused("malformed_header")
    if "headers" in given and re.sub(r"\s", "", given["headers"]) != COVERED.replace(" ", ""):
        raise SignatureRefused("unsupported_headers")
    signature = _from_base64(given["signature"])
    if signature is None:
        raise SignatureRefused("bad_base64")
    subscriber_id, unique_key_id, key_algorithm = parts
    if key_algorithm != given["algorithm"]:
        raise SignatureRefused("algorithm_mismatch")
    if key_algorithm != ALGORITHM:
        raise SignatureRefused("unsupported_algorithm")
    return SignatureHeader(subscriber_id, unique_key_id, key_algorithm, created, expires, signature)


def check_times(header: SignatureHeader, now: int, skew_s: int = FORWARD_SKEW_S) -> None:
    """Raises SignatureRefused (created_in_future, expired, too_old) unless it holds at now, in Unix seconds.

    created may be skew_s ahead and MAX_AGE_S back; expires equal to now still passes. Source: beckn.md b.2, replay.
    """
    if header.created > now + skew_s:
        raise SignatureRefused("created_in_future")
    if header.expires < now:
        raise SignatureRefused("expired")
    if header.created < now - MAX_AGE_S:
        raise SignatureRefused("too_old")


def verify(
    header: SignatureHeader, body: bytes, public_key: bytes, now: int, skew_s: int = FORWARD_SKEW_S
) -> None:
    """Raises SignatureRefused unless header signs exactly these body bytes with public_key and holds at now.

    public_key: 32 raw bytes. now: Unix seconds. Adds signature_mismatch to the reasons of check_times.
    """
    check_times(header, now, skew_s)
    verify_signature(header, body, public_key)


def verify_signature(header: SignatureHeader, body: bytes, public_key: bytes) -> None:
    """The cryptographic part of verify: raises SignatureRefused (signature_mismatch)."""
    text = signing_string(header.created, header.expires, digest(body))
    verify_bytes(text.encode(), header.signature, public_key)


def verify_bytes(content: bytes, signature: bytes, public_key: bytes) -> None:
    """Raises SignatureRefused (signature_mismatch) unless public_key made this signature of content."""
    try:
        VerifyKey(public_key).verify(content, signature)
    except (BadSignatureError, ValueError):  # ValueError: a signature or key of another length
        raise SignatureRefused("signature_mismatch") from None


def load_private_key(text: str) -> SigningKey:
    """Our key from base64 of its 32-byte seed, or of libsodium's 64 bytes (seed and public key).

    Raises BadKey. Source: beckn.md b.3.
    """
    raw = _from_base64(text.strip())
    if raw is None or len(raw) not in (32, 64):
        raise BadKey("a private key is base64 of 32 or 64 bytes")
    key = SigningKey(raw[:32])
    if len(raw) == 64 and raw[32:] != bytes(key.verify_key):
        raise BadKey("the two halves of the private key do not belong together")
    return key


def load_public_key(text: str) -> bytes:
    """The 32 raw bytes of a peer's Ed25519 key, from raw base64, SubjectPublicKeyInfo DER in base64, or PEM.

    Raises BadKey. Source: beckn.md b.2, key encodings.
    """
    pem = _PEM.search(text)
    raw = _from_base64(re.sub(r"\s", "", pem[1]) if pem else text.strip())
    if raw is not None and raw.startswith(SPKI_PREFIX):
        raw = raw.removeprefix(SPKI_PREFIX)
    if raw is None or len(raw) != 32:
        raise BadKey("a public key is base64 of 32 raw bytes, or an Ed25519 public key in DER or PEM")
    return raw


def public_key_text(key: SigningKey) -> str:
    """The public half of a key as registries spell it: raw, in base64."""
    return base64.b64encode(bytes(key.verify_key)).decode()


def _parameters(header: str) -> dict[str, str]:
    scheme, _, rest = header.strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() != "signature" or len(header) > HEADER_LIMIT:
        raise SignatureRefused("malformed_header")
    given: dict[str, str] = {}
    position = 0
    while position < len(rest):
        found = _PARAMETER.match(rest, position)
        if found is None or found[1] in given:  # a parameter given twice has no one meaning
            raise SignatureRefused("malformed_header")
        given[found[1]] = found[2] if found[2] is not None else found[3]
        position = found.end()
    if not {"keyId", "algorithm", "created", "expires", "signature"} <= given.keys():
        raise SignatureRefused("malformed_header")
    return given


def _moment(text: str) -> int:
    if not _MOMENT.fullmatch(text):
        raise SignatureRefused("malformed_header")
    return int(text)


def _from_base64(text: str) -> bytes | None:
    """Standard alphabet with padding, nothing else; None otherwise."""
    if not _BASE64.fullmatch(text):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
