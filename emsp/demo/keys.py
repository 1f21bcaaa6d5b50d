"""Keys, passwords and ids of the demo: made once, kept in `.demo/keys.json`: the data stays readable."""

import base64
import json
import secrets
import uuid
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cryptography.fernet import Fernet
from nacl.public import PrivateKey
from nacl.signing import SigningKey

from beckn.signing import load_private_key, public_key_text
from emsp.demo.errors import DemoError
from emsp.demo.files import write_private

FILE = "keys.json"


@dataclass(frozen=True, repr=False)
class Keys:
    """Everything the demo must not forget between two starts. Private keys are base64 of 32 bytes."""

    secret_key: str
    field_encryption_key: str
    bpp_id: str
    bpp_key_id: str
    bpp_signing_key: str
    bpp_encryption_key: str
    bap_id: str
    bap_key_id: str
    bap_signing_key: str
    bap_secret_key: str
    admin_user: str
    admin_password: str
    redis_password: str
    payment_key: str

    @property
    def bpp_public_key(self) -> str:
        """Public half of the eMSP's signing key, base64 of 32 bytes."""
        return public_key_text(load_private_key(self.bpp_signing_key))

    @property
    def bap_public_key(self) -> str:
        """Public half of the reference BAP's signing key, base64 of 32 bytes."""
        return public_key_text(load_private_key(self.bap_signing_key))


def new_keys() -> Keys:
    """Fresh random keys, passwords and key ids; the subscriber ids are always the same."""
    return Keys(
        secret_key=secrets.token_urlsafe(48),
        field_encryption_key=Fernet.generate_key().decode(),
        bpp_id="bpp.emsp.localhost",
        bpp_key_id=str(uuid.uuid4()),
        bpp_signing_key=_text(bytes(SigningKey.generate())),
        bpp_encryption_key=_text(bytes(PrivateKey.generate())),
        bap_id="bap.emsp.localhost",
        bap_key_id=str(uuid.uuid4()),
        bap_signing_key=_text(bytes(SigningKey.generate())),
        bap_secret_key=secrets.token_urlsafe(48),
        admin_user="admin",
        admin_password=secrets.token_urlsafe(12),
        redis_password=secrets.token_urlsafe(24),
        payment_key=secrets.token_urlsafe(32),
    )


def keep_keys(folder: Path) -> Keys:
    """The keys kept in `folder`, made and written there at the first start.

    A member that an older demo did not know yet is made now. Raises DemoError when the file cannot be read:
    starting with other keys would make the kept data unreadable.
    """
    file = folder / FILE
    fresh = asdict(new_keys())
    kept: dict[str, str] = {}
    if file.exists():
        try:
            kept = dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise DemoError(f".demo/{FILE} cannot be read; `make demo-reset` starts anew") from None
    known = {field.name for field in fields(Keys)}
    merged = fresh | {name: value for name, value in kept.items() if name in known and isinstance(value, str)}
    if merged != kept:
        write_private(file, json.dumps(merged, indent=1) + "\n")
    return Keys(**merged)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
