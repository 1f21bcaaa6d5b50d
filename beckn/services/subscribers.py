"""Whom we trust: participants entered here, and those the registry vouches for. Source: beckn.md b.2, c.1."""

import base64
import logging
import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from beckn.models import Subscriber, SubscriberStatus, SubscriberType
from beckn.services import registry
from beckn.signing import ID, BadKey, SignatureRefused, load_public_key
from emsp.core.errors import DomainError
from emsp.core.memory import Memory

log = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)
UNUSABLE_FRESH = timedelta(seconds=60)  # an ended or unsubscribed key may have been renewed
STALE = timedelta(hours=1)
LOOKUPS_PER_MINUTE = 10  # of unknown keys, for one subscriber id

# `beckn_subscriber disable` in another process must bite within five seconds.
_known: Memory[Subscriber] = Memory(ttl_s=3, limit=2000)
_absent: Memory[bool] = Memory(ttl_s=60, limit=5000)
_lookups: Memory[int] = Memory(ttl_s=60, limit=5000)
_refreshed: Memory[bool] = Memory(ttl_s=60, limit=5000)


class BadSubscriber(DomainError):
    """A participant that cannot be entered as given."""


def find(subscriber_id: str, unique_key_id: str, *, now: datetime) -> Subscriber:
    """The participant who owns this key: entered here, else cached from the registry, else asked for there.

    Whether the key may be used now is for key_of to say. The answer may be 3 s old.
    Raises SignatureRefused (unknown_key).
    """
    key = (subscriber_id, unique_key_id)
    found = _known.get(key)
    if found is None:
        row = Subscriber.objects.filter(subscriber_id=subscriber_id, unique_key_id=unique_key_id).first()
        found = row if row is not None and _fresh(row, now) else _from_registry(key, row, now)
        if found is None:
            raise SignatureRefused("unknown_key")
        _known.put(key, found)
    return found


def key_of(subscriber: Subscriber, *, now: datetime) -> bytes:
    """The 32 raw bytes of its public key.

    Raises SignatureRefused (key_not_valid) unless it may be used at now.
    """
    if not _usable(subscriber, now):
        raise SignatureRefused("key_not_valid")
    try:
        return load_public_key(subscriber.public_key)
    except BadKey:
        raise SignatureRefused("key_not_valid") from None


def refresh(subscriber: Subscriber, *, now: datetime) -> Subscriber | None:
    """After a signature that did not verify: the record with another key under the same id, or None.

    Asks the registry at most once a minute for one key. Source: beckn.md c.1, rotation.
    """
    key = (subscriber.subscriber_id, subscriber.unique_key_id)
    if subscriber.local or not settings.BECKN_REGISTRY_URL or not _refreshed.first_time(key, True):
        return None
    found = _ask(key, subscriber, now)
    return found if found is not None and found.public_key != subscriber.public_key else None


def add(
    *,
    subscriber_id: str,
    url: str,
    type: str,
    unique_key_id: str,
    public_key: str,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    status: str = SubscriberStatus.SUBSCRIBED,
) -> tuple[Subscriber, bool]:
    """Trust a participant's key without a registry; adding the same key again updates it.

    public_key: raw or DER in base64, or PEM. Returns the row, and True when it is new. Raises BadSubscriber.
    Source: design.md §4, §8.
    """
    for name, text in (("subscriber id", subscriber_id), ("key id", unique_key_id)):
        if not ID.fullmatch(text):
            raise BadSubscriber(f"the {name} must be 1 to 255 visible ASCII characters without | and quotes")
    if type not in SubscriberType.values:
        raise BadSubscriber(f"the type must be one of {', '.join(SubscriberType.values)}")
    if status not in SubscriberStatus.values:
        raise BadSubscriber(f"the status must be one of {', '.join(SubscriberStatus.values)}")
    if valid_from and valid_until and valid_from > valid_until:
        raise BadSubscriber("valid-from is later than valid-until")
    _check_url(url)
    try:
        raw = load_public_key(public_key)
    except BadKey as error:
        raise BadSubscriber(str(error)) from None
    return Subscriber.objects.update_or_create(
        subscriber_id=subscriber_id,
        unique_key_id=unique_key_id,
        defaults={
            "url": url, "type": type, "public_key": base64.b64encode(raw).decode(), "status": status,
            "valid_from": valid_from, "valid_until": valid_until, "local": True, "fetched_at": None,
        },
    )


