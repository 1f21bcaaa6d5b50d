"""One transaction of an app with the eMSP: signed requests out, the callbacks that came for them."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from nacl.signing import SigningKey

from beckn import signing
from beckn.wire.v1_1_0 import callback_action
from emsp.core.wire import encode, moment_text

TIMEOUT_S = 10
AGAIN_S = 0.5


class WalkFailed(Exception):
    """The walk ended before the bill; the text says at which step and why."""


@dataclass(frozen=True)
class Received:
    """A callback: its action, body, and when it arrived (monotonic seconds)."""

    action: str
    body: dict[str, Any]
    at: float

    @property
    def order(self) -> dict[str, Any]:
        return (self.body.get("message") or {}).get("order") or {}

    @property
    def state(self) -> str:
        fulfillment = (self.order.get("fulfillments") or [{}])[0]
        return str(((fulfillment.get("state") or {}).get("descriptor") or {}).get("code", ""))


@dataclass(frozen=True)
class Asked:
    """A request that was acknowledged: what was asked under which id."""

    action: str
    message_id: str


@dataclass(frozen=True)
class Identity:
    """Who asks and who is asked. uri: where the callbacks of this app come."""

    subscriber_id: str
    bpp_id: str
    bpp_uri: str
    bpp_public_key: bytes
    domain: str
    uri: str
    key_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    key: SigningKey = field(default_factory=SigningKey.generate)


class Conversation:
    """One transaction of an app: asks, and keeps what came for it.

    patience_s: how long a request is sent again, unchanged, while the eMSP gives no answer or HTTP 5xx.
    answer_s: how long ask() waits for the callback after the ACK.
    """

    def __init__(self, identity: Identity, *, patience_s: float = 0, answer_s: float = 20) -> None:
        self.identity, self.patience_s, self.answer_s = identity, patience_s, answer_s
        self.transaction_id = str(uuid.uuid4())
        self.asked: list[Asked] = []
        self._received: list[Received] = []
        self._news = threading.Condition()

    def ask(self, action: str, message: dict[str, Any] | None = None) -> tuple[Received, float, float]:
        """Send a request and wait for its callback; gives it with the seconds to the ACK and to the callback.

        Raises WalkFailed for a NACK, an error in the callback, or no callback within answer_s.
        """
        message_id = str(uuid.uuid4())
        body = self.body(action, message, message_id=message_id)
        begun = time.monotonic()
        answer = self._acknowledged(action, body)
        acked_s = time.monotonic() - begun
        if (answer.get("message") or {}).get("ack", {}).get("status") != "ACK":
            raise WalkFailed(f"{action} was refused: {json.dumps(answer.get('error') or answer)}")
        self.asked.append(Asked(action, message_id))
        wanted = callback_action(action)
        found = self.wait(
            lambda c: c.action == wanted and c.body["context"].get("message_id") == message_id,
            self.answer_s,
            wanted,
        )
        return found, acked_s, found.at - begun

    def wait(self, wanted: Callable[[Received], bool], seconds: float, what: str) -> Received:
        """The first callback for which wanted is true. Raises WalkFailed when none comes, or it carries an error."""
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                for callback in self._received:
                    if wanted(callback):
                        if callback.body.get("error"):
                            raise WalkFailed(f"{callback.action}: {callback.body['error'].get('message')}")
                        return callback
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise WalkFailed(f"no {what} within {seconds:.0f} s")
                self._news.wait(left_s)

    def keep(self, callback: Received) -> None:
        """Note a callback of this transaction."""
        with self._news:
            self._received.append(callback)
            self._news.notify_all()

    def body(self, action: str, message: dict[str, Any] | None, *, message_id: str) -> bytes:
        """A request of this conversation, as bytes to sign and send."""
        return encode({"context": self._context(action, message_id), "message": message or {}})

    def received(self, action: str = "") -> list[Received]:
        """The callbacks so far: of this action, or all."""
        with self._news:
            return [callback for callback in self._received if action in ("", callback.action)]

    def post(self, action: str, body: bytes) -> dict[str, Any]:
        """Sign and send; gives the ACK or NACK. Raises WalkFailed when there is no answer, or HTTP 5xx."""
        who = self.identity
        headers = {
            "Content-Type": "application/json",
            "Authorization": signing.sign(
                body,
                subscriber_id=who.subscriber_id,
                unique_key_id=who.key_id,
                private_key=who.key,
                now=int(time.time()),
            ),
        }
        try:
            answer = requests.post(f"{who.bpp_uri}/{action}", data=body, headers=headers, timeout=TIMEOUT_S)
            if answer.status_code >= 500:
                raise WalkFailed(f"{action}: HTTP {answer.status_code} from {who.bpp_uri}")
            told: dict[str, Any] = answer.json()
            return told
        except requests.RequestException as error:
            raise WalkFailed(f"{action}: no answer from {who.bpp_uri} ({type(error).__name__})") from None

    def _acknowledged(self, action: str, body: bytes) -> dict[str, Any]:
        deadline = time.monotonic() + self.patience_s
        while True:
            try:
                return self.post(action, body)
            except WalkFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(AGAIN_S)

    def _context(self, action: str, message_id: str) -> dict[str, Any]:
        who = self.identity
        return {
            "domain": who.domain,
            "action": action,
            "version": "1.1.0",
            "location": {"country": {"name": "India", "code": "IND"}, "city": {"code": "std:011"}},
            "bap_id": who.subscriber_id,
            "bap_uri": who.uri,
            "bpp_id": who.bpp_id,
            "bpp_uri": who.bpp_uri,
            "transaction_id": self.transaction_id,
            "message_id": message_id,
            "timestamp": moment_text(datetime.now(UTC), milliseconds=True),
            "ttl": "PT30S",
        }
