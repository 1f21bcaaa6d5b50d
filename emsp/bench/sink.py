"""A process of its own: an app that takes callbacks and notes when each came, or an operator that serves pages.

python -m emsp.bench.sink PORT bap            GET /arrivals gives {message_id: [seconds since the epoch, bytes]}
python -m emsp.bench.sink PORT cpo LOCATIONS  serves /locations and /tariffs as an OCPI sender
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from emsp.bench import places
from emsp.core.wire import encode

ACK = b'{"message":{"ack":{"status":"ACK"}}}'


class Handler(BaseHTTPRequestHandler):
    """Keeps connections alive and says nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None:
        """Nothing."""

    def send(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Bap(Handler):
    """Notes the arrival of each callback by its message_id."""

    arrivals: dict[str, tuple[float, int]] = {}

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        now = time.time()
        self.send(ACK)
        start = raw.index(b'"message_id":"') + len(b'"message_id":"')
        self.arrivals[raw[start : raw.index(b'"', start)].decode()] = (now, len(raw))

    def do_GET(self) -> None:
        self.send(json.dumps(self.arrivals).encode())


class Cpo(Handler):
    """Serves the stations page by page, made as they are asked for."""

    count = 0
    base = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 500)), 500)
        if not parts.path.endswith("/locations"):
            rows = [places.tariff()] if parts.path.endswith("/tariffs") else []
            return self.page(rows, len(rows))
        rows = [places.location(n) for n in range(offset, min(offset + limit, self.count))]
        after = offset + limit
        link = (
            f'<{self.base}/locations?offset={after}&limit={limit}>; rel="next"'
            if after < self.count
            else None
        )
        return self.page(rows, self.count, link)

    def page(self, rows: list[dict[str, object]], total: int, link: str | None = None) -> None:
        body = encode({"data": rows, "status_code": 1000, "timestamp": places.STAMP})
        self.send(body, {"X-Total-Count": str(total), "X-Limit": "500"} | ({"Link": link} if link else {}))


def main() -> None:
    port, kind = int(sys.argv[1]), sys.argv[2]
    if kind == "cpo":
        Cpo.count, Cpo.base = int(sys.argv[3]), f"http://127.0.0.1:{port}"
    server = ThreadingHTTPServer(("127.0.0.1", port), Bap if kind == "bap" else Cpo)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
