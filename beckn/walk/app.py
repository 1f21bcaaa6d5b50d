"""A BAP for one walk: signs requests, receives callbacks on loopback, waits for the one that answers."""

import json
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from nacl.signing import SigningKey

from beckn import signing
from beckn.wire.v1_1_0 import callback_action
from emsp.core.wire import encode, load_json, moment_text

ACK = b'{"message":{"ack":{"status":"ACK"}}}'
TIMEOUT_S = 10


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


class App:
    """The app itself. subscriber_id, key_id and key must be trusted by the eMSP before the first request."""

    def __init__(self, *, bpp_id: str, bpp_uri: str, bpp_public_key: bytes, domain: str) -> None:
        self.bpp_id, self.bpp_uri, self.bpp_public_key, self.domain = bpp_id, bpp_uri, bpp_public_key, domain
        self.subscriber_id, self.key_id = "walk.emsp.example", str(uuid.uuid4())
        self.key = SigningKey.generate()
        self.transaction_id = str(uuid.uuid4())
        self._received: list[Received] = []
        self._news = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.uri = f"http://127.0.0.1:{self._server.server_address[1]}/beckn"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def ask(self, action: str, message: dict[str, Any] | None = None) -> tuple[Received, float, float]:
        """Send a request and wait for its callback; gives it with the seconds to the ACK and to the callback.

        Raises WalkFailed for a NACK, an error in the callback, or no callback within 20 s.
        """
        message_id = str(uuid.uuid4())
        body = self.body(action, message, message_id=message_id)
        begun = time.monotonic()
        answer = self.post(action, body)
        acked_s = time.monotonic() - begun
        if (answer.get("message") or {}).get("ack", {}).get("status") != "ACK":
            raise WalkFailed(f"{action} was refused: {json.dumps(answer.get('error') or answer)}")
        wanted = callback_action(action)
        found = self.wait(
            lambda c: c.action == wanted and c.body["context"].get("message_id") == message_id, 20, wanted
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

    def receive(self, action: str, raw: bytes, authorization: str) -> None:
        """Keep a callback whose signature is the eMSP's. Raises SignatureRefused otherwise."""
        signing.verify(signing.parse(authorization), raw, self.bpp_public_key, int(time.time()))
        with self._news:
            self._received.append(Received(action, load_json(raw), time.monotonic()))
            self._news.notify_all()

    def body(self, action: str, message: dict[str, Any] | None = None, *, message_id: str) -> bytes:
        """A request of this app's conversation, as bytes to sign and send."""
        return encode({"context": self._context(action, message_id), "message": message or {}})

    def received(self, action: str) -> list[Received]:
        """The callbacks of this action so far."""
        with self._news:
            return [callback for callback in self._received if callback.action == action]

    def post(self, action: str, body: bytes) -> dict[str, Any]:
        """Sign and send; gives the ACK or NACK. Raises WalkFailed when there is no answer."""
        headers = {
            "Content-Type": "application/json",
            "Authorization": signing.sign(
                body,
                subscriber_id=self.subscriber_id,
                unique_key_id=self.key_id,
                private_key=self.key,
                now=int(time.time()),
            ),
        }
        try:
            answer = requests.post(f"{self.bpp_uri}/{action}", data=body, headers=headers, timeout=TIMEOUT_S)
            told: dict[str, Any] = answer.json()
            return told
        except requests.RequestException as error:
            raise WalkFailed(f"{action}: no answer from {self.bpp_uri} ({type(error).__name__})") from None

    def _context(self, action: str, message_id: str) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "action": action,
            "version": "1.1.0",
            "location": {"country": {"name": "India", "code": "IND"}, "city": {"code": "std:011"}},
            "bap_id": self.subscriber_id,
            "bap_uri": self.uri,
            "bpp_id": self.bpp_id,
            "bpp_uri": self.bpp_uri,
            "transaction_id": self.transaction_id,
            "message_id": message_id,
            "timestamp": moment_text(datetime.now(UTC), milliseconds=True),
            "ttl": "PT30S",
        }


def _handler(app: App) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status = 200
            try:
                app.receive(self.path.rsplit("/", 1)[-1], raw, self.headers.get("Authorization") or "")
            except signing.SignatureRefused:
                status = 401
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(ACK)))
            self.end_headers()
            self.wfile.write(ACK)

        def log_message(self, *args: Any) -> None:
            """Nothing: the walk prints what matters."""

    return Handler
