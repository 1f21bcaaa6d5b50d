"""Answers the registry's challenge, which proves that we own our encryption key. Source: beckn.md c.2.

Decrypts, and never signs or echoes what it is given: it must not serve strangers as an oracle.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.padding import PKCS7
from django.conf import settings
from django.utils import timezone

from beckn import reading, signing
from beckn.services import own_keys
from beckn.signing import SignatureRefused
from emsp.core.errors import DomainError
from emsp.core.wire import WireError

SPKI_PREFIX = bytes.fromhex("302a300506032b656e032100")  # DER of an X25519 public key, before the key itself
BLOCK_BITS = 128
CHALLENGE_LIMIT = 4096  # characters


class NoSubscriptionPending(DomainError):
    """Nobody asked a registry to subscribe us, so no challenge is due."""


def answer(headers: Mapping[str, str], raw: bytes, *, now: datetime | None = None) -> str:
    """The plain text of the challenge in raw, while a subscription is pending.

    Raises NoSubscriptionPending, SignatureRefused when the registry's signing key is configured and the message
    does not carry its signature, and WireError for a challenge that was not encrypted for us.
    """
    if not settings.BECKN_SUBSCRIPTION_PENDING or not settings.BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY:
        raise NoSubscriptionPending("no subscription is pending")
    if settings.BECKN_REGISTRY_SIGNING_PUBLIC_KEY:
        _check_registry(headers, raw, now or timezone.now())
    body = reading.read(raw)
    if body.get("subscriber_id", settings.BECKN_SUBSCRIBER_ID) != settings.BECKN_SUBSCRIBER_ID:
        raise WireError("is not our subscriber id", path="subscriber_id")
    return _decrypt(body.get("challenge"), {body.get(name) for name in ("pub_key_id", "unique_key_id")})


def _check_registry(headers: Mapping[str, str], raw: bytes, now: datetime) -> None:
    """Registries send a Beckn Authorization, or the bare Ed25519 signature of the body in `Signature`, or both."""
    key = signing.load_public_key(settings.BECKN_REGISTRY_SIGNING_PUBLIC_KEY)
    if "Authorization" in headers:
        signing.verify(signing.parse(headers["Authorization"]), raw, key, int(now.timestamp()))
        return
    if "Signature" not in headers:
        raise SignatureRefused("missing_authorization")
    try:
        signature = base64.b64decode(headers["Signature"], validate=True)
    except (binascii.Error, ValueError):
        raise SignatureRefused("bad_base64") from None
    signing.verify_bytes(raw, signature, key)


def _decrypt(challenge: Any, named: set[Any]) -> str:
    """The challenge, by the key that is named, else by whichever it was encrypted for: a successor is asked early."""
    if not isinstance(challenge, str) or not 0 < len(challenge) <= CHALLENGE_LIMIT:
        raise WireError("required: base64 text", path="challenge")
    keys = sorted(own_keys.all_active(), key=lambda key: key.unique_key_id not in named)
    found = (_opened(challenge, key.encryption) for key in keys)
    text = next((text for text in found if text is not None), None)
    if text is None:
        raise WireError("was not encrypted for us", path="challenge")
    return text


def _opened(challenge: str, private_key: str) -> str | None:
    """X25519 shared secret, not hashed, as the key of AES-256 in ECB with PKCS#7; None when it is not for this key."""
    try:
        ciphertext = base64.b64decode(challenge, validate=True)
        decryptor = Cipher(AES256(_shared_secret(private_key)), ECB()).decryptor()  # noqa: S305 (the registry's choice)
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        unpadder = PKCS7(BLOCK_BITS).unpadder()
        text = (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:  # not base64, no whole blocks, wrong padding, not UTF-8
        return None
    return text if text.isprintable() else None


def _shared_secret(private_key: str) -> bytes:
    ours = base64.b64decode(private_key)[:32]
    theirs = base64.b64decode(settings.BECKN_REGISTRY_ENCRYPTION_PUBLIC_KEY).removeprefix(SPKI_PREFIX)
    return X25519PrivateKey.from_private_bytes(ours).exchange(X25519PublicKey.from_public_bytes(theirs))
