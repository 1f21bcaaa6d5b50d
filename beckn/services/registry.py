"""Asks the network's registry who a participant is. Source: beckn.md c.1."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests
import urllib3
from django.conf import settings

from beckn.models import SubscriberStatus, SubscriberType
from beckn.signing import BadKey, load_public_key
from beckn.wire.v1_1_0.moments import moment_of
from emsp.core.http import ForbiddenAddress, PartnerSession, check_url, within
from emsp.core.memory import Memory
from emsp.core.wire import WireError, load_json

log = logging.getLogger(__name__)

TIMEOUT_S = (3, 5)  # to connect, to read
ANSWER_WITHIN_S = 10
RESPONSE_LIMIT_BYTES = 1_000_000
TYPES = {
    "bap": SubscriberType.BAP, "buyerapp": SubscriberType.BAP,
    "bpp": SubscriberType.BPP, "sellerapp": SubscriberType.BPP,
    "bg": SubscriberType.BG, "gateway": SubscriberType.BG,
}
KEY_ID_NAMES = ("key_id", "unique_key_id", "ukId", "pub_key_id")
URL_NAMES = ("url", "subscriber_url", "callback_url")

_down: Memory[bool] = Memory(ttl_s=10)  # a registry that is away is not asked by every request


class RegistryUnavailable(Exception):
    """The registry did not answer, or not with a list of participants."""


@dataclass(frozen=True)
class Record:
    """One key of one participant, as the registry has it. public_key: 32 raw bytes."""

    subscriber_id: str
    unique_key_id: str
    type: SubscriberType
    url: str
    public_key: bytes
    status: SubscriberStatus
    valid_from: datetime | None
    valid_until: datetime | None


def lookup(subscriber_id: str, unique_key_id: str) -> Record | None:
    """The record of exactly this participant and key, or None when the registry has none that is usable.

    The answer may list other keys and roles of the participant; a SUBSCRIBED app's record is preferred.
    Raises RegistryUnavailable.
    """
    if _down.get("registry"):
        raise RegistryUnavailable("the registry did not answer a moment ago")
    try:
        found = _ask(subscriber_id, unique_key_id)
    except RegistryUnavailable:
        _down.put("registry", True)
        raise
    records = [record for record in map(_read, found) if record is not None]
    exact = [r for r in records if (r.subscriber_id, r.unique_key_id) == (subscriber_id, unique_key_id)]
    return min(exact, key=_preference, default=None)


def _ask(subscriber_id: str, unique_key_id: str) -> Iterable[Any]:
    wanted = {"subscriber_id": subscriber_id, **{name: unique_key_id for name in KEY_ID_NAMES[:3]}}
    url = f"{settings.BECKN_REGISTRY_URL.rstrip('/')}/lookup"
    try:
        check_url(url, look_up=False)
        with (
            within(ANSWER_WITHIN_S),
            PartnerSession() as session,
            session.post(url, json=wanted, timeout=TIMEOUT_S, allow_redirects=False, stream=True) as answer,
        ):
            content = answer.raw.read(RESPONSE_LIMIT_BYTES, decode_content=True)
            status = answer.status_code
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ForbiddenAddress) as error:
        log.warning("the registry did not answer: %s", type(error).__name__)
        raise RegistryUnavailable(type(error).__name__) from None
    if status == 404:
        return []
    try:
        found = load_json(content)
    except WireError:
        found = None
    if not 200 <= status < 300 or not isinstance(found, list):
        log.warning("the registry answered a lookup with HTTP %s, not with a list", status)
        raise RegistryUnavailable(f"HTTP {status}")
    return found


def _read(entry: Any) -> Record | None:
    """A record, or None when the entry cannot serve as one. A list without states has subscribers only."""
    if not isinstance(entry, dict):
        return None
    kind = TYPES.get(str(entry.get("type", "")).lower())
    status = str(entry.get("status") or SubscriberStatus.SUBSCRIBED).upper()
    url = _first(entry, URL_NAMES)
    if kind is None or status not in SubscriberStatus.values or len(url) > 500:
        return None
    try:
        return Record(
            subscriber_id=str(entry.get("subscriber_id")),
            unique_key_id=_first(entry, KEY_ID_NAMES),
            type=kind,
            url=url,
            public_key=load_public_key(str(entry.get("signing_public_key"))),
            status=SubscriberStatus(status),
            valid_from=moment_of(entry.get("valid_from"), "valid_from"),
            valid_until=moment_of(entry.get("valid_until"), "valid_until"),
        )
    except (BadKey, ValueError) as error:
        log.warning("a registry record of %s cannot be read: %s", entry.get("subscriber_id"), error)
        return None


def _first(entry: dict[str, Any], names: Iterable[str]) -> str:
    return next((value for name in names if isinstance(value := entry.get(name), str) and value), "")


def _preference(record: Record) -> tuple[bool, int]:
    order = (SubscriberType.BAP, SubscriberType.BG, SubscriberType.BPP)
    return record.status != SubscriberStatus.SUBSCRIBED, order.index(record.type)
