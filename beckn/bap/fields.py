"""Text that is ciphertext in the database: messages hold drivers' names, phones and addresses."""

import base64
import hashlib
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models

PURPOSE = b"bap-messages"


def _fernet(secret: str) -> Fernet:
    key = hashlib.blake2b(secret.encode(), digest_size=32, person=PURPOSE).digest()
    return Fernet(base64.urlsafe_b64encode(key))


@lru_cache(maxsize=4)
def _cipher(*secrets: str) -> MultiFernet:
    return MultiFernet([_fernet(secret) for secret in secrets])


def cipher() -> MultiFernet:
    """The cipher of the current SECRET_KEY; those of SECRET_KEY_FALLBACKS still open older rows."""
    return _cipher(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text encrypted at rest under a key derived from SECRET_KEY. Cannot be searched."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return cipher().decrypt(value.encode()).decode() if value else value

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return cipher().encrypt(text.encode()).decode() if text else text