def retire(subscriber_id: str, unique_key_id: str, *, valid_until: datetime) -> Subscriber | None:
    """End one key of a participant at a moment, while its others go on; None when we do not know it.

    The key is ours to judge from then on: the registry is not asked again whether it is valid.
    """
    key = Subscriber.objects.filter(subscriber_id=subscriber_id, unique_key_id=unique_key_id).first()
    if key is not None:
        key.valid_until, key.local, key.fetched_at = valid_until, True, None
        key.save(update_fields=["valid_until", "local", "fetched_at"])
    return key


def disable(subscriber_id: str) -> int:
    """Trust none of a participant's keys any more, whatever the registry says. Returns the number of keys."""
    ended = {"status": SubscriberStatus.UNSUBSCRIBED, "local": True, "fetched_at": None}
    count = Subscriber.objects.filter(subscriber_id=subscriber_id).update(**ended)
    _known.clear()  # update() sends no signal
    return count


@receiver(post_save, sender=Subscriber, dispatch_uid="beckn.subscribers.forget")
@receiver(post_delete, sender=Subscriber, dispatch_uid="beckn.subscribers.forget_deleted")
def forget(instance: Subscriber, **kwargs: Any) -> None:
    """A changed row is read anew by this process at once; by others after at most 3 s."""
    for memory in (_known, _absent):
        memory.drop((instance.subscriber_id, instance.unique_key_id))


@lru_cache(maxsize=1000)
def plain_url(url: str) -> SplitResult | None:
    """The parts of an absolute http(s) URL to which an action can be appended; None for any other text."""
    if not re.fullmatch(r"[!-~]+", url):
        return None
    try:
        parts = urlsplit(url)
        absolute = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    more = parts.username or parts.password or parts.query or parts.fragment
    return parts if absolute and not more else None


def _usable(subscriber: Subscriber, now: datetime) -> bool:
    begun = subscriber.valid_from is None or subscriber.valid_from <= now
    ended = subscriber.valid_until is not None and subscriber.valid_until < now
    return subscriber.status == SubscriberStatus.SUBSCRIBED and begun and not ended


def _fresh(row: Subscriber, now: datetime) -> bool:
    if row.local or row.fetched_at is None:
        return row.local  # entered here: the registry is not asked
    return now - row.fetched_at < (FRESH if _usable(row, now) else UNUSABLE_FRESH)


def _from_registry(key: tuple[str, str], row: Subscriber | None, now: datetime) -> Subscriber | None:
    if not settings.BECKN_REGISTRY_URL or (row is None and not _may_ask(key)):
        return None
    return _ask(key, row, now)


def _may_ask(key: tuple[str, str]) -> bool:
    """An unknown key costs a call to the registry: strangers get few, who was disabled here gets none."""
    asked = _lookups.get(key[0]) or 0
    if _absent.get(key) or asked >= LOOKUPS_PER_MINUTE:
        return False
    _lookups.put(key[0], asked + 1)
    disabled = Subscriber.objects.filter(
        subscriber_id=key[0], local=True, status=SubscriberStatus.UNSUBSCRIBED
    )
    return not disabled.exists()


def _ask(key: tuple[str, str], row: Subscriber | None, now: datetime) -> Subscriber | None:
    try:
        record = registry.lookup(*key)
    except registry.RegistryUnavailable:
        stale = row is not None and row.fetched_at is not None and now - row.fetched_at < STALE
        return row if stale else None
    if record is None:
        Subscriber.objects.filter(subscriber_id=key[0], unique_key_id=key[1], local=False).delete()
        _absent.put(key, True)
        return None
    found, _ = Subscriber.objects.update_or_create(
        subscriber_id=record.subscriber_id,
        unique_key_id=record.unique_key_id,
        defaults={
            "url": record.url, "type": record.type, "status": record.status, "local": False,
            "public_key": base64.b64encode(record.public_key).decode(), "fetched_at": now,
            "valid_from": record.valid_from, "valid_until": record.valid_until,
        },
    )
    return found


def _check_url(url: str) -> None:
    parts = plain_url(url)
    if parts is None or len(url) > 500:
        raise BadSubscriber("the URL must be http(s), absolute, without user name, query and fragment")
    if parts.scheme != "https" and not settings.SANDBOX:
        raise BadSubscriber("the URL must be https outside SANDBOX")
