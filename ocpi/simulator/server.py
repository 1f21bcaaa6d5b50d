"""The HTTP door. The standard library's server, because some faults need the bare socket."""

import logging
import re
import socket
import struct
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from ocpi.simulator.clock import Clock
from ocpi.simulator.envelope import Answer, Call, Refusal, refused
from ocpi.simulator.journal import Entry, Journal

log = logging.getLogger("ocpi.simulator")

BODY_LIMIT_BYTES = 1_000_000
IDLE_S = 60


class Server(ThreadingHTTPServer):
    """Listens at once; answers once `answer` is set and serve_forever runs."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, host: str, port: int, journal: Journal, clock: Clock) -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)
        self.journal, self.clock = journal, clock
        self.answer: Callable[[Call], Answer] = lambda call: refused(Refusal(503, 3000, "starting"))

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that hang up are normal; anything else is told in one line."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("a request failed: %s: %s", type(error).__name__, error)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has it answered, writes the answer."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_S

    def respond(self) -> None:
        """Serve one request, whatever its method."""
        began = time.monotonic()
        path = urlsplit(self.path).path
        body = self._body()
        answer = body if isinstance(body, Answer) else self.server.answer(self._call(path, body))
        self._write(answer)
        if path.startswith("/ocpi"):
            took_ms = round((time.monotonic() - began) * 1000)
            note = "connection reset" if answer.broken else ""
            entry = Entry(self.server.clock.now(), "in", self.command, path, answer.status, took_ms, note)
            self.server.journal.add(entry)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = respond  # noqa: N815

    def _call(self, path: str, body: bytes) -> Call:
        return Call(
            method=self.command,
            path=path,
            query=dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            client=str(self.client_address[0]),
        )

    def _body(self) -> bytes | Answer:
        """The request body, or the answer to a body that is not read; the connection then ends."""
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return refused(Refusal(411, 2000, "Content-Length is needed"))
        length = self.headers.get("Content-Length") or "0"
        if not re.fullmatch(r"\d{1,12}", length):
            self.close_connection = True
            return refused(Refusal(400, 2000, "Content-Length is not a number"))
        if int(length) > BODY_LIMIT_BYTES:
            self.close_connection = True
            return refused(Refusal(413, 2000, f"the body is larger than {BODY_LIMIT_BYTES} bytes"))
        return self.rfile.read(int(length))

    def _write(self, answer: Answer) -> None:
        if answer.broken:
            self._reset()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, re.sub(r"[\r\n]", " ", value))
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _reset(self) -> None:
        """Hang up so that the caller sees a reset: lingering zero seconds makes close() send RST."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Requests the standard library refuses by itself get an envelope too."""
        self.close_connection = True
        self.command = getattr(self, "command", None) or "GET"
        self._write(refused(Refusal(int(code), 2000, message or "bad request")))

    def version_string(self) -> str:
        """The Server header."""
        return "ocpi-simulator"

    def log_message(self, format: str, *args: object) -> None:
        """The page shows calls; the log does not repeat them."""
