"""An app (BAP) with a real key and a real HTTP server for its callbacks, and fresh memories for each test."""

import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.utils import timezone

from beckn import actions, signing
from beckn.models import Transaction
from beckn.services import callbacks, delivery, inbox, own_keys, registry, subscribers
from emsp.core.wire import encode
from tests.factories.beckn import SubscriberFactory, request_body, signing_key
from tests.redis_server import redis_server  # noqa: F401 (fixture)

ACK = {"message": {"ack": {"status": "ACK"}}}


@dataclass
class Received:
    """One callback as it came in."""

    path: str
    headers: dict
    raw: bytes

    @property
    def action(self):
        return self.path.rsplit("/", 1)[-1]

    @property
    def body(self):
        return json.loads(self.raw)


@dataclass
class BapServer:
    """Takes callbacks and answers them as told: ACK unless `answers` holds something else.

    An answer is (status, body) or (status, body, headers); "reset" closes the connection; a callable is
    called with what was received and gives the answer.
    """

    url: str = ""
    received: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def answer_with(self, *answers):
        self.answers.extend(answers)

    def wait_for(self, count, seconds=10):
        """What was received, once there are `count` of them."""
        with self.news:
            came = self.news.wait_for(lambda: len(self.received) >= count, timeout=seconds)
        assert came, f"{len(self.received)} callbacks came, not {count}"
        return self.received


def _handler(server):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args):
            pass

        def do_POST(self):
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            got = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
            with server.news:
                server.received.append(got)
                server.news.notify_all()
            answer = server.answers.pop(0) if server.answers else (200, ACK)
            if callable(answer):
                answer = answer(got)
            if answer == "reset":
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            status, body, headers = (*answer, {}) if len(answer) == 2 else answer
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


@pytest.fixture
def bap_server():
    """The app's callback server on 127.0.0.1; `url` is its bap_uri."""
    told = BapServer()
    http = _Server(("127.0.0.1", 0), _handler(told))
    told.url = f"http://127.0.0.1:{http.server_address[1]}/bap/energy/v1"
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield told
    http.shutdown()
    http.server_close()


@dataclass
class Bap:
    """An app: signs what it sends with its registered key."""

    client: object
    run_on_commit: object
    subscriber_id: str = "bap.tests.example"
    unique_key_id: str = "bap-key-1"
    key_name: str = "bap"
    url: str = "http://127.0.0.1:9/bap/energy/v1"

    def authorization(self, raw, **over):
        given = {
            "subscriber_id": self.subscriber_id, "unique_key_id": self.unique_key_id,
            "private_key": signing_key(self.key_name), "now": int(time.time()),
        }
        return signing.sign(raw, **given | over)

    def body(self, action, message=None, **context):
        return request_body(action, message, **{"bap_id": self.subscriber_id, "bap_uri": self.url} | context)

    def __call__(
        self, action, message=None, *, raw=None, endpoint=None, authorization=None, headers=None, **context
    ):
        """POST a signed request; tasks woken by its commit have run when this returns.

        raw: exactly these bytes instead; authorization: exactly this header, "" for none.
        """
        raw = encode(self.body(action, message, **context)) if raw is None else raw
        authorization = self.authorization(raw) if authorization is None else authorization
        sent = dict(headers or {}) | ({"Authorization": authorization} if authorization else {})
        with self.run_on_commit(execute=True):
            return self.client.post(
                f"/beckn/{endpoint or action}", raw, content_type="application/json", headers=sent
            )


@pytest.fixture
def bap(db, client, bap_server, django_capture_on_commit_callbacks):
    """A registered app whose callbacks arrive at bap_server."""
    SubscriberFactory(url=bap_server.url)
    return Bap(client, django_capture_on_commit_callbacks, url=bap_server.url)


@pytest.fixture(autouse=True)
def fresh_memories():
    """What a process remembers for seconds must not reach the next test."""
    memories = (
        subscribers._known, subscribers._absent, subscribers._lookups, subscribers._refreshed, registry._down,
        own_keys._known,
    )
    for memory in memories:
        memory.clear()
    yield
    delivery.in_flight.clear()


def answer(request):
    """What an action does: write the callback, close the request."""
    conversation = Transaction.objects.get(bap_id=request.bap_id, transaction_id=request.transaction_id)
    callbacks.queue(transaction=conversation, action=f"on_{request.action}", message={}, request=request)
    request.state, request.answered_at = "ANSWERED", timezone.now()
    request.save(update_fields=["state", "answered_at"])


@pytest.fixture
def handled(monkeypatch):
    """The message ids that reached the actions, in order; each is answered with an empty callback."""
    seen = []

    def run(request):
        seen.append(request.message_id)
        answer(request)

    monkeypatch.setattr(actions, "run", run)
    return seen


@pytest.fixture
def asleep(monkeypatch):
    """Nobody is woken: what is due stays due until the test looks at it."""
    monkeypatch.setattr(inbox, "wake_resident", lambda *args, **kwargs: None)
    monkeypatch.setattr(callbacks, "wake", lambda *args, **kwargs: None)
