"""Sends a stored message once more, as a new one, to an address that staff name. Source: design.md §8, `SANDBOX`."""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import urllib3
from django.conf import settings
from nacl.signing import SigningKey

from beckn import signing
from beckn.models import Callback, Request, Subscriber, SubscriberStatus, SubscriberType
from beckn.services import own_keys
from beckn.services.outcome import POST_WITHIN_S
from beckn.services.screening import same_origin
from beckn.services.subscribers import plain_url
from emsp.core import http
from emsp.core.errors import DomainError
from emsp.core.http import ForbiddenAddress, check_url
from emsp.core.log import mask
from emsp.core.wire import encode, load_json, moment_text

SHOWN_LIMIT = 8_000  # characters of an answer
THROW_AWAY = "throw-away"


class NotReplayable(DomainError):
    """The message cannot be sent there; the text says why."""


@dataclass(frozen=True)
class Replay:
    """What was sent and what came back. status 0: no answer, body says why. public_key: of a throw-away key, else empty."""

    url: str
    message_id: str
    status: int
    body: str
    took_ms: int
    public_key: str

    @property
    def taken(self) -> bool:
        """Whether the answer was 2xx."""
        return 200 <= self.status < 300

    @property
    def ours(self) -> bool:
        """Whether it was signed with the key with which we sign for real."""
        return not self.public_key


def origin_of(base_url: str) -> str:
    """Scheme, host and port, for the trail: a path may be a secret."""
    parts = plain_url(base_url)
    return f"{parts.scheme}://{parts.netloc}" if parts is not None else "no URL"


def goes_home(stored: Request | Callback, base_url: str) -> bool:
    """Whether base_url lies at the registered address of the app that a callback of ours was for."""
    if not isinstance(stored, Callback):
        return False
    homes = Subscriber.objects.filter(
        subscriber_id=stored.bap_id, type=SubscriberType.BAP, status=SubscriberStatus.SUBSCRIBED
    ).values_list("url", flat=True)  # fmt: skip
    return any(same_origin(base_url, home) for home in homes)


def replay(stored: Request | Callback, base_url: str, *, now: datetime) -> Replay:
    """POST a stored message to base_url/<action> with a new message_id and timestamp.

    Signed with our key, and whole, only where goes_home; anywhere else with a key made for it, and with secrets
    and drivers' contacts masked. Never inside a transaction. Raises NotReplayable.
    """
    if plain_url(base_url) is None:
        raise NotReplayable("the URL must be http(s), absolute, without user name, query and fragment")
    home = goes_home(stored, base_url)
    message = _renewed(stored, now=now, whole=home)
    body = encode(message)
    ours = own_keys.current()
    key = ours.signing if home else SigningKey.generate()
    sender = settings.BECKN_SUBSCRIBER_ID if isinstance(stored, Callback) else stored.bap_id
    header = signing.sign(
        body, subscriber_id=sender, unique_key_id=ours.unique_key_id if home else THROW_AWAY,
        private_key=key, now=int(now.timestamp()),
    )  # fmt: skip
    url, begun = f"{base_url.rstrip('/')}/{stored.action}", time.monotonic()
    status, answer = _post(url, body, {"Content-Type": "application/json", "Authorization": header})
    return Replay(
        url, message["context"]["message_id"], status, answer, int((time.monotonic() - begun) * 1000),
        "" if home else signing.public_key_text(key),
    )  # fmt: skip


def _renewed(stored: Request | Callback, *, now: datetime, whole: bool) -> dict[str, Any]:
    given: Any = load_json(bytes(stored.body)) if isinstance(stored, Callback) else stored.body
    message = given if whole else mask(given)
    fresh = {"message_id": str(uuid.uuid4()), "timestamp": moment_text(now, milliseconds=True)}
    return message | {"context": message["context"] | fresh}  # type: ignore[no-any-return]


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Status and the beginning of the answer's text; 0 and the reason when none came. Raises NotReplayable."""
    try:
        check_url(url)
        answer = http.post(url, body, headers, within_s=POST_WITHIN_S)
    except ForbiddenAddress as error:
        raise NotReplayable(str(error)) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return 0, f"no answer: {type(error).__name__}"
    return answer.status, answer.content.decode(errors="replace")[:SHOWN_LIMIT]
