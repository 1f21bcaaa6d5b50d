"""What the tests put around the simulator: a clock turned by hand, an eMSP, and a client of its own."""

import base64
import heapq
import itertools
import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import requests

from ocpi.simulator.cpo import Cpo, Settings
from ocpi.simulator.journal import Journal
from ocpi.simulator.server import Server

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, 14:30 in Delhi
TOKEN_A = "token-a-of-the-tests"
TOKEN_B = "token-b-of-the-tests"
DRIVER = {
    "country_code": "IN",
    "party_id": "EMS",
    "uid": "DRIVER0001",
    "type": "APP_USER",
    "contract_id": "IN-EMS-C00000001-1",
    "issuer": "Test eMSP",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-03-01T00:00:00Z",
}


class ManualClock:
    """Time that passes only when a test says so; what is due then runs in the test's own thread."""

    def __init__(self, start=START):
        self._now, self._queue, self._order = start, [], itertools.count()
        self._lock = threading.Lock()
        self.slept = []

    def now(self):
        return self._now

    def later(self, seconds, action):
        with self._lock:
            heapq.heappush(self._queue, (self._now + timedelta(seconds=seconds), next(self._order), action))

    def sleep(self, seconds):
        self.slept.append(seconds)

    def advance(self, seconds):
        end = self._now + timedelta(seconds=seconds)
        while True:
            with self._lock:
                if not self._queue or self._queue[0][0] > end:
                    break
                due, _, action = heapq.heappop(self._queue)
                self._now = max(self._now, due)
            action()
        self._now = end

    def settle(self):
        """Run what is due now."""
        self.advance(0)


class Seen(NamedTuple):
    """A request the eMSP got."""

    method: str
    path: str
    headers: dict
    json: object

    def token(self):
        return base64.b64decode(self.headers["authorization"].removeprefix("Token ")).decode()


class Emsp:
    """An eMSP: keeps what it is sent and answers 1000, or what `answers` says next for a path."""

    modules = ("credentials", "locations", "tariffs", "sessions", "cdrs", "tokens", "commands")

    def __init__(self):
        self.seen, self.answers, self.tokens = [], {}, []
        self.versions = ["2.2.1"]
        emsp = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def respond(self):
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.loads(raw, parse_float=Decimal) if raw else None
                path = unquote(urlsplit(self.path).path)
                headers = {name.lower(): value for name, value in self.headers.items()}
                emsp.seen.append(Seen(self.command, path, headers, body))
                status, answer = emsp.answer(path)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = respond

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        self.base = f"http://127.0.0.1:{self._server.server_port}/emsp"
        self.versions_url = f"{self.base}/versions"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def credentials(self, token):
        role = {"role": "EMSP", "country_code": "IN", "party_id": "EMS", "business_details": {"name": "E"}}
        return {"token": token, "url": self.versions_url, "roles": [role]}

    def answer(self, path):
        for part, queue in self.answers.items():
            if part in path and queue:
                return queue.pop(0)
        return 200, {"status_code": 1000, "timestamp": "2026-03-02T09:00:00Z"} | self._data(path)

    def _data(self, path):
        if path == "/emsp/versions":
            return {"data": [{"version": name, "url": f"{self.base}/{name}"} for name in self.versions]}
        if path == "/emsp/2.2.1":
            roles = {"tokens": "SENDER", "commands": "SENDER"}
            return {
                "data": {
                    "version": "2.2.1",
                    "endpoints": [
                        {
                            "identifier": name,
                            "role": roles.get(name, "RECEIVER"),
                            "url": f"{self.base}/2.2.1/{name}",
                        }
                        for name in self.modules
                    ],
                }
            }
        if path == "/emsp/2.2.1/credentials":
            return {"data": self.credentials("token-c-of-the-emsp")}
        return {}

    def got(self, method, part):
        """Bodies of the requests of that method whose path contains part."""
        return [row.json for row in self.seen if row.method == method and part in row.path]

    def results(self):
        """The CommandResults, in order."""
        return [row["result"] for row in self.got("POST", "/callback/")]


class Box:
    """The simulator, served on a free port, with a clock turned by hand."""

    def __init__(self, clock, emsp, **settings):
        self.clock, self.emsp = clock, emsp
        journal = Journal()
        self._server = Server("127.0.0.1", 0, journal, clock)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        settings = {"base_url": self.base, "token_a": TOKEN_A} | settings
        self.cpo = Cpo(Settings(**settings), clock, journal)
        self.cpo.resume()
        self._server.answer = self.cpo.answer
        self.token = TOKEN_A
        self.http = requests.Session()
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def close(self):
        self.http.close()
        self._server.shutdown()
        self._server.server_close()

    def call(self, method, path, body=None, *, token=None, headers=None, raw=None):
        sent = {"Authorization": "Token " + base64.b64encode((token or self.token).encode()).decode()}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        return self.http.request(
            method, f"{self.base}/ocpi/cpo/{path}", data=data, headers=sent | (headers or {}), timeout=10
        )

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def data(self, path):
        answer = self.get(path)
        assert (answer.status_code, answer.json()["status_code"]) == (200, 1000), answer.text
        return json.loads(answer.content, parse_float=Decimal)["data"]

    def control(self, **orders):
        return self.http.post(f"{self.base}/control", json=orders, timeout=10)

    def register(self):
        answer = self.call("POST", "2.2.1/credentials", self.emsp.credentials(TOKEN_B))
        self.token = answer.json()["data"]["token"]
        self.emsp.seen.clear()
        return self

    def command(self, name, **body):
        """Send a command; gives the CommandResponse."""
        body = {
            "response_url": f"{self.emsp.base}/2.2.1/commands/{name}/callback/0123456789abcdef0123456789abcdef"
        } | body
        answer = self.call("POST", f"2.2.1/commands/{name}", body)
        assert (answer.status_code, answer.json()["status_code"]) == (200, 1000), answer.text
        return answer.json()["data"]

    def start(self, location_id, evse_uid, **more):
        wish = {"token": DRIVER, "location_id": location_id, "evse_uid": evse_uid}
        wish |= {"connector_id": "1", "authorization_reference": "ORDER-1"} | more
        return self.command("START_SESSION", **wish)

    def reserve(self, location_id, evse_uid, *, minutes=15, **more):
        until = (self.clock.now() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        wish = {"token": DRIVER, "location_id": location_id, "evse_uid": evse_uid}
        wish |= {"expiry_date": until, "reservation_id": "RES-1", "authorization_reference": "ORDER-1"}
        return self.command("RESERVE_NOW", **wish | more)

    def status(self, location_id, evse_uid):
        return self.data(f"2.2.1/locations/{location_id}/{evse_uid}")["status"]

    def sessions(self):
        return self.data("2.2.1/sessions?date_from=2026-01-01T00:00:00Z")

    def cdrs(self):
        return self.data("2.2.1/cdrs")
