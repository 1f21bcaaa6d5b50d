"""Our own keys: the one that signs now, its successor, and those that peers may still know.

The keys of the environment are the first. From the first rotation on the table counts: the successor is made, entered in
the registry while the present key goes on signing, then signs; the former one is retired when peers have forgotten it.
"""

import base64
import uuid
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from nacl.signing import SigningKey

from beckn import signing
from beckn.models import OwnKey, SubscriberStatus
from beckn.services import registry
from emsp.core.errors import DomainError
from emsp.core.memory import Memory

# Another process may have rotated; peers know both keys meanwhile.
_known: Memory[tuple["Key", ...]] = Memory(ttl_s=3)


class NotRotatable(DomainError):
    """A step of a rotation whose time has not come, or a key that is not there."""


@dataclass(frozen=True, repr=False)
class Key:
    """A key pair that is not retired. encryption: base64 of the X25519 private key."""

    unique_key_id: str
    signing: SigningKey
    encryption: str


def current() -> Key:
    """The key that signs what we send now."""
    return _active()[0]


def all_active() -> tuple[Key, ...]:
    """The key that signs, then those that are announced or that peers may still know."""
    return _active()


def new_pair() -> tuple[SigningKey, X25519PrivateKey]:
    """A fresh signing key and a fresh encryption key."""
    return SigningKey.generate(), X25519PrivateKey.generate()


@transaction.atomic
def rotate() -> OwnKey:
    """Make the successor of the key that signs; it is announced, and signs nothing yet. Raises NotRotatable."""
    _take_over_environment()
    if OwnKey.objects.select_for_update().filter(signs_from=None, retired_at=None).exists():
        raise NotRotatable("a successor is announced already: let it sign, or retire it")
    pair = new_pair()
    return _stored(str(uuid.uuid4()), base64_text(bytes(pair[0])), base64_text(pair[1].private_bytes_raw()))


def use(unique_key_id: str, *, unchecked: bool = False) -> OwnKey:
    """Let an announced key sign from now on; the present one stays valid until it is retired.

    Where there is a registry it must know the key as SUBSCRIBED, else peers would refuse what we send; unchecked leaves
    that to whoever asks. Raises NotRotatable.
    """
    key = OwnKey.objects.filter(unique_key_id=unique_key_id, signs_from=None, retired_at=None).first()
    if key is None:
        raise NotRotatable(f"no key {unique_key_id} is announced")
    if settings.BECKN_REGISTRY_URL and not unchecked:
        _check_registered(key)
    key.signs_from = timezone.now()
    key.save(update_fields=["signs_from"])
    return key


@transaction.atomic
def retire(unique_key_id: str) -> OwnKey:
    """Forget the private halves of a key that does not sign. Raises NotRotatable."""
    key = OwnKey.objects.select_for_update().filter(unique_key_id=unique_key_id, retired_at=None).first()
    if key is None:
        raise NotRotatable(f"there is no active key {unique_key_id} in the table")
    if key == signing_row():
        raise NotRotatable("this key signs: let its successor sign first")
    key.retired_at = timezone.now()
    key.signing_private_key = key.encryption_private_key = ""
    key.save(update_fields=["retired_at", "signing_private_key", "encryption_private_key"])
    return key


def signing_row() -> OwnKey | None:
    """The row of the key that signs; None while that is the environment's."""
    return OwnKey.objects.filter(retired_at=None, signs_from__isnull=False).order_by("-signs_from", "-id").first()


def base64_text(raw: bytes) -> str:
    """As keys stand in the environment and in registries."""
    return base64.b64encode(raw).decode()


@receiver(post_save, sender=OwnKey, dispatch_uid="beckn.own_keys.forget")
@receiver(post_delete, sender=OwnKey, dispatch_uid="beckn.own_keys.forget_deleted")
def forget(**kwargs: object) -> None:
    """A changed row is read anew by this process at once; by others after at most 3 s."""
    _known.clear()


def _active() -> tuple[Key, ...]:
    found = _known.get("all")
    if found is None:
        rows = OwnKey.objects.filter(retired_at=None)
        first = signing_row()
        ordered = sorted(rows, key=lambda row: row != first)
        found = tuple(_key(row.unique_key_id, row.signing_private_key, row.encryption_private_key) for row in ordered)
        _known.put("all", found)
    return found or (_of_environment(),)


def _of_environment() -> Key:
    return _key(
        settings.BECKN_UNIQUE_KEY_ID, settings.BECKN_SIGNING_PRIVATE_KEY, settings.BECKN_ENCRYPTION_PRIVATE_KEY
    )


@lru_cache(maxsize=8)
def _key(unique_key_id: str, signing_key: str, encryption_key: str) -> Key:
    return Key(unique_key_id, signing.load_private_key(signing_key), encryption_key)


def _take_over_environment() -> None:
    if OwnKey.objects.exists():
        return
    ours = _of_environment()
    row = _stored(ours.unique_key_id, base64_text(bytes(ours.signing)), ours.encryption)
    row.signs_from = row.created_at
    row.save(update_fields=["signs_from"])


def _stored(unique_key_id: str, signing_key: str, encryption_key: str) -> OwnKey:
    public = X25519PrivateKey.from_private_bytes(base64.b64decode(encryption_key)[:32]).public_key()
    return OwnKey.objects.create(
        unique_key_id=unique_key_id,
        signing_private_key=signing_key,
        encryption_private_key=encryption_key,
        signing_public_key=signing.public_key_text(signing.load_private_key(signing_key)),
        encryption_public_key=base64_text(public.public_bytes_raw()),
    )


def _check_registered(key: OwnKey) -> None:
    try:
        record = registry.lookup(settings.BECKN_SUBSCRIBER_ID, key.unique_key_id)
    except registry.RegistryUnavailable:
        raise NotRotatable("the registry does not answer now") from None
    if record is None or record.status != SubscriberStatus.SUBSCRIBED:
        raise NotRotatable("the registry does not know this key as SUBSCRIBED yet")
    if base64_text(record.public_key) != key.signing_public_key:
        raise NotRotatable("the registry knows another public key under this id")
