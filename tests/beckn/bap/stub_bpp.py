"""A scripted BPP: verifies what the BAP sends, answers by script, tells when its callbacks were taken."""

import base64
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from nacl.signing import SigningKey

from beckn import signing

PATIENCE_S = 15
META = {"get_cancellation_reasons": "cancellation_reasons", "get_rating_categories": "rating_categories"}
ACK = {"message": {"ack": {"status": "ACK"}}}


def now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def base64_text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass
class Received:
    action: str
    raw: bytes
    body: dict[str, Any]
    signer: str


@dataclass
class Script:
    """How one action is answered. callbacks: messages to send, one after the other; error beside a message."""

    callbacks: list[dict[str, Any]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    nack: tuple[int, dict[str, Any]] | None = None
    callback_first: bool = False
    hang_up: bool = False


class StubBpp:
    bpp_id, key_id = "bpp.tests.example", "bpp-key-1"
    bap_id, bap_key_id = "bap.tests.example", "bap-key-1"

    def __init__(self) -> None:
        self.key, self.bap_key = SigningKey.generate(), SigningKey.generate()
        self.requests: list[Received] = []
        self.taken: list[tuple[str, int]] = []
        self.news = threading.Condition()
        self.scripts: dict[str, Script] = {}
        self.bap_uri = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/beckn"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def reset(self) -> None:
        with self.news:
            self.requests.clear()
            self.taken.clear()
            self.scripts.clear()

    def script(self, action: str, *callbacks: dict[str, Any], **more: Any) -> None:
        self.scripts[action] = Script(list(callbacks), **more)

    # -- waiting

    def asked(self, action: str, count: int = 1) -> Received:
        """The count-th request of action; waits for it."""
        return self._wait(lambda: [one for one in self.requests if one.action == action], count, action)

    def told(self, callback: str, count: int = 1) -> int:
        """HTTP status the BAP gave to the count-th callback; waits until it was taken."""
        return self._wait(lambda: [one for one in self.taken if one[0] == callback], count, callback)[1]

    def told_so_far(self, callback: str) -> int:
        with self.news:
            return sum(one[0] == callback for one in self.taken)

    def count(self, action: str) -> int:
        with self.news:
            return sum(one.action == action for one in self.requests)

    def _wait(self, found: Callable[[], list[Any]], count: int, what: str) -> Any:
        with self.news:
            came = self.news.wait_for(lambda: len(found()) >= count, timeout=PATIENCE_S)
            assert came, f"no {what} number {count} within {PATIENCE_S} s"
            return found()[count - 1]

    # -- sending

    def context(self, action: str, transaction_id: str, message_id: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "domain": "ev-charging:beckn", "action": action, "version": "1.1.0", "bap_id": self.bap_id,
            "bap_uri": self.bap_uri, "bpp_id": self.bpp_id, "bpp_uri": self.uri, "transaction_id": transaction_id,
            "message_id": message_id or str(uuid.uuid4()), "timestamp": now_text(), "ttl": "PT30S",
        } | more

    def push(self, context: dict[str, Any], message: Any, *, error: Any = None, **how: Any) -> requests.Response:
        """Post a signed callback, solicited or not."""
        body = {"context": context, "message": message} | ({"error": error} if error else {})
        return self.post(context["action"], json.dumps(body).encode(), **how)

    def post(self, action: str, raw: bytes, *, key: SigningKey | None = None, header: str | None = None,
             subscriber_id: str | None = None, unique_key_id: str | None = None) -> requests.Response:
        if header is None:
            header = signing.sign(
                raw, subscriber_id=subscriber_id or self.bpp_id, unique_key_id=unique_key_id or self.key_id,
                private_key=key or self.key, now=int(datetime.now(UTC).timestamp()),
            )
        headers = {"Content-Type": "application/json"} | ({"Authorization": header} if header else {})
        answer = requests.post(f"{self.bap_uri}/{action}", data=raw, headers=headers, timeout=PATIENCE_S)
        with self.news:
            self.taken.append((action, answer.status_code))
            self.news.notify_all()
        return answer

    # -- receiving

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                action = self.path.rsplit("/", 1)[-1]
                script = stub.scripts.get(action, Script())
                received = stub._verified(action, raw, self.headers.get("Authorization", ""))
                if script.callback_first:
                    stub._answer(received, script)
                if script.hang_up:
                    self.close_connection = True
                    with stub.news:
                        stub.requests.append(received)
                        stub.news.notify_all()
                    return
                status, body = (script.nack[0], script.nack[1]) if script.nack else (200, ACK)
                self._reply(status, body)
                with stub.news:
                    stub.requests.append(received)
                    stub.news.notify_all()
                if not script.callback_first:
                    stub._answer(received, script)

            def _reply(self, status: int, body: dict[str, Any]) -> None:
                raw = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)
                self.wfile.flush()

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def _verified(self, action: str, raw: bytes, header: str) -> Received:
        read = signing.parse(header)
        signing.verify(read, raw, bytes(self.bap_key.verify_key), int(datetime.now(UTC).timestamp()))
        return Received(action, raw, json.loads(raw), f"{read.subscriber_id}|{read.unique_key_id}")

    def _answer(self, received: Received, script: Script) -> None:
        asked = received.body["context"]
        name = META.get(received.action, f"on_{received.action}")
        for message in script.callbacks:
            context = asked | {"action": name, "timestamp": now_text()}
            self.push(context, message, error=script.error)
