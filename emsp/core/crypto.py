"""Encryption at rest with rotating keys, and hashes of tokens that peers present to us."""

import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key.encode()) for key in keys])


def encrypt(text: str) -> str:
    """Ciphertext under the first of FIELD_ENCRYPTION_KEYS."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """The text again; any of FIELD_ENCRYPTION_KEYS opens it. Raises cryptography.fernet.InvalidToken when none does."""
    return _fernet(tuple(settings.FIELD_ENCRYPTION_KEYS)).decrypt(ciphertext.encode()).decode()


def token_hash(token: str) -> str:
    """SHA-256 of a token that authenticates a peer to us; only this is stored (ocpi.md 1.3)."""
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(text: str) -> str:
    """HMAC-SHA-256 under SECRET_KEY: recognises a driver again without storing who it is."""
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
