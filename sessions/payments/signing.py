"""Signatures of the sandbox gateway: HMAC-SHA-256 of a moment and the bytes. Pure; both ends use it."""

import hashlib
import hmac

HEADER = "X-Payment-Signature"
LIFETIME_S = 300


class SignatureRefused(Exception):
    """The signature is missing, another one, or too old."""


def sign(body: bytes, key: str, now: int) -> str:
    """The header's value, as `t=1767225600,v1=<hex>`. now: seconds since 1970."""
    return f"t={now},v1={_mac(body, key, str(now))}"


def verify(header: str, body: bytes, key: str, now: int) -> None:
    """Raises SignatureRefused unless header signs body under key within LIFETIME_S around now."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp, told = parts.get("t", ""), parts.get("v1", "")
    if not key or not told.isascii() or not hmac.compare_digest(_mac(body, key, stamp), told):
        raise SignatureRefused("the signature is not the gateway's")
    if not stamp.isdecimal() or abs(int(stamp[:15]) - now) > LIFETIME_S:
        raise SignatureRefused("the signature is too old")


def link_mac(key: str, *values: str) -> str:
    """Signs the values of a link, so that nobody changes the amount on the way."""
    return _mac("\n".join(values).encode(), key, "link")


def _mac(body: bytes, key: str, stamp: str) -> str:
    return hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
