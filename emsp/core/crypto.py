"""Encryption at rest with rotating keys, and hashes of tokens that peers present to us."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def encrypt(text: str) -> str:
    """Ciphertext under the first of FIELD_ENCRYPTION_KEYS."""
    return encrypt_bytes(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The text again; any of FIELD_ENCRYPTION_KEYS opens it. Raises cryptography.fernet.InvalidToken when none does."""
    return decrypt_bytes(ciphertext.encode()).decode()


def encrypt_bytes(content: bytes) -> bytes:
    """As encrypt, of bytes."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(content)


def decrypt_bytes(ciphertext: bytes) -> bytes:
    """As decrypt, of bytes."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(ciphertext)


def is_current(ciphertext: bytes) -> bool:
    """Whether the first of FIELD_ENCRYPTION_KEYS opens it: then there is nothing to encrypt anew."""
    try:
        _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS[:1])).decrypt(ciphertext)
    except InvalidToken:
        return False
    return True


def renewed(ciphertext: bytes) -> bytes:
    """The same under the first of FIELD_ENCRYPTION_KEYS. Raises InvalidToken when no key opens it."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).rotate(ciphertext)


def token_hash(token: str) -> str:
    """SHA-256 of a token that authenticates a peer to us; only this is stored (ocpi.md 1.3)."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(text: str) -> str:
    """HMAC-SHA-256 under SECRET_KEY: recognises a driver again without storing who it is."""
    return keyed_hashes(text)[0]


def keyed_hashes(text: str) -> list[str]:
    """keyed_hash of text, then what it was under each of SECRET_KEY_FALLBACKS."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest() for key in keys]
