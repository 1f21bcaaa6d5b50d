"""`manage.py beckn_keys`: new key pairs, ready for the environment."""

import base64
import uuid
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.management.base import BaseCommand
from nacl.signing import SigningKey


class Command(BaseCommand):
    """Prints NAME=value lines. Needs neither an environment nor a database."""

    help = "Prints a new signing (Ed25519) and encryption (X25519) key pair as NAME=value lines."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the pairs; the public keys are for the registry."""
        signing, encryption = SigningKey.generate(), X25519PrivateKey.generate()
        lines = {
            "BECKN_SIGNING_PRIVATE_KEY": _text(bytes(signing)),
            "BECKN_SIGNING_PUBLIC_KEY": _text(bytes(signing.verify_key)),
            "BECKN_ENCRYPTION_PRIVATE_KEY": _text(encryption.private_bytes_raw()),
            "BECKN_ENCRYPTION_PUBLIC_KEY": _text(encryption.public_key().public_bytes_raw()),
            "BECKN_UNIQUE_KEY_ID": str(uuid.uuid4()),
        }
        for name, value in lines.items():
            self.stdout.write(f"{name}={value}")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
