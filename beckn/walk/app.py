"""A BAP on this machine: receives callbacks, checks their signature, hands each to its conversation."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from beckn import signing
from beckn.walk.conversation import Conversation, Identity, Received
from emsp.core.wire import load_json

LOOPBACK = "127.0.0.1"
ACK = b'{"message":{"ack":{"status":"ACK"}}}'


class App(Conversation):
    """The app: a server for callbacks, a conversation of its own, and others beside it.

    Its subscriber id and key (identity) must be trusted by the eMSP before the first request. host: address of this
    machine where the eMSP reaches it. uri: where its callbacks go instead of to this server.
    """

    def __init__(
        self, subscriber_id: str, *, bpp_id: str, bpp_uri: str, bpp_public_key: bytes, domain: str, host: str = LOOPBACK,
        uri: str = "",
    ) -> None:  # fmt: skip
        self._server = ThreadingHTTPServer((host, 0), _handler(self))
        self._server.daemon_threads = True
        uri = uri or f"http://{host}:{self._server.server_address[1]}/beckn"
        super().__init__(Identity(subscriber_id, bpp_id, bpp_uri, bpp_public_key, domain, uri))
        self._others: dict[str, Conversation] = {}
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def conversation(self, *, patience_s: float, answer_s: float) -> Conversation:
        """Another transaction of this app."""
        made = Conversation(self.identity, patience_s=patience_s, answer_s=answer_s)
        self._others[made.transaction_id] = made
        return made

    def receive(self, action: str, raw: bytes, authorization: str) -> None:
        """Keep a callback whose signature is the eMSP's. Raises SignatureRefused otherwise."""
        signing.verify(
            signing.parse(authorization), raw, self.identity.bpp_public_key, int(time.time())
        )
        body = load_json(raw)
        conversation = self._others.get(body["context"]["transaction_id"], self)
        conversation.keep(Received(action, body, time.monotonic()))


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
