"""The sandbox's HTTP door."""

import hmac
import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sessions.payments import signing
from sessions.payments.sandbox import pages
from sessions.payments.sandbox.notifier import Notifier
from sessions.payments.sandbox.till import Paid, Refused, Till

log = logging.getLogger("sessions.payments.sandbox")

BODY_LIMIT_BYTES = 20_000
IDLE_S = 30
HTML, JSON = "text/html; charset=utf-8", "application/json"


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    content_type: str
    body: str


class Sandbox(ThreadingHTTPServer):
    """One gateway. late_s: how late a late success comes."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, key: str, till: Till, notifier: Notifier, late_s: float) -> None:
        super().__init__((host, port), Handler)
        self.key, self.till, self.notifier, self.late_s = key, till, notifier, late_s

    def handle_error(self, request: object, client_address: object) -> None:
        """Callers that hang up are normal; anything else is told in one line."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("a request failed: %s: %s", type(error).__name__, error)

    def page(self, target: str) -> Answer:
        """GET: the overview, or a payment."""
        parts = urlsplit(target)
        if parts.path == "/":
            return Answer(200, HTML, pages.overview(self.till.all()))
        paid, purpose = self._linked(target)
        return Answer(200, HTML, pages.checkout(paid, purpose))

    def press(self, target: str, body: bytes) -> Answer:
        """POST of a button. A payment that is made already is not made again."""
        paid, purpose = self._linked(target)
        wish = parse_qs(body.decode("utf-8", "replace")).get("do", [""])[0]
        if wish == "pay" and paid.status != "LATE" and self.till.move(paid, "PAID"):
            self.notifier.tell(paid, "PAID")
        elif wish == "late" and self.till.move(paid, "LATE"):
            told = partial(self.till.move, paid, "PAID")
            self.notifier.tell(paid, "PAID", after_s=self.late_s, then=told)
        elif wish == "fail" and self.till.move(paid, "FAILED"):
            self.notifier.tell(paid, "FAILED", reason="the driver's bank refused")
        return Answer(200, HTML, pages.checkout(paid, purpose))

    def refund(self, body: bytes, signature: str) -> Answer:
        """POST /refunds by the eMSP."""
        try:
            signing.verify(signature, body, self.key, int(time.time()))
        except signing.SignatureRefused as refused:
            raise Refused(401, str(refused)) from None
        try:
            told = json.loads(body)
            amount = Decimal(str(told["amount"]))
            names = [str(told[name]) for name in ("reference", "refund_reference", "currency")]
        except (ValueError, KeyError, TypeError, InvalidOperation):
            raise Refused(400, "reference, refund_reference, amount and currency are needed") from None
        paid = self.till.refund(names[0], names[1], amount, names[2])
        return Answer(200, JSON, json.dumps({"status": "REFUNDED", "refunds": paid.refunds}))

    def _linked(self, target: str) -> tuple[Paid, str]:
        """The payment of a link that the eMSP signed. Raises Refused for any other."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        reference = parts.path.removeprefix("/pay/")
        if reference == parts.path:
            raise Refused(404, "There is no such page.")
        values = (reference, query.get("amount", ""), query.get("currency", ""), query.get("for", ""))
        told = query.get("signature", "")
        if not told.isascii() or not hmac.compare_digest(signing.link_mac(self.key, *values), told):
            raise Refused(403, "This link was changed. Go back to your app and follow its link again.")
        return self.till.payment(*values[:3]), values[3]


class Handler(BaseHTTPRequestHandler):
    """Reads a request, has it answered, writes the answer."""

    server: Sandbox
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_S

    def do_GET(self) -> None:
        self._answer(lambda: self.server.page(self.path), HTML)

    def do_POST(self) -> None:
        api = self.path == "/refunds"
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_LIMIT_BYTES:
            self.close_connection = True
            self._write(Answer(413, HTML, pages.refused("The request is too large.")))
            return
        body = self.rfile.read(int(length))
        signature = self.headers.get(signing.HEADER, "")
        if api:
            self._answer(lambda: self.server.refund(body, signature), JSON)
        else:
            self._answer(lambda: self.server.press(self.path, body), HTML)

    def _answer(self, make: Callable[[], Answer], content_type: str) -> None:
        try:
            answer = make()
        except Refused as refused:
            text = (
                json.dumps({"error": refused.reason})
                if content_type == JSON
                else pages.refused(refused.reason)
            )
            answer = Answer(refused.status, content_type, text)
        self._write(answer)

    def _write(self, answer: Answer) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; style-src {pages.STYLE_SOURCE}; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'",
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Links carry amounts and names of payments: they are not logged."""
